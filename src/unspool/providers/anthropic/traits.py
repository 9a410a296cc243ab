"""What the events of Anthropic's formats say, and how it reports errors."""

from __future__ import annotations

from datetime import datetime

from unspool.providers.errors import Errors, Headers, StreamError, json_event, reset_at
from unspool.providers.gemini.traits import ERRORS as GOOGLE_ERRORS
from unspool.providers.traits import (
    JSON,
    Traits,
    kind_in,
    object_in,
    plain,
    without,
)
from unspool.wire.event import WireEvent

_KINDS = frozenset(
    {
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_start",
        "message_stop",
        "ping",
    }
)


def _anthropic_speaks(body: JSON, _event: WireEvent) -> bool:
    delta = without(object_in(body, "delta"), "type", "signature")
    return body["type"] == "content_block_delta" and any(delta.values())


def _anthropic_unfinish(body: JSON) -> JSON:
    return {**body, "delta": {**object_in(body, "delta"), "stop_reason": None}}


MESSAGES = Traits(
    lambda body, _: kind_in(body) in _KINDS,
    _anthropic_speaks,
    lambda body, _: body["type"] == "message_delta" and object_in(body, "delta").get("stop_reason"),
    _anthropic_unfinish,
    arguments=lambda body: [("delta", "partial_json")] if body["type"] == "content_block_delta" else [],
    texts=(("delta", "text"),),
    reason=("delta", "stop_reason"),
    reasons={"length": "max_tokens", "tool_calls": "tool_use"},
)

COMPLETE = plain(lambda body, _: kind_in(body) == "completion", "completion", "stop_reason")


_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def _error_body(status: int, text: str) -> JSON:
    """https://docs.anthropic.com/en/api/errors."""
    kind = _ERROR_TYPES.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": ERRORS.request_id}


def _error_event(error: StreamError) -> WireEvent:
    """https://docs.anthropic.com/en/docs/build-with-claude/streaming#error-events."""
    return json_event({key: error.body[key] for key in ("type", "error") if key in error.body}, "error")


def _limits(seconds: float, now: datetime) -> Headers:
    """https://docs.anthropic.com/en/api/rate-limits: RFC 3339."""
    at = f"{reset_at(seconds, now):%Y-%m-%dT%H:%M:%SZ}"
    return (
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", at),
        ("anthropic-ratelimit-tokens-limit", "30000"),
        ("anthropic-ratelimit-tokens-remaining", "0"),
        ("anthropic-ratelimit-tokens-reset", at),
    )


ERRORS = Errors(
    name="anthropic",
    body=_error_body,
    event=_error_event,
    request_id="req_unspool0001",
    request_id_headers=("request-id",),
    limits=_limits,
)

_REFUSED_BY_GOOGLE = frozenset({401, 403, 404, 429})
"""What Google refuses itself before it asks Anthropic."""


def _vertex_body(status: int, text: str) -> JSON:
    """https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude."""
    return (GOOGLE_ERRORS if status in _REFUSED_BY_GOOGLE else ERRORS).body(status, text)


VERTEX_ERRORS = Errors(
    name="vertex-anthropic",
    body=_vertex_body,
    event=_error_event,
    request_id="req_vrtx_unspool0001",
    request_id_headers=("request-id",),
)
