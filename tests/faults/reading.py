"""What stands in an interaction: its pieces, its events, their JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

from unspool.cassette.model import Interaction, cut
from unspool.faults.frames import framing_of
from unspool.wire.event import WireEvent


def pieces(interaction: Interaction) -> list[bytes]:
    return [data for _, data in timed(interaction)]


def times(interaction: Interaction) -> list[float]:
    return [at for at, _ in timed(interaction)]


def timed(interaction: Interaction) -> list[tuple[float, bytes]]:
    return list(cut(interaction.response.body, interaction.response.timeline.chunks))


def events(interaction: Interaction) -> list[WireEvent]:
    framing = framing_of(interaction.response.body)
    frames = [*framing.split(interaction.response.body, 0.0), *framing.rest(0.0)]
    return [frame.event for frame in frames if frame.event is not None]


def bodies(interaction: Interaction) -> list[Any]:
    """The JSON of the events, those without any left out."""
    return list(_parsed(interaction))


def _parsed(interaction: Interaction) -> Iterator[Any]:
    for event in events(interaction):
        try:
            yield from_json(event.data)
        except ValueError:
            continue


def ending(interaction: Interaction) -> tuple[str, str | None, float | None]:
    """How it ended, with what exception, and when."""
    timeline = interaction.response.timeline
    return timeline.end.value, timeline.failure and timeline.failure.type, timeline.ended_at
