"""Responses as bytes of a provider's events, cut anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
from unspool.errors import MockError
from unspool.strategies.chunks import Chunk, answers
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse

JSON = dict[str, Any]


@st.composite
def pieces(draw: DrawFn, data: bytes) -> list[bytes]:
    """Draw pieces of data, as a network may deliver it; shrinks to a single piece.

    Args:
        data: such as `unspool.sample_body("openai/text")`.
    """
    places = draw(st.lists(st.integers(1, max(len(data) - 1, 1)), max_size=8, unique=True))
    cuts = [0, *sorted(place for place in places if place < len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(cuts)]


@st.composite
def byte_streams(draw: DrawFn, wire_format: str = "openai-chat") -> list[bytes]:
    """Draw a valid response's bytes in pieces: a script for `FakeStream(…, provider=wire_format)`.

    Args:
        wire_format: `openai-chat`, `anthropic-messages` or `gemini-generate`.

    Raises:
        MockError: another format; `pieces(unspool.sample_body(…))` cuts a recording.
    """
    if wire_format not in _EVENTS:
        raise MockError(
            f"expected wire_format to be one of {', '.join(_EVENTS)}, got {wire_format!r}; to cut a"
            " recording anywhere, take strategies.pieces(body)"
        )
    events = _EVENTS[wire_format](draw(answers()))
    return draw(pieces(b"".join(map(encode_sse, events))))


@st.composite
def recordings(draw: DrawFn, wire_format: str = "openai-chat") -> Interaction:
    """Draw a recorded response, with times of its pieces: for `Cassette.of([recorded])`.

    It prints as the call of `recording` that makes it.

    Args:
        wire_format: as in `byte_streams`.
    """
    data = draw(byte_streams(wire_format))
    waits = draw(st.lists(st.sampled_from([0.0, 0.5, 30.0]), min_size=len(data), max_size=len(data)))
    return draw(st.builds(recording, st.just(data), st.just(waits), wire_format=st.just(wire_format)))


def recording(
    data: Sequence[bytes], waits: Sequence[float] = (), *, wire_format: str = "openai-chat"
) -> Interaction:
    """Make an interaction with these pieces as its response.

    Args:
        data: the pieces.
        waits: the seconds before each.
        wire_format: selects the URL.
    """
    times = accumulate(waits) if waits else (0.0 for _ in data)
    arrived = tuple(NetworkChunk(len(piece), at) for piece, at in zip(data, times, strict=True))
    ended_at = arrived[-1].at if arrived else 0.0
    return Interaction(
        Request("POST", _ADDRESSES[wire_format]),
        Response(
            200,
            "OK",
            (("content-type", "text/event-stream"),),
            b"".join(data),
            Timeline(chunks=arrived, headers_at=0.0, ended_at=ended_at),
        ),
    )


_ADDRESSES = {
    "openai-chat": "https://api.openai.com/v1/chat/completions",
    "anthropic-messages": "https://api.anthropic.com/v1/messages",
    "gemini-generate": "https://generativelanguage.googleapis.com/v1beta/models/m:streamGenerateContent",
}


def _event(body: JSON) -> WireEvent:
    return WireEvent(data=json.dumps(body, ensure_ascii=False, separators=(",", ":")))


# OpenAI


def _openai(chunks: Sequence[Chunk]) -> Iterator[WireEvent]:
    beside = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    for chunk in chunks:
        yield _event({**beside, **chunk})
    yield WireEvent(data="[DONE]")


# The content of a response, for formats with another structure


def _texts(chunks: Sequence[Chunk], key: str) -> list[str]:
    deltas = (choice["delta"] for chunk in chunks for choice in chunk["choices"])
    return [delta[key] for delta in deltas if key in delta]


def _calls(chunks: Sequence[Chunk]) -> list[JSON]:
    """Return each call with its id, its name and the fragments of its arguments."""
    calls: dict[int, JSON] = {}
    deltas = (choice["delta"] for chunk in chunks for choice in chunk["choices"])
    for fragment in (call for delta in deltas for call in delta.get("tool_calls", ())):
        function = fragment["function"]
        opened = {"id": fragment.get("id"), "name": function.get("name"), "fragments": []}
        calls.setdefault(fragment["index"], opened)["fragments"].append(function["arguments"])
    return list(calls.values())


def _reason(chunks: Sequence[Chunk]) -> str:
    choices = (choice for chunk in chunks for choice in chunk["choices"])
    return next(str(choice["finish_reason"]) for choice in choices if "finish_reason" in choice)


# Anthropic

_STOP_REASONS = {"stop": "end_turn", "length": "max_tokens", "tool_calls": "tool_use"}


def _anthropic(chunks: Sequence[Chunk]) -> Iterator[WireEvent]:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    yield _named({"type": "message_start", "message": {**message, "usage": {"input_tokens": 1}}})
    for index, (block, deltas) in enumerate(_blocks(chunks)):
        yield _named({"type": "content_block_start", "index": index, "content_block": block})
        for delta in deltas:
            yield _named({"type": "content_block_delta", "index": index, "delta": delta})
        yield _named({"type": "content_block_stop", "index": index})
    delta = {"stop_reason": _STOP_REASONS[_reason(chunks)], "stop_sequence": None}
    yield _named({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 1}})
    yield _named({"type": "message_stop"})


def _blocks(chunks: Sequence[Chunk]) -> Iterator[tuple[JSON, list[JSON]]]:
    for kind, key in (("thinking", "reasoning_content"), ("text", "content")):
        if said := _texts(chunks, key):
            yield {"type": kind, kind: ""}, [{"type": f"{kind}_delta", kind: text} for text in said]
    for call in _calls(chunks):
        block = {"type": "tool_use", "id": call["id"], "name": call["name"], "input": {}}
        yield block, [{"type": "input_json_delta", "partial_json": part} for part in call["fragments"]]


def _named(body: JSON) -> WireEvent:
    return WireEvent(name=body["type"], data=_event(body).data)


# Gemini

_FINISH_REASONS = {"stop": "STOP", "length": "MAX_TOKENS", "tool_calls": "STOP"}


def _gemini(chunks: Sequence[Chunk]) -> Iterator[WireEvent]:
    parts: list[JSON] = [{"text": text, "thought": True} for text in _texts(chunks, "reasoning_content")]
    parts += [{"text": text} for text in _texts(chunks, "content")]
    parts += [_function_call(call) for call in _calls(chunks)]
    for part in parts:
        yield _event({"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}]})
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    finish = {"index": 0, "finishReason": _FINISH_REASONS[_reason(chunks)]}
    yield _event({"candidates": [finish], "usageMetadata": usage})


def _function_call(call: JSON) -> JSON:
    return {"functionCall": {"name": call["name"], "args": json.loads("".join(call["fragments"]))}}


_EVENTS: dict[str, Callable[[Sequence[Chunk]], Iterator[WireEvent]]] = {
    "openai-chat": _openai,
    "anthropic-messages": _anthropic,
    "gemini-generate": _gemini,
}
