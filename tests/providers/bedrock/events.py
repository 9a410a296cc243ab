"""Bedrock's events as a test writes them, and what becomes of them."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

from unspool.models import Delta, ModelResponseStream
from unspool.pipeline import Stage
from unspool.providers.bedrock import BedrockConverseNormalizer
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

Normalizer = Stage[WireEvent, ModelResponseStream]

USAGE = {"inputTokens": 12, "outputTokens": 5, "totalTokens": 17}


def event(kind: str, **fields: Any) -> WireEvent:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return WireEvent(name=kind, data=json.dumps({**fields, "p": "abcdef"}), headers=headers)


def exception(kind: str, **fields: Any) -> WireEvent:
    headers = {":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}
    return WireEvent(name=kind, data=json.dumps(fields), headers=headers)


# -- Converse -----------------------------------------------------------------------------------------

START = event("messageStart", role="assistant")


def delta(index: int = 0, **said: Any) -> WireEvent:
    return event("contentBlockDelta", contentBlockIndex=index, delta=said)


def block(*deltas: JSON, start: JSON | None = None, index: int = 0) -> list[WireEvent]:
    """A content block; without a start, as Bedrock sends text."""
    started = [event("contentBlockStart", contentBlockIndex=index, start=start)] if start else []
    said = [delta(index, **each) for each in deltas]
    return [*started, *said, event("contentBlockStop", contentBlockIndex=index)]


def text(*pieces: str, index: int = 0) -> list[WireEvent]:
    return block(*({"text": piece} for piece in pieces), index=index)


def tool(name: str, *pieces: str, index: int = 0, **fields: Any) -> list[WireEvent]:
    called = {"toolUse": {"toolUseId": f"tooluse_{name}", "name": name, **fields}}
    return block(*({"toolUse": {"input": piece}} for piece in pieces), start=called, index=index)


def reasoning(*said: JSON, index: int = 0) -> list[WireEvent]:
    return block(*({"reasoningContent": each} for each in said), index=index)


def stop(reason: str = "end_turn", **fields: Any) -> WireEvent:
    return event("messageStop", stopReason=reason, **fields)


def metadata(usage: JSON | None = None, **fields: Any) -> WireEvent:
    return event("metadata", usage=USAGE if usage is None else usage, metrics={"latencyMs": 70}, **fields)


# -- InvokeModel --------------------------------------------------------------------------------------


def payload(**fields: Any) -> WireEvent:
    return event("chunk", bytes=b64encode(json.dumps(fields).encode()).decode())


def metrics(new: int = 12, said: int = 5, **fields: Any) -> JSON:
    counts = {"inputTokenCount": new, "outputTokenCount": said, **fields}
    return {"amazon-bedrock-invocationMetrics": {**counts, "firstByteLatency": 20, "invocationLatency": 90}}


# -- what becomes of them -----------------------------------------------------------------------------


def run(*events: WireEvent, by: Normalizer | None = None) -> list[ModelResponseStream]:
    stage = by or BedrockConverseNormalizer()
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def deltas(*events: WireEvent, by: Normalizer | None = None) -> list[Delta]:
    """Those that say something."""
    said = [choice.delta for chunk in run(*events, by=by) for choice in chunk.choices]
    return [delta for delta in said if delta.model_dump(exclude_none=True)]


def content(*events: WireEvent, by: Normalizer | None = None) -> str:
    return "".join(delta.content or "" for delta in deltas(*events, by=by))


def calls(*events: WireEvent) -> list[tuple[int, str | None, str | None, str]]:
    fragments = [call for delta in deltas(*events) for call in delta.tool_calls or []]
    return [(call.index, call.id, call.function.name, call.function.arguments) for call in fragments]


def kept(*events: WireEvent, by: Normalizer | None = None) -> JSON:
    """All `provider_specific_fields`, a later one in place of an earlier one."""
    found: JSON = {}
    for delta in deltas(*events, by=by):
        found |= delta.provider_specific_fields or {}
    return found


def finishes(*events: WireEvent, by: Normalizer | None = None) -> list[str]:
    chunks = run(*events, by=by)
    return [choice.finish_reason for chunk in chunks for choice in chunk.choices if choice.finish_reason]


def usages(*events: WireEvent, by: Normalizer | None = None) -> list[JSON]:
    return [chunk.usage.model_dump(exclude_none=True) for chunk in run(*events, by=by) if "usage" in chunk]


def tokens(*events: WireEvent, by: Normalizer | None = None) -> list[tuple[int, int, int]]:
    keys = ("prompt_tokens", "completion_tokens", "total_tokens")
    return [tuple(usage[key] for key in keys) for usage in usages(*events, by=by)]  # type: ignore[misc]
