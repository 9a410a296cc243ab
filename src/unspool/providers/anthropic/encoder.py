"""A reply as Anthropic's message, streamed or whole: https://docs.anthropic.com/en/api/messages."""

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
    arguments_of,
    finish_word,
    pieces_of,
    refuse_interleaving,
    unshown,
)
from unspool.wire.event import WireEvent

JSON = dict[str, Any]

_WHERE = "Anthropic's message"
_FINISHES = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "stop_sequence": "stop_sequence",
    "pause_turn": "pause_turn",
    "model_context_window_exceeded": "model_context_window_exceeded",
}


def stream(reply: Reply) -> Iterator[WireEvent]:
    """The events of a streamed answer."""
    refuse_interleaving(reply, _WHERE)
    finish = finish_word(reply, _FINISHES, _WHERE)
    start = {**_envelope(reply), "content": [], "stop_reason": None, "stop_sequence": None}
    yield _event("message_start", message={**start, "usage": {**_usage(reply), "output_tokens": 1}})
    for place, part in enumerate(reply.parts):
        block, deltas = _streamed(part)
        yield _event("content_block_start", index=place, content_block=block)
        for delta in deltas:
            yield _event("content_block_delta", index=place, delta=delta)
        yield _event("content_block_stop", index=place)
    usage = {"output_tokens": reply.tokens.output}
    yield _event("message_delta", delta={"stop_reason": finish, "stop_sequence": None}, usage=usage)
    yield _event("message_stop")


def whole(reply: Reply) -> JSON:
    """The JSON of an answer that isn't streamed."""
    content = [_block(part) for part in reply.parts]
    ended = {"stop_reason": finish_word(reply, _FINISHES, _WHERE), "stop_sequence": None}
    return {**_envelope(reply), "content": content, **ended, "usage": _usage(reply)}


def _event(kind: str, **fields: Any) -> WireEvent:
    return WireEvent(name=kind, data=to_json({"type": kind, **fields}).decode())


def _envelope(reply: Reply) -> JSON:
    return {
        "id": reply.id("msg_01", size=22),
        "type": "message",
        "role": "assistant",
        "model": reply.model,
    }


def _streamed(part: Part) -> tuple[JSON, list[JSON]]:
    """How a block begins, and its deltas."""
    whole = _block(part, check=False)
    match part:
        case Text() | Refusal():
            deltas = [{"type": "text_delta", "text": piece} for piece in pieces_of(part)]
            cited = [{"type": "citations_delta", "citation": one} for one in whole.pop("citations", ())]
            return {**whole, "text": ""}, [*deltas, *cited]
        case Reasoning() if part.redacted is None:
            deltas = [{"type": "thinking_delta", "thinking": piece} for piece in pieces_of(part)]
            signed = {"type": "signature_delta", "signature": whole["signature"]}
            return {**whole, "thinking": "", "signature": ""}, [*deltas, signed]
        case Call():
            deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces_of(part)]
            return {**whole, "input": {}}, deltas
        case _:
            return whole, []


def _block(part: Part, *, check: bool = True) -> JSON:
    match part:
        case Text() | Refusal():
            cited = [_cited(part.text, one) for one in part.citations] if isinstance(part, Text) else []
            return {"type": "text", "text": part.text, **({"citations": cited} if cited else {})}
        case Reasoning() if part.redacted is None:
            return {"type": "thinking", "thinking": part.text, "signature": part.signature or ""}
        case Reasoning():
            return {"type": "redacted_thinking", "data": part.redacted}
        case Call():
            identity = {"type": "tool_use", "id": part.id, "name": part.name}
            return {**identity, "input": arguments_of(part, _WHERE) if check else {}}
        case Image():
            raise unshown("an image of the model's", _WHERE)


def _cited(text: str, citation: Citation) -> JSON:
    return {
        "type": "web_search_result_location",
        "cited_text": citation.quote or text,
        "url": citation.url,
        "title": citation.title,
        "encrypted_index": "c2NyaXB0ZWQ=",
    }


def _usage(reply: Reply) -> JSON:
    tokens = reply.tokens
    return {
        "input_tokens": tokens.input - tokens.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.output,
        "service_tier": "standard",
    }
