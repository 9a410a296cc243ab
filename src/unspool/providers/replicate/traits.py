"""What Replicate's events say. They are known by name and id: the data may be anything."""

from __future__ import annotations

from unspool.providers.traits import (
    Traits,
)

PREDICTION = Traits(
    lambda _, event: event.name in {"output", "done"} and bool(event.id),
    lambda _, event: event.name == "output" and bool(event.data),
    lambda _, event: event.name == "done",
    by_name=True,
)
