"""What the events of Gemini's `generateContent` say."""

from __future__ import annotations

from unspool.providers.errors import Errors
from unspool.providers.traits import (
    JSON,
    Traits,
    object_in,
    objects_in,
    with_choices,
    without,
)
from unspool.wire.event import WireEvent


def _part_says(part: JSON) -> bool:
    return any(value for key, value in part.items() if key not in {"thought", "thoughtSignature"})


def _gemini_speaks(body: JSON, _event: WireEvent) -> bool:
    return any(
        _part_says(part)
        for one in objects_in(body, "candidates")
        for part in objects_in(object_in(one, "content"), "parts")
    )


def _gemini_unfinish(body: JSON) -> JSON:
    return with_choices(body, lambda one: without(one, "finishReason", "finishMessage"), key="candidates")


def _gemini_only_finish(body: JSON) -> JSON:
    def silent(one: JSON) -> JSON:
        says = any(map(_part_says, objects_in(object_in(one, "content"), "parts")))
        return without(one, "content") if says else one

    return with_choices(without(body, "usageMetadata"), silent, key="candidates")


GENERATE = Traits(
    lambda body, _: "candidates" in body or "usageMetadata" in body,
    _gemini_speaks,
    lambda body, _: any(one.get("finishReason") for one in objects_in(body, "candidates")),
    _gemini_unfinish,
    _gemini_only_finish,
    texts=(("candidates", 0, "content", "parts", 0, "text"),),
)


_STATUSES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def _error_body(status: int, text: str) -> JSON:
    """https://ai.google.dev/gemini-api/docs/troubleshooting, https://cloud.google.com/apis/design/errors."""
    return {"error": {"code": status, "message": text, "status": _STATUSES.get(status, "UNKNOWN")}}


ERRORS = Errors(name="gemini", body=_error_body)
