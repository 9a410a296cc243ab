"""What every decoder gives and every encoder takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class WireEvent:
    """One event of a stream, before anybody has looked into its payload.

    Attributes:
        name: the SSE `event:` field or the AWS `:event-type`; `message` where the format has none.
        data: the payload as text; several SSE `data:` lines are joined by line feeds.
        id: the SSE last event id in force, else empty.
        retry: the SSE reconnection time that this event's block set, in milliseconds.
        headers: the AWS frame's headers, else empty.
        complete: false for a last event that the stream ended before closing.
    """

    name: str = "message"
    data: str = ""
    id: str = ""
    retry: int | None = None
    headers: Mapping[str, object] = field(default_factory=dict)
    complete: bool = True
