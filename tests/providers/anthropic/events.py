"""Anthropic's events as a test writes them, and what becomes of them."""

from __future__ import annotations

import json
from typing import Any

from unspool.models import Delta, ModelResponseStream
from unspool.providers.anthropic import AnthropicNormalizer
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

USAGE = {"input_tokens": 12, "output_tokens": 1}
CITATION = {"type": "char_location", "cited_text": "It is.", "document_index": 0}


def event(kind: str, **fields: Any) -> WireEvent:
    return WireEvent(name=kind, data=json.dumps({"type": kind, **fields}))


def start(**fields: Any) -> WireEvent:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test", "content": []}
    return event("message_start", message={**message, "stop_reason": None, "usage": USAGE, **fields})


def block(content: JSON, *deltas: JSON, index: int = 0) -> list[WireEvent]:
    return [
        event("content_block_start", index=index, content_block=content),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


def text(*pieces: str, index: int = 0) -> list[WireEvent]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block({"type": "text", "text": ""}, *deltas, index=index)


def thinking(*pieces: str, signature: str = "sig") -> list[WireEvent]:
    said = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    signed = {"type": "signature_delta", "signature": signature}
    return block({"type": "thinking", "thinking": "", "signature": ""}, *said, signed)


def tool(name: str, *pieces: str, index: int = 0, **fields: Any) -> list[WireEvent]:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    called = {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": {}, **fields}
    return block(called, *deltas, index=index)


def end(stop_reason: str | None = "end_turn", usage: JSON | None = None, **delta: Any) -> list[WireEvent]:
    stopped = {"stop_reason": stop_reason, "stop_sequence": None, **delta}
    reported = {"output_tokens": 5} if usage is None else usage
    return [event("message_delta", delta=stopped, usage=reported), event("message_stop")]


def run(*events: WireEvent, normalizer: AnthropicNormalizer | None = None) -> list[ModelResponseStream]:
    stage = normalizer or AnthropicNormalizer()
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def deltas(*events: WireEvent) -> list[Delta]:
    """Those that say something."""
    said = [chunk.choices[0].delta for chunk in run(*events)]
    return [delta for delta in said if delta.model_dump(exclude_none=True)]


def calls(*events: WireEvent) -> list[tuple[int, str | None, str | None, str]]:
    fragments = [call for delta in deltas(*events) for call in delta.tool_calls or []]
    return [(call.index, call.id, call.function.name, call.function.arguments) for call in fragments]


def kept(*events: WireEvent) -> JSON:
    """All `provider_specific_fields`, a later one in place of an earlier one."""
    found: JSON = {}
    for delta in deltas(*events):
        found |= delta.provider_specific_fields or {}
    return found


def usages(started: JSON, ended: JSON, *between: WireEvent) -> list[JSON]:
    chunks = run(start(usage=started), *between, *end(usage=ended))
    return [chunk.usage.model_dump(exclude_none=True) for chunk in chunks if "usage" in chunk]
