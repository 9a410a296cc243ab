"""Gemini's events as a test writes them, and what becomes of them."""

from __future__ import annotations

import json
from typing import Any

from unspool.builder import stream_chunk_builder
from unspool.models import Delta, ModelResponse, ModelResponseStream
from unspool.providers.gemini import GeminiNormalizer
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

HEAD = {"responseId": "resp1", "modelVersion": "gemini-test"}
PNG = {"mimeType": "image/png", "data": "iVBORw0="}


def text(said: str, **fields: Any) -> JSON:
    return {"text": said, **fields}


def thought(said: str, **fields: Any) -> JSON:
    return text(said, thought=True, **fields)


def call(name: str = "look", args: JSON | None = None, signature: str | None = None, **fields: Any) -> JSON:
    called = {"name": name, "args": {} if args is None else args, **fields}
    return {"functionCall": called, **({"thoughtSignature": signature} if signature else {})}


def partial(*pieces: JSON, more: bool = True, **fields: Any) -> JSON:
    """A part of a call whose arguments come piece by piece."""
    going_on = {"willContinue": True} if more else {}
    return {"functionCall": {**fields, **({"partialArgs": list(pieces)} if pieces else {}), **going_on}}


def piece(path: str, *, more: bool = False, **value: Any) -> JSON:
    return {"jsonPath": path, **value, **({"willContinue": True} if more else {})}


def candidate(*parts: JSON, **fields: Any) -> JSON:
    return {"content": {"role": "model", "parts": list(parts)}, **fields}


def response(*candidates: JSON, **fields: Any) -> JSON:
    return {"candidates": list(candidates), **HEAD, **fields}


def event(*parts: JSON, **fields: Any) -> JSON:
    """A response with one candidate."""
    return response(candidate(*parts, **fields))


def run(*responses: Any) -> list[ModelResponseStream]:
    stage = GeminiNormalizer()
    events = (WireEvent(data=json.dumps(each)) for each in responses)
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def deltas(*responses: Any) -> list[Delta]:
    return [choice.delta for chunk in run(*responses) for choice in chunk.choices]


def whole(*responses: Any) -> ModelResponse:
    """What the chunks add up to."""
    built = stream_chunk_builder(run(*responses))
    assert built is not None
    return built
