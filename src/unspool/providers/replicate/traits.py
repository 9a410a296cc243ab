"""What Replicate's events say. They are known by name and id: the data may be anything."""

from __future__ import annotations

from dataclasses import replace

from unspool.providers.errors import StreamError, json_event
from unspool.providers.openai.errors import OPENAI
from unspool.providers.traits import (
    Traits,
)
from unspool.wire.event import WireEvent

PREDICTION = Traits(
    lambda _, event: event.name in {"output", "done"} and bool(event.id),
    lambda _, event: event.name == "output" and bool(event.data),
    lambda _, event: event.name == "done",
    by_name=True,
)


def _error_event(error: StreamError) -> WireEvent:
    """https://replicate.com/docs/topics/predictions/streaming."""
    return json_event({"detail": error.text}, "error")


ERRORS = replace(OPENAI, event=_error_event)
