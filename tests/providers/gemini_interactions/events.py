"""The events of an interaction as a test writes them, and what becomes of them."""

from __future__ import annotations

import json
from typing import Any

from unspool.builder import stream_chunk_builder
from unspool.models import Message, ModelResponse, ModelResponseStream
from unspool.providers.gemini_interactions import InteractionsNormalizer
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

USAGE = {"total_input_tokens": 10, "total_output_tokens": 5, "total_thought_tokens": 7, "total_tokens": 22}
HEAD = {"id": "v1_1", "model": "gemini-test", "object": "interaction"}


def event(kind: str, **fields: Any) -> JSON:
    return {"event_type": kind, **fields}


def start() -> JSON:
    return event("interaction.created", interaction={**HEAD, "status": "in_progress"})


def step(content: JSON, *deltas: JSON, index: int = 0) -> list[JSON]:
    return [
        event("step.start", index=index, step=content),
        *(event("step.delta", index=index, delta=delta) for delta in deltas),
        event("step.stop", index=index),
    ]


def text(*pieces: str, index: int = 0) -> list[JSON]:
    return step({"type": "model_output"}, *({"type": "text", "text": piece} for piece in pieces), index=index)


def call(name: str, *pieces: str, index: int = 0, **fields: Any) -> list[JSON]:
    called = {"type": "function_call", "id": f"id_{name}", "name": name, "arguments": {}, **fields}
    deltas = ({"type": "arguments_delta", "arguments": piece} for piece in pieces)
    return step(called, *deltas, index=index)


def end(status: str = "completed", **fields: Any) -> JSON:
    return event("interaction.completed", interaction={**HEAD, "status": status, "usage": USAGE, **fields})


def run(*events: JSON) -> list[ModelResponseStream]:
    stage = InteractionsNormalizer()
    told = (WireEvent(name=each["event_type"], data=json.dumps(each)) for each in events)
    return [chunk for each in told for chunk in stage.feed(each)] + list(stage.flush())


def whole(*events: JSON) -> ModelResponse:
    """What the chunks add up to."""
    built = stream_chunk_builder(run(*events))
    assert built is not None
    return built


def message(*events: JSON) -> Message:
    return whole(start(), *events, end()).choices[0].message
