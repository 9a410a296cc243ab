"""What aimock answers with: OpenAI's stream of chunks at the fixture's pace, or an error."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from unspool.cassette.model import Response
from unspool.chunk_makers import (
    ChunkFields,
    finish_chunk,
    reasoning_chunks,
    role_chunk,
    text_chunks,
    tool_call_chunks,
)
from unspool.convert.aimock_times import timed
from unspool.models import Delta, ModelResponseStream
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse

_CHUNK_SIZE = 20
_CREATED = 1_704_067_200  # 2024-01-01; aimock says the present
_HEADERS = (("content-type", "text/event-stream"), ("cache-control", "no-cache"))

_STREAM_FIELDS = {"content", "reasoning", "toolCalls", "blocks", "role", "finishReason"}
_ERROR_FIELDS = {"error", "status", "retryAfter"}
_ENVELOPE_FIELDS = {"id", "created", "model", "systemFingerprint"}
RESPONSE_FIELDS = _STREAM_FIELDS | _ERROR_FIELDS | _ENVELOPE_FIELDS
"""The fields of a fixture's response that `answer` looks at."""


def answer(fixture: Mapping[str, Any], index: int, model: str) -> Response:
    """What aimock answers a streaming request for this model with.

    Raises:
        MockError, KeyError, TypeError, ValueError, AttributeError: the fixture breaks the format.
    """
    if "error" in fixture["response"]:
        return _error(fixture["response"])
    events = [_event(_compact_json(chunk)) for chunk in _chunks(fixture, index, model)]
    return timed(fixture, _HEADERS, events, _event("[DONE]"))


def _error(response: Mapping[str, Any]) -> Response:
    status = int(response.get("status", 500))
    error = {"type": "server_error", "param": None, "code": None} | response["error"]
    said = {name: error[name] for name in ("message", "type", "param", "code")}
    headers = [("content-type", "application/json")]
    if status == 429:
        headers.append(("retry-after", str(response.get("retryAfter", 1))))
    return Response(status, "", tuple(headers), json.dumps({"error": said}).encode())


def _event(data: str) -> bytes:
    return encode_sse(WireEvent(data=data))


def _chunks(fixture: Mapping[str, Any], index: int, model: str) -> Iterator[Mapping[str, Any]]:
    response = fixture["response"]
    fields = ChunkFields(
        id=response.get("id", f"chatcmpl-aimock-{index}"),
        created=response.get("created", _CREATED),
        model=response.get("model", model),
    )
    mark = {"system_fingerprint": response["systemFingerprint"]} if "systemFingerprint" in response else {}
    for chunk in _script(fixture, fields):
        choice = chunk.choices[0]
        yield {
            "id": chunk.id,
            "object": "chat.completion.chunk",
            "created": chunk.created,
            "model": chunk.model,
            **mark,
            "choices": [
                {
                    "index": 0,
                    "delta": _delta(choice.delta),
                    "logprobs": None,
                    "finish_reason": choice.finish_reason,
                }
            ],
        }


def _delta(delta: Delta) -> dict[str, Any]:
    data = delta.model_dump(exclude_none=True)
    for call in data.get("tool_calls", ()):
        if "id" not in call:  # OpenAI says the type once
            del call["type"]
    return data


def _script(fixture: Mapping[str, Any], fields: ChunkFields) -> Iterator[ModelResponseStream]:
    response = fixture["response"]
    size = max(1, int(fixture.get("chunkSize", _CHUNK_SIZE)))
    yield role_chunk(response.get("role", "assistant"), **fields)
    if response.get("reasoning"):
        yield from reasoning_chunks(response["reasoning"], size, split_graphemes=True, **fields)
    calls = 0
    for block in _blocks(response):
        if block["type"] == "text":
            yield from text_chunks(block["text"], size, split_graphemes=True, **fields)
            continue
        yield from tool_call_chunks(
            block["name"],
            _json_text(block["arguments"]),
            call_id=block.get("id"),
            index=calls,
            size=size,
            split_graphemes=True,
            **fields,
        )
        calls += 1
    yield finish_chunk(response.get("finishReason", "tool_calls" if calls else "stop"), **fields)


def _blocks(response: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if response.get("blocks"):
        yield from response["blocks"]
        return
    if response.get("content"):
        yield {"type": "text", "text": _json_text(response["content"])}
    yield from ({**call, "type": "toolCall"} for call in response.get("toolCalls", ()))


def _json_text(value: Any) -> str:
    return value if isinstance(value, str) else _compact_json(value)


def _compact_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
