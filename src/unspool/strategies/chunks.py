"""Chunks as dicts, the shortest form for a user to read and paste.

A list shrinks by losing chunks, then by each chunk becoming a simpler one: text is the simplest.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

Chunk = dict[str, Any]

REASONS = ("stop", "length", "tool_calls", "content_filter", "function_call")
_NAMES = ("get_weather", "search", "f")

# One of each kind that breaks readers: of two, three and four bytes, and what JSON and SSE escape. All of
# Unicode would find no more, and `st.text` takes a second to load it.
_ALPHABET = 'ab 1\u00e9\u2614\U0001f327\n\r\\"{}:\u2028'


@st.composite
def _text(draw: DrawFn, alphabet: str = _ALPHABET, *, min_size: int = 0, max_size: int = 5) -> str:
    return "".join(draw(st.lists(st.sampled_from(alphabet), min_size=min_size, max_size=max_size)))


_texts = _text(min_size=1, max_size=12)
_counts = st.integers(0, 100)
_indices = st.integers(0, 2)


def _chunk(delta: Any, *, index: int = 0, **beside: Any) -> Chunk:
    return {"choices": [{"index": index, "delta": delta, **beside}]}


def _finish(reason: str) -> Chunk:
    return _chunk({}, finish_reason=reason)


def _usage(prompt: int, completion: int) -> Chunk:
    total = prompt + completion
    usage = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
    return {"choices": [], "usage": usage}


def _call(index: int, call_id: str, name: str, arguments: str) -> Chunk:
    function = {"name": name, "arguments": arguments}
    return _chunk({"tool_calls": [{"index": index, "id": call_id, "type": "function", "function": function}]})


def _arguments(index: int, arguments: str) -> Chunk:
    return _chunk({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]})


# Valid responses


@st.composite
def _whole_call(draw: DrawFn) -> tuple[str, list[str]]:
    """Draw a call's name, and its arguments in fragments."""
    said = draw(st.dictionaries(st.sampled_from(["city", "query", "n"]), _text(), max_size=2))
    text = json.dumps(said)
    place = draw(st.integers(0, len(text)))
    return draw(st.sampled_from(_NAMES)), [text[:place], text[place:]]


@st.composite
def answers(draw: DrawFn) -> list[Chunk]:
    """Draw the chunks of a valid response: reasoning, text and tool calls, then the finish, maybe usage.

    Every call has an id, an index and arguments that are JSON; parallel calls are interleaved.
    """
    reasoning, texts = draw(st.lists(_texts, max_size=3)), draw(st.lists(_texts, max_size=5))
    calls = draw(st.lists(_whole_call(), max_size=3))
    said = [_chunk({"reasoning_content": text}) for text in reasoning]
    said += [_chunk({"content": text}) for text in texts]
    said += [_call(index, f"call_{index}", name, first) for index, (name, (first, _)) in enumerate(calls)]
    said += [_arguments(index, rest) for index, (_, (_, rest)) in enumerate(calls) if rest]
    said.append(_finish("tool_calls" if calls else draw(st.sampled_from(["stop", "length"]))))
    return [*said, _usage(draw(_counts), draw(_counts))] if draw(st.booleans()) else said


# Any chunks at all


_FUNCTION = {"name": "f", "arguments": ""}

# Shapes of real streams: each is in the catalogue of faults, or in a sample.
_ODD: list[Chunk] = [
    {"choices": []},
    _chunk({}),
    _chunk({"content": ""}),
    _chunk({"content": None}),
    _chunk({"role": "assistant"}),
    _chunk({"role": "assistant", "content": ""}),
    _chunk({"tool_calls": []}),
    _chunk({"tool_calls": [{"index": 0, "type": "function", "function": _FUNCTION}]}),
    _chunk({"tool_calls": [{"id": "call_0", "type": "function", "function": _FUNCTION}]}),
    _chunk({"function_call": _FUNCTION}),
    _chunk({"refusal": "No."}),
    _chunk({"content": "late"}, finish_reason="stop"),
    _chunk({"content": "b"}, index=1),
    {"id": "another", **_chunk({"content": "a"})},
    {**_chunk({"content": "a"}), "usage": {"prompt_tokens": 1, "completion_tokens": 1}},
    {**_chunk({"content": "a"}), "usage": None},
]

# Not by `map`: Hypothesis would print the call of the function instead of the chunk.
_KINDS: tuple[Callable[[DrawFn], Chunk], ...] = (
    lambda draw: _chunk({"content": draw(_texts)}),
    lambda draw: _chunk({"reasoning_content": draw(_texts)}),
    lambda draw: _call(index := draw(_indices), f"call_{index}", draw(st.sampled_from(_NAMES)), ""),
    lambda draw: _arguments(draw(_indices), draw(_text('{}"1a'))),
    lambda draw: _finish(draw(st.sampled_from(REASONS))),
    lambda draw: _usage(draw(_counts), draw(_counts)),
    lambda draw: deepcopy(draw(st.sampled_from(_ODD))),
)


@st.composite
def chunks(draw: DrawFn) -> Chunk:
    """Draw one chunk: text, reasoning, a piece of a tool call, a finish, usage, or an odd shape."""
    return draw(st.sampled_from(_KINDS))(draw)


def chunk_lists(*, max_size: int = 20) -> SearchStrategy[list[Chunk]]:
    """Draw any chunks in any order: a finish may be early, repeated or missing, and arguments may have no
    call.

    Args:
        max_size: the maximum number.
    """
    return st.lists(chunks(), max_size=max_size)
