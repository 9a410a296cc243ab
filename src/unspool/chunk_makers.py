"""Makers of chunks, and the pause between them, for fake streams.

    FakeStream([role_chunk(), *text_chunks("It rains."), finish_chunk("stop")])

Their results depend on their arguments only: no id is random and no time is the present.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from typing import Any, TypedDict, Unpack

from unspool.errors import MockError
from unspool.graphemes import graphemes
from unspool.models import Delta, ModelResponseStream, StreamingChoices, Usage


class ChunkFields(TypedDict, total=False):
    """The keyword arguments of every maker: the fields of its chunks beside their delta.

    Attributes:
        id: the response's id.
        created: in seconds since 1970-01-01 UTC.
        model: the provider's name for the model.
        choice: the index of the choice that the chunks belong to.
    """

    id: str
    created: int
    model: str
    choice: int


_ID = "chatcmpl-fake"
_CREATED = 1_704_067_200  # 2024-01-01
_MODEL = "fake-model"

DEFAULT_SIZE = 3
"""Characters per chunk, as in LiteLLM's own mock."""


def text_chunks(
    text: str, size: int = DEFAULT_SIZE, *, split_graphemes: bool = False, **fields: Unpack[ChunkFields]
) -> list[ModelResponseStream]:
    """Cut a text into chunks.

    Args:
        text: the content of all chunks together.
        size: the length of each chunk but the last, in graphemes (the characters that readers see), so that
            no emoji and no accented letter is split.
        split_graphemes: count and cut by code points instead, as some providers do.
        fields: see `ChunkFields`.

    Raises:
        MockError: there is nothing to cut, or the size is less than 1.
    """
    pieces = _pieces(text, size, split_graphemes=split_graphemes)
    return [chunk_with(Delta(content=piece), **fields) for piece in pieces]


def reasoning_chunks(
    text: str, size: int = DEFAULT_SIZE, *, split_graphemes: bool = False, **fields: Unpack[ChunkFields]
) -> list[ModelResponseStream]:
    """Cut reasoning into chunks: like `text_chunks`, in `reasoning_content`."""
    pieces = _pieces(text, size, split_graphemes=split_graphemes)
    return [chunk_with(Delta(reasoning_content=piece), **fields) for piece in pieces]


def tool_call_chunks(
    name: str,
    arguments: Mapping[str, Any] | str,
    *,
    call_id: str | None = None,
    index: int = 0,
    size: int = DEFAULT_SIZE,
    split_graphemes: bool = False,
    **fields: Unpack[ChunkFields],
) -> list[ModelResponseStream]:
    """Make one tool call, as OpenAI streams it: id and name first, then the arguments, cut into chunks.

    Args:
        name: the function's name.
        arguments: an object, which becomes compact JSON, or any text, which is used unchanged: it may be
            broken JSON, or empty.
        call_id: the call's id; `call_<index>` unless given.
        index: which call of the response it is.
        size: the length of the arguments in each chunk; see `text_chunks`.
        split_graphemes: see `text_chunks`.
        fields: see `ChunkFields`; its `id` is the response's.

    Raises:
        MockError: there is no name, or the size is less than 1.
    """
    if not name:
        raise MockError(f"a tool call needs a name, got {name!r}")
    said = arguments if isinstance(arguments, str) else _compact_json(arguments)
    opening = {
        "index": index,
        "id": f"call_{index}" if call_id is None else call_id,
        "type": "function",
        "function": {"name": name, "arguments": ""},
    }
    pieces = _pieces(said, size, split_graphemes=split_graphemes) if said else []
    fragments = [{"index": index, "function": {"arguments": piece}} for piece in pieces]
    return [chunk_with(Delta(tool_calls=[call]), **fields) for call in (opening, *fragments)]


def parallel_tool_call_chunks(
    calls: Sequence[tuple[str, Mapping[str, Any] | str]],
    *,
    interleave: bool = False,
    size: int = DEFAULT_SIZE,
    split_graphemes: bool = False,
    **fields: Unpack[ChunkFields],
) -> list[ModelResponseStream]:
    """Make several tool calls of one response, numbered from 0.

    Args:
        calls: the name and the arguments of each, as for `tool_call_chunks`.
        interleave: alternate between the calls, a chunk of each in turn; else one call follows the other.
        size: see `tool_call_chunks`.
        split_graphemes: see `text_chunks`.
        fields: see `ChunkFields`.

    Raises:
        MockError: there are no calls, or one is invalid.
    """
    if not calls:
        raise MockError("expected a list of (name, arguments), got an empty one")
    made = [
        tool_call_chunks(name, said, index=index, size=size, split_graphemes=split_graphemes, **fields)
        for index, (name, said) in enumerate(calls)
    ]
    if not interleave:
        return list(chain.from_iterable(made))
    return [chunk for turn in zip_longest(*made) for chunk in turn if chunk is not None]


def role_chunk(role: str = "assistant", **fields: Unpack[ChunkFields]) -> ModelResponseStream:
    """Make the first chunk of an OpenAI stream: the role and an empty text."""
    return chunk_with(Delta(role=role, content=""), **fields)


def finish_chunk(reason: str = "stop", **fields: Unpack[ChunkFields]) -> ModelResponseStream:
    """Make the last chunk of a choice: an empty delta and the finish reason, OpenAI's or the provider's."""
    return chunk_with(Delta(), finish_reason=reason, **fields)


def usage_chunk(
    prompt_tokens: int,
    completion_tokens: int,
    *,
    cached_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    **fields: Unpack[ChunkFields],
) -> ModelResponseStream:
    """Make OpenAI's usage chunk, the last one if the request asks for usage: a chunk without choices.

    Args:
        prompt_tokens: the number of tokens in the prompt.
        completion_tokens: the number of tokens in the response; the total is the sum.
        cached_tokens: how many of the prompt's were read from a cache, if reported.
        reasoning_tokens: how many of the completion's were reasoning, if reported.
        fields: see `ChunkFields`.
    """
    usage: dict[str, Any] = {
        "prompt_tokens": prompt_tokens,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt_tokens + completion_tokens,
    }
    if cached_tokens is not None:
        usage["prompt_tokens_details"] = {"cached_tokens": cached_tokens}
    if reasoning_tokens is not None:
        usage["completion_tokens_details"] = {"reasoning_tokens": reasoning_tokens}
    return _envelope([], fields, usage=Usage.model_validate(usage))


def chunk_with(
    delta: Delta, finish_reason: str | None = None, **fields: Unpack[ChunkFields]
) -> ModelResponseStream:
    choice = StreamingChoices(index=fields.get("choice", 0), delta=delta, finish_reason=finish_reason)
    return _envelope([choice], fields)


def _envelope(choices: list[StreamingChoices], fields: ChunkFields, **extra: Any) -> ModelResponseStream:
    return ModelResponseStream(
        id=fields.get("id", _ID),
        created=fields.get("created", _CREATED),
        model=fields.get("model", _MODEL),
        choices=choices,
        **extra,
    )


def _compact_json(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _pieces(text: str, size: int, *, split_graphemes: bool) -> list[str]:
    if not text:
        raise MockError(
            f"expected a text to cut, got {text!r}; for a chunk without text, put '' into the script"
        )
    if size < 1:
        raise MockError(f"expected a size of 1 or more graphemes, got {size!r}")
    units = text if split_graphemes else graphemes(text)
    return ["".join(units[start : start + size]) for start in range(0, len(units), size)]


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause of a script, in seconds."""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise MockError(f"a pause takes seconds >= 0, got {self.seconds!r}")
