"""A reply as Cohere's version 2, streamed or whole: https://docs.cohere.com/v2/docs/streaming."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import to_json

from unspool.providers.reply import (
    Call,
    Citation,
    Image,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Text,
    finish_word,
    pieces_of,
    refuse_interleaving,
    span_of,
    unshown,
)
from unspool.wire.event import WireEvent

JSON = dict[str, Any]

_WHERE = "Cohere's chat"
_FINISHES = {
    "stop": "COMPLETE",
    "length": "MAX_TOKENS",
    "tool_calls": "TOOL_CALL",
    "content_filter": "ERROR_TOXIC",
    "refusal": "COMPLETE",
    "stop_sequence": "STOP_SEQUENCE",
    "error": "ERROR",
    "timeout": "TIMEOUT",
}


def stream(reply: Reply) -> Iterator[WireEvent]:
    """The events of a streamed answer."""
    refuse_interleaving(reply, _WHERE)
    finish = finish_word(reply, _FINISHES, _WHERE)
    message = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield _event("message-start", id=_id(reply), delta={"message": message})
    contents = calls = 0
    for part in reply.parts:
        if isinstance(part, Call):
            yield from _call(part, calls)
            calls += 1
        else:
            yield from _content(part, contents)
            contents += 1
    yield _event("message-end", delta={"finish_reason": finish, "usage": _usage(reply)})


def whole(reply: Reply) -> JSON:
    """The JSON of an answer that isn't streamed."""
    message: JSON = {"role": "assistant"}
    for part in reply.parts:
        if isinstance(part, Call):
            calls = message.setdefault("tool_calls", [])
            function = {"name": part.name, "arguments": part.arguments}
            identity = {"id": part.id, "type": "function"}
            calls.append({**identity, "function": function})
        else:
            message.setdefault("content", []).append(_block(part))
            cited = _citations(part)
            if cited:
                message.setdefault("citations", []).extend(cited)
    finish = finish_word(reply, _FINISHES, _WHERE)
    return {"id": _id(reply), "message": message, "finish_reason": finish, "usage": _usage(reply)}


def _id(reply: Reply) -> str:
    digits = reply.id("", size=32, alphabet="0123456789abcdef")
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _event(kind: str, **fields: Any) -> WireEvent:
    return WireEvent(name=kind, data=to_json({"type": kind, **fields}).decode())


def _call(call: Call, index: int) -> Iterator[WireEvent]:
    function = {"name": call.name, "arguments": ""}
    start = {"id": call.id, "type": "function", "function": function}
    yield _event("tool-call-start", index=index, delta={"message": {"tool_calls": start}})
    for piece in pieces_of(call):
        said = {"tool_calls": {"function": {"arguments": piece}}}
        yield _event("tool-call-delta", index=index, delta={"message": said})
    yield _event("tool-call-end", index=index)


def _content(part: Part, index: int) -> Iterator[WireEvent]:
    block = _block(part)
    key = "thinking" if isinstance(part, Reasoning) else "text"
    start = {"content": {"type": key, key: ""}}
    yield _event("content-start", index=index, delta={"message": start})
    for piece in pieces_of(part) if isinstance(part, Text | Refusal | Reasoning) else (block[key],):
        yield _event("content-delta", index=index, delta={"message": {"content": {key: piece}}})
    yield _event("content-end", index=index)
    for place, cited in enumerate(_citations(part)):
        yield _event("citation-start", index=place, delta={"message": {"citations": cited}})
        yield _event("citation-end", index=place)


def _block(part: Part) -> JSON:
    match part:
        case Text() | Refusal():
            return {"type": "text", "text": part.text}
        case Reasoning() if part.redacted is None:
            return {"type": "thinking", "thinking": part.text}
        case Image():
            raise unshown("an image of the model's", _WHERE)
        case _:
            raise unshown("redacted reasoning", _WHERE)


def _citations(part: Part) -> list[JSON]:
    return [_citation(part.text, one) for one in part.citations] if isinstance(part, Text) else []


def _citation(text: str, citation: Citation) -> JSON:
    start, end = span_of(text, citation)
    document = {"id": citation.url, "title": citation.title, "url": citation.url}
    source = {"type": "document", "id": citation.url, "document": document}
    return {"start": start, "end": end, "text": text[start:end], "sources": [source], "type": "TEXT_CONTENT"}


def _usage(reply: Reply) -> JSON:
    tokens = reply.tokens
    counted = {"input_tokens": tokens.input, "output_tokens": tokens.output}
    usage = {"billed_units": counted, "tokens": counted}
    return usage | ({"cached_tokens": tokens.cached} if tokens.cached else {})
