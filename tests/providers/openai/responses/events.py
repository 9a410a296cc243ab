"""Events of the Responses API as a test writes them, and what becomes of them."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

from unspool.models import Delta, ModelResponseStream
from unspool.providers.json_events import JSON
from unspool.providers.openai.responses import OpenAIResponsesNormalizer
from unspool.wire.event import WireEvent

USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 30,
    "output_tokens_details": {"reasoning_tokens": 20},
    "total_tokens": 42,
}
CITATION = {"type": "url_citation", "url": "https://example.org", "start_index": 0, "end_index": 5}
NUMBERS = count()


def event(kind: str, **fields: Any) -> WireEvent:
    body = {"type": kind, "sequence_number": next(NUMBERS), **fields}
    return WireEvent(name=kind, data=json.dumps(body))


def response(*output: JSON, status: str = "completed", **fields: Any) -> JSON:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1_767_225_600,
        "status": status,
        "model": "gpt-test",
        "output": list(output),
        "usage": USAGE if output or status != "in_progress" else None,
        "error": None,
        "tools": [],
        **fields,
    }


def start(**fields: Any) -> WireEvent:
    return event("response.created", response=response(status="in_progress", usage=None, **fields))


def end(*output: JSON, status: str = "completed", **fields: Any) -> WireEvent:
    return event(f"response.{status}", response=response(*output, status=status, **fields))


def text_part(text: str, **fields: Any) -> JSON:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": [], **fields}


def message(*parts: JSON, **fields: Any) -> JSON:
    head = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed"}
    return {**head, "content": list(parts), **fields}


def reasoning(*summary: str, **fields: Any) -> JSON:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"id": "rs_1", "type": "reasoning", "summary": parts, **fields}


def function_call(name: str, arguments: str = "{}", **fields: Any) -> JSON:
    head = {"id": f"fc_{name}", "type": "function_call", "status": "completed", "call_id": f"call_{name}"}
    return {**head, "name": name, "arguments": arguments, **fields}


def custom_call(name: str, text: str, **fields: Any) -> JSON:
    head = {"id": f"ctc_{name}", "type": "custom_tool_call", "call_id": f"call_{name}"}
    return {**head, "name": name, "input": text, **fields}


def added(item: JSON, index: int = 0) -> WireEvent:
    return event("response.output_item.added", output_index=index, item=item)


def done(item: JSON, index: int = 0) -> WireEvent:
    return event("response.output_item.done", output_index=index, item=item)


def at(index: int = 0, place: int = 0, **fields: Any) -> JSON:
    return {"output_index": index, "content_index": place, **fields}


def pieces(*deltas: str, kind: str = "output_text", **fields: Any) -> list[WireEvent]:
    return [event(f"response.{kind}.delta", **{**at(), **fields}, delta=delta) for delta in deltas]


def run(*events: WireEvent) -> list[ModelResponseStream]:
    stage = OpenAIResponsesNormalizer()
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def deltas(*events: WireEvent) -> list[Delta]:
    """Those that say something."""
    said = [chunk.choices[0].delta for chunk in run(*events)]
    return [delta for delta in said if delta.model_dump(exclude_none=True)]


def texts(*events: WireEvent, field: str = "content") -> list[str]:
    return [delta.get(field) for delta in deltas(*events) if delta.get(field) is not None]


def calls(*events: WireEvent) -> list[tuple[int, str | None, str | None, str]]:
    fragments = [call for delta in deltas(*events) for call in delta.tool_calls or []]
    return [(call.index, call.id, call.function.name, call.function.arguments) for call in fragments]


def kept(*events: WireEvent) -> JSON:
    """All `provider_specific_fields` of deltas, a later one in place of an earlier one."""
    found: JSON = {}
    for delta in deltas(*events):
        found |= delta.provider_specific_fields or {}
    return found
