"""Rebuild from a stream's chunks the response that the provider would have sent without streaming.

Adding a chunk only stores its values by field. The response is built at the end: each field has a function
that joins its pieces once. So the work is linear in the size of the stream, and a response can be built at
any point of it.

The rules are those of LiteLLM's `stream_chunk_builder`, except where it mixes choices, merges separate calls
or drops fields: here everything is preserved. Nested values that need no joining are shared with the chunks,
and never changed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import islice
from math import inf
from operator import itemgetter
from typing import Any, TypeGuard

from pydantic import BaseModel

from unspool.errors import APIError
from unspool.joins import Pieces, complete_calls, file_fields, join
from unspool.models import (
    EMITTED_AT,
    STREAMS_HIDDEN,
    Choices,
    Delta,
    Message,
    ModelResponse,
    ModelResponseStream,
    StreamingChoices,
    Usage,
    assemble,
    own,
)
from unspool.tokens import TokenCounter, settle_usage
from unspool.tokens import token_counter as estimate

FAILED = "Error building chunks for logging/streaming usage calculation"
"""The start of every error message here: LiteLLM's wording."""

# The undeclared fields of an ordinary chunk of a wrapper. Comparing takes a third of the time of looking at
# each field.
_WRAPPERS_EXTRA = {"citations": None}

# One call in C for several fields, and one comparison.
_head_of = itemgetter("model", "system_fingerprint", "provider_specific_fields")
_beside_delta = itemgetter("finish_reason", "logprobs")
_rare_in_delta = itemgetter("role", "function_call", "audio", "provider_specific_fields")
_NO_RARE = (None,) * 4

# Random letters that hide the length of a chunk's text from an eavesdropper: no part of the response.
_PADDING = frozenset({"obfuscation", "p"})

# Lists that concern only their own chunk, in Gemini's streams: LiteLLM joins them.
_GOOGLES = "vertex_ai_"

# Fields that may replace text in a message; OpenAI's own content is null then.
_INSTEAD_OF_TEXT = frozenset({"tool_calls", "function_call", "refusal", "audio"})

# Fields beyond text: without them, a response has 0 reasoning tokens.
_MORE_THAN_TEXT = (
    "tool_calls",
    "function_call",
    "reasoning_content",
    "reasoning_details",
    "reasoning_items",
    "thinking_blocks",
    "annotations",
    "audio",
    "images",
    "provider_specific_fields",
)


def stream_chunk_builder(  # noqa: PLR0917 - LiteLLM's signature
    chunks: Iterable[object] | ResponseFold | None,
    messages: Sequence[Mapping[str, Any]] | None = None,
    start_time: object = None,  # noqa: ARG001 - LiteLLM's signature; unused there too
    end_time: object = None,  # noqa: ARG001 - the same
    logging_obj: object = None,  # noqa: ARG001 - LiteLLM prices the response with it; there are no prices here
    count_prompt_tokens: Callable[[], int] | None = None,
    *,
    token_counter: TokenCounter | None = None,
) -> ModelResponse | Any:
    """Build the response that these chunks add up to, like LiteLLM's function; None without chunks.

    The annotation says `Any` for that None, as `re` does for a group that may be missing: a caller that knows
    that there are chunks needs no check.

    Args:
        chunks: `ModelResponseStream` records, dicts of that shape or of a text completion's, or
            another library's chunks, such as the OpenAI SDK's. They are sorted by
            `_hidden_params["created_at"]`, if the first one has it; those without it go last. Or a
            `ResponseFold` of chunks.
        messages: the request's, to count the prompt's tokens if the provider reported no usage.
        count_prompt_tokens: counts them instead.
        token_counter: counts what the provider didn't; by default an offline estimate.

    Raises:
        APIError: status 500, for None, for an item that is no chunk and for anything else that can't be
            added. The message names the item, `.original_exception` is the cause.
    """
    if chunks is None:
        raise APIError(f"{FAILED}: there is no list of chunks, not even an empty one", status_code=500)
    try:
        fold = chunks if isinstance(chunks, ResponseFold) else _fold(_in_order(_read_all(chunks)))
        # A copy, so that changing the response doesn't change the chunks.
        return own(
            fold.result(messages, count_prompt_tokens=count_prompt_tokens, token_counter=token_counter)
        )
    except APIError:
        raise
    except Exception as error:
        raise APIError(f"{FAILED}: {error}", status_code=500, original_exception=error) from error


def read_chunk(item: object) -> ModelResponseStream:
    """Return a chunk as a record, made from a dict or from another library's pydantic object if need be.

    An id, a time or choices that a dict lacks stay empty; none is made up.

    Raises:
        TypeError: it is no chunk at all.
        pydantic.ValidationError: a field of it has the wrong type.
    """
    if isinstance(item, ModelResponseStream):
        return item
    data = item.model_dump(warnings=False) if isinstance(item, BaseModel) else item
    # LiteLLM's generic chunks have `text` and `usage`, but no choices: a builder gets them translated.
    if not isinstance(data, Mapping) or not ("choices" in data or ("usage" in data and "text" not in data)):
        raise TypeError("a chunk is a ModelResponseStream, a dict with `choices` or an SDK's chunk object")
    choices = data.get("choices") or []
    if any(map(_is_whole, choices)):
        raise TypeError("its choices have a `message` and no `delta`: it is a whole response")
    given = {"id": data.get("id") or "", "created": data.get("created") or 0, "choices": choices}
    chunk = ModelResponseStream.model_validate({**data, **given})
    hidden = data.get("_hidden_params") or getattr(item, "_hidden_params", None)
    if isinstance(hidden, dict):
        chunk._hidden_params = hidden
    return chunk


def _is_whole(choice: object) -> bool:
    return isinstance(choice, dict) and "message" in choice and "delta" not in choice


def _read_all(items: Iterable[object]) -> list[ModelResponseStream]:
    return [
        item if isinstance(item, ModelResponseStream) else _read_at(position, item)
        for position, item in enumerate(items)
    ]


def _read_at(position: int, item: object) -> ModelResponseStream:
    try:
        return read_chunk(item)
    except Exception as error:
        raise _unusable(position, item, error) from error


def _in_order(chunks: list[ModelResponseStream]) -> list[ModelResponseStream]:
    """Sort by time of creation if the first chunk has one, as LiteLLM does; else leave the order."""
    if not chunks or _are_in_order(chunks) or _created_at(chunks[0]) == inf:
        return chunks
    return sorted(chunks, key=_created_at)


def _are_in_order(chunks: list[ModelResponseStream]) -> bool:
    """Whether each has a time, in ascending order: a wrapper's chunks do, and the check is quick."""
    times: list[Any] = [chunk.__dict__.get(EMITTED_AT) for chunk in chunks]
    if None not in times:
        return times == sorted(times) and bool(times[-1] < inf)
    last = -inf
    for chunk in chunks:
        at = chunk.__dict__.get(EMITTED_AT)
        if at is None:
            at = _created_at(chunk)
        if not last <= at < inf:
            return False
        last = at
    return True


def _created_at(chunk: ModelResponseStream) -> float:
    """Return when a chunk was made; infinity if unknown."""
    fields = chunk.__dict__
    at: float | None = fields.get(EMITTED_AT)
    hidden = fields.get("_hidden_params")
    if at is None and hidden:
        at = hidden.get("created_at")
    return at if at and isinstance(at, (int, float)) else inf


def _fold(chunks: Sequence[ModelResponseStream]) -> ResponseFold:
    fold, position = ResponseFold(), 0
    while position < len(chunks):
        try:
            fold.add(chunks[position])
        except Exception as error:
            raise _unusable(position, chunks[position], error) from error
        position = fold.add_alike(chunks, position + 1)
    return fold


def _unusable(position: int, item: object, error: Exception) -> APIError:
    shown = repr(item)
    shown = shown if len(shown) <= 200 else f"{shown[:200]}…"
    message = f"{FAILED}: chunks[{position}] ({type(item).__name__}: {shown}) can't be added: {error}"
    return APIError(message, status_code=500, original_exception=error)


class ResponseFold:
    """The chunks of one stream, added up one at a time.

    `result` may be called at any point, and often: it changes nothing.
    """

    def __init__(self) -> None:
        self._response: dict[str, Any] = {}
        self._is_named = False
        self._model: str | None = None  # of the previous chunk, unchanged
        self._fingerprint: str | None = None
        self._routed_model: str | None = None
        self._answering_model: str | None = None  # of the previous chunk
        self._extra: dict[str, Any] = {}
        self._usages: list[Any] = []
        self._hidden: dict[str, Any] | None = None  # of the last chunk that has any
        self._hidden_at: float | None = None  # its time, if the stream's chunks share the rest
        self._kept_hidden: dict[str, Any] = {}
        self._provider: str | None = None
        self._choices: defaultdict[int, ChoiceFold] = defaultdict(ChoiceFold)

    def add(self, chunk: ModelResponseStream) -> None:
        """Add a chunk, without checking or copying it.

        Reads only the `__dict__` of pydantic objects: looking up an undeclared attribute takes longer than
        everything else.
        """
        fields = chunk.__dict__
        if (
            fields["model"] != self._model
            or fields["system_fingerprint"] != self._fingerprint
            or not self._is_named
        ):
            self._add_head(fields)
        extra = chunk.__pydantic_extra__
        if extra and extra != _WRAPPERS_EXTRA:
            self._add_extra(extra)
        if fields["provider_specific_fields"] is not None:
            self._merge("provider_specific_fields", fields["provider_specific_fields"])
        hidden = fields.get(STREAMS_HIDDEN)
        if hidden is not None:
            self._hidden_at = fields[EMITTED_AT]
            if hidden is not self._hidden:
                self._add_hidden(hidden, extra)
        elif fields.get("_hidden_params"):
            self._hidden_at = None
            self._add_hidden(fields["_hidden_params"], extra)
        for choice in fields["choices"]:
            self._choices[choice.__dict__["index"]].add(choice)

    def add_alike(self, chunks: Sequence[ModelResponseStream], start: int) -> int:
        """Add the chunks from a place on that a wrapper emitted with nothing but text, reasoning or calls.

        This is `add` in half the time, for nearly all chunks of a stream.

        Returns:
            the place of the first chunk that has anything else, still to be added.
        """
        hidden = self._hidden
        if hidden is None or not self._is_named:
            return start
        head = self._model, self._fingerprint, None
        index: int | None = None
        fold, last = ChoiceFold(), None
        for chunk in islice(chunks, start, None):
            given = chunk.__dict__
            choices = given["choices"]
            if (
                given.get(STREAMS_HIDDEN) is not hidden
                or type(choices) is not list
                or len(choices) != 1
                or _head_of(given) != head
                or chunk.__pydantic_extra__ != _WRAPPERS_EXTRA
            ):
                break
            choice = choices[0]
            beside = choice.__dict__
            if choice.__pydantic_extra__ or _beside_delta(beside) != (None, None):
                break
            if beside["index"] != index:
                index = beside["index"]
                fold = self._choices[index]
            if not fold.add_plain(beside["delta"]):
                break
            last = given
            start += 1
        if last is not None:
            self._hidden_at = last[EMITTED_AT]
        return start

    def _add_head(self, fields: dict[str, Any]) -> None:
        """Store fields that every chunk repeats: the first value, or the first that isn't empty.

        Azure's first chunk has an empty id and model and was created at 0. Its model router sends its own
        name first, and the name of the answering model later, as in LiteLLM.
        """
        response = self._response
        for key in ("id", "created", "system_fingerprint"):
            response[key] = response.get(key) or fields[key]
        response.setdefault("object", fields["object"])
        if response.setdefault("model", fields["model"]) != fields["model"]:
            self._routed_model = self._routed_model or fields["model"]
        self._is_named = bool(response["id"] and response["created"])
        self._model, self._fingerprint = fields["model"], fields["system_fingerprint"]

    def _add_extra(self, extra: Mapping[str, Any]) -> None:
        """Store undeclared fields: the last value, as a provider that repeats one extends it."""
        for key, value in extra.items():
            if value is None or key in _PADDING:
                continue
            if key == "usage":
                self._usages.append(value)
            elif isinstance(value, dict):
                self._merge(key, value)
            elif isinstance(value, list) and key.startswith(_GOOGLES):
                self._extra[key] = [*self._extra.get(key, ()), *value]
            elif value != "":
                self._extra[key] = value

    def _merge(self, key: str, value: dict[str, Any]) -> None:
        known = self._extra.get(key)
        self._extra[key] = known if isinstance(known, dict) else {}
        self._extra[key].update(value)

    def _add_hidden(self, hidden: dict[str, Any], extra: Mapping[str, Any] | None) -> None:
        """Store a wrapper's hidden params. Their `usage` counts if the wrapper emitted none to the caller."""
        if self._hidden is None:
            self._provider = hidden.get("custom_llm_provider")
        self._hidden = hidden
        if "usage" in hidden and not _has_usage(extra) and hidden["usage"] is not None:
            self._usages.append(hidden["usage"])
        if "provider_specific_fields" in hidden:
            self._kept_hidden["provider_specific_fields"] = hidden["provider_specific_fields"]
        model = hidden.get("provider_response_model")
        if model and model != self._answering_model:
            self._answering_model = model
            self._add_answering_model(model)

    def _add_answering_model(self, model: str) -> None:
        """Return the first that isn't the first chunk's `model`, else the first: LiteLLM's rule."""
        if self._kept_hidden.get("provider_response_model") in (None, self._response["model"]):
            self._kept_hidden["provider_response_model"] = model

    def choice(self, index: int) -> ChoiceFold:
        """Return the pieces of a choice, for direct additions."""
        return self._choices[index]

    def add_usage(self, usage: Usage) -> None:
        """Add a usage that no chunk contains."""
        self._usages.append(usage)

    def text(self, index: int) -> str:
        """Return the text of a choice so far."""
        return "".join(self._choices[index].content) if index in self._choices else ""

    def result(
        self,
        messages: Sequence[Mapping[str, Any]] | None = None,
        *,
        count_prompt_tokens: Callable[[], int] | None = None,
        token_counter: TokenCounter | None = None,
    ) -> ModelResponse | None:
        """Return the response so far, None before the first chunk; the arguments are
        `stream_chunk_builder`'s.
        """
        if not self._response:
            return None
        model = self._routed_model or self._response["model"]
        choices = [self._choices[index].result(index) for index in sorted(self._choices)]
        choices = choices or [Choices(message=Message(content=""))]
        is_text_completion = self._response["object"] == "text_completion"
        fields = {
            **self._response,
            "model": model,
            "object": "text_completion" if is_text_completion else "chat.completion",
            "choices": choices,
        }
        counter = partial(token_counter or estimate, model=model or "")
        usage = self._usage(
            choices, counter, count_prompt_tokens or partial(_count_prompt, counter, messages)
        )
        extra = {key: _own(value) for key, value in self._extra.items()}
        return assemble(ModelResponse, fields, {**extra, "usage": usage}, self._result_hidden(usage))

    def _usage(
        self, choices: list[Choices], counter: Callable[..., int], count_prompt: Callable[[], int]
    ) -> Usage:
        messages = [choice.message for choice in choices]
        settled = settle_usage(
            [_usage_report(usage) for usage in self._usages],
            answer="".join(map(_answer, messages)),
            thoughts="".join(filter(_is_text, (message.get("reasoning_content") for message in messages))),
            is_text_only=all(message.get(key) is None for message in messages for key in _MORE_THAN_TEXT),
            is_cut_off=self._provider == "anthropic" and not self._has_finished(),
            count_prompt=count_prompt,
            count_text=lambda text: counter(text=text),
        )
        return Usage.model_validate(settled)

    def _has_finished(self) -> bool:
        return any("finish_reason" in choice.beside for choice in self._choices.values())

    def _result_hidden(self, usage: Usage) -> dict[str, Any]:
        cost = usage.get("cost")
        priced = {"response_cost": float(cost)} if isinstance(cost, int | float) else {}
        hidden = {key: value for key, value in (self._hidden or {}).items() if key != "usage"}
        if self._hidden_at is not None:
            hidden["created_at"] = self._hidden_at
        return {**hidden, **self._kept_hidden, **priced}


class ChoiceFold:
    """The pieces of one choice: of its deltas, and beside them."""

    def __init__(self) -> None:
        self.said: Pieces = defaultdict(list)
        self.content, self.calls = self.said["content"], self.said["tool_calls"]
        self.beside: Pieces = defaultdict(list)

    def add(self, choice: StreamingChoices) -> None:
        fields = choice.__dict__
        delta = fields["delta"]
        said = delta.__dict__
        if (
            said["role"] is None
            and said["function_call"] is None
            and said["audio"] is None
            and said["provider_specific_fields"] is None
        ):
            # Like nearly every delta of most streams; written out, it takes half the time of `file_fields`.
            if said["content"] is not None:
                self.content.append(said["content"])
            if said["tool_calls"] is not None:
                self.calls.append(said["tool_calls"])
        else:
            file_fields(said, self.said)
        if delta.__pydantic_extra__:
            file_fields(delta.__pydantic_extra__, self.said)
        if fields["finish_reason"] is not None:
            self.beside["finish_reason"].append(fields["finish_reason"])
        if fields["logprobs"] is not None:
            self.beside["logprobs"].append(fields["logprobs"])
        if choice.__pydantic_extra__:
            file_fields(choice.__pydantic_extra__, self.beside)

    def add_plain(self, delta: Delta) -> bool:
        """Add a delta with nothing but text, reasoning or calls; return whether it is one."""
        said, extra = delta.__dict__, delta.__pydantic_extra__
        if _rare_in_delta(said) != _NO_RARE:
            return False
        if extra:
            if len(extra) != 1 or "reasoning_content" not in extra:
                return False
            if extra["reasoning_content"] is not None:
                self.said["reasoning_content"].append(extra["reasoning_content"])
        if said["content"] is not None:
            self.content.append(said["content"])
        if said["tool_calls"] is not None:
            self.calls.append(said["tool_calls"])
        return True

    def add_said(self, content: str | None, calls: list[Any] | None, extra: Mapping[str, Any] | None) -> None:
        """Add an ordinary delta: `add`, where there is nothing else."""
        if content is not None:
            self.content.append(content)
        if calls is not None:
            self.calls.append(calls)
        if extra:
            file_fields(extra, self.said)

    def result(self, index: int) -> Choices:
        said = join(self.said)
        beside = join(self.beside)
        # Perplexity and Writer repeat the message so far in every chunk; the deltas have added it already.
        beside.pop("message", None)
        reasons, calls = self.beside.get("finish_reason", []), said.get("tool_calls") or []
        if calls and beside.get("finish_reason") == "stop" and "tool_calls" in reasons:
            beside["finish_reason"] = "tool_calls"  # of several, the one that fits the content
        if "length" not in reasons:
            complete_calls(calls)
        if "content" not in said:
            silent = not _INSTEAD_OF_TEXT.isdisjoint(said)
            text = beside.get("text")
            said["content"] = None if silent else text if _is_text(text) else ""
        return Choices.model_validate({**beside, "index": index, "message": Message.model_validate(said)})


def _has_usage(extra: Mapping[str, Any] | None) -> bool:
    return extra is not None and extra.get("usage") is not None


def _usage_report(usage: Any) -> dict[str, Any]:
    if not isinstance(usage, Usage):
        usage = Usage.model_validate(usage.model_dump() if isinstance(usage, BaseModel) else usage)
    report: dict[str, Any] = usage.model_dump(exclude_none=True)
    return report


def _answer(message: Message) -> str:
    """Return everything that the model wrote, its calls as JSON, the form in which it wrote them."""
    calls = [call for call in (message.function_call, *(message.tool_calls or ())) if call is not None]
    written = [call.model_dump_json(exclude_none=True) for call in calls]
    return "".join([*filter(_is_text, (message.content, message.get("refusal"))), *written])


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _count_prompt(counter: Callable[..., int], messages: Sequence[Mapping[str, Any]] | None) -> int:
    return 0 if messages is None else counter(messages=messages)


def _own(value: Any) -> Any:
    """Copy a dict that will be added to; return anything else unchanged."""
    return dict(value) if isinstance(value, dict) else value
