"""Streams written by hand, as bytes, and what a wire format makes of them."""

from __future__ import annotations

import json
from typing import Any

from unspool.builder import stream_chunk_builder
from unspool.models import Delta, Message, ModelResponse, ModelResponseStream
from unspool.providers import pipeline_for

JSON = dict[str, Any]


def sse(*events: JSON, named: str = "type") -> bytes:
    """Server-sent events, with the name that each has in its JSON, if it has one there."""
    blocks = (f"event: {event.get(named, 'message')}\ndata: {json.dumps(event)}\n\n" for event in events)
    return "".join(blocks).encode()


def lines(*events: JSON) -> bytes:
    return "".join(f"{json.dumps(event)}\n" for event in events).encode()


def run(wire_format: str, data: bytes) -> list[ModelResponseStream]:
    pipeline = pipeline_for(wire_format)
    return [*pipeline.feed(data), *pipeline.flush()]


def deltas(chunks: list[ModelResponseStream]) -> list[Delta]:
    return [choice.delta for chunk in chunks for choice in chunk.choices]


def kept(chunks: list[ModelResponseStream]) -> list[JSON]:
    """The provider's own fields, of the deltas that have some."""
    fields = [delta.provider_specific_fields for delta in deltas(chunks)]
    return [each for each in fields if each is not None]


def finishes(chunks: list[ModelResponseStream]) -> list[str]:
    return [each.finish_reason for chunk in chunks for each in chunk.choices if each.finish_reason]


def rebuilt(chunks: list[ModelResponseStream]) -> ModelResponse:
    response = stream_chunk_builder(chunks)
    assert response is not None
    return response


def said(chunks: list[ModelResponseStream]) -> Message:
    return rebuilt(chunks).choices[0].message


def called(message: Message) -> list[tuple[str, str | None, str]]:
    """The id, the name and the arguments of each call."""
    calls = [(call.id, call.function) for call in message.tool_calls or ()]
    return [(call_id, each.name, each.arguments) for call_id, each in calls if each is not None]


def tokens(response: ModelResponse) -> tuple[int, int, int]:
    usage = response.usage
    return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens
