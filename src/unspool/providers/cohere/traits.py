"""What the events of Cohere's chat say, version 2 and 1."""

from __future__ import annotations

from dataclasses import replace

from unspool.providers.errors import Errors, StreamError, json_event
from unspool.providers.traits import (
    JSON,
    Traits,
    kind_in,
    object_in,
    without,
    word_in,
)
from unspool.wire.event import WireEvent


def _cohere_end(body: JSON) -> JSON | None:
    delta = without(object_in(body, "delta"), "finish_reason")
    return {**body, "delta": delta} if delta else None


V2 = Traits(
    lambda body, _: kind_in(body).startswith(("message-", "content-", "tool-", "citation-")),
    lambda body, _: body["type"].endswith("-delta") and bool(object_in(body, "delta")),
    lambda body, _: body["type"] == "message-end",
    _cohere_end,
    arguments=lambda _: [("delta", "message", "tool_calls", "function", "arguments")],
    texts=(("delta", "message", "content", "text"),),
    reason=("delta", "finish_reason"),
    reasons={"length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"},
)

V1 = Traits(
    lambda body, _: bool(word_in(body, "event_type")) and "." not in word_in(body, "event_type"),
    lambda body, _: (
        body["event_type"] in {"text-generation", "tool-calls-chunk"}
        and any(without(body, "event_type", "is_finished").values())
    ),
    lambda body, _: body["event_type"] == "stream-end",
    arguments=lambda _: [
        ("tool_call_delta", "parameters"),
        ("tool_call_delta", "function", "arguments"),
    ],
    texts=(("text",),),
)


def _error_end(error: StreamError) -> WireEvent:
    """https://docs.cohere.com/v2/docs/streaming: `message-end`."""
    name = "message-end"
    end = {"type": name, "delta": {"finish_reason": "ERROR", "error": error.body["message"]}}
    return json_event(end, name if error.after_named else "message")


def _error_end_v1(error: StreamError) -> WireEvent:
    return json_event(
        {"is_finished": True, "event_type": "stream-end", "finish_reason": "ERROR", **error.body}
    )


def _error_body(_status: int, text: str) -> JSON:
    """https://docs.cohere.com/reference/errors."""
    return {"id": ERRORS.request_id, "message": text}


ERRORS = Errors(name="cohere", body=_error_body, event=_error_end, request_id="unspool-0001")
V1_ERRORS = replace(ERRORS, event=_error_end_v1)
