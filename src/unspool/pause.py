"""Silence in a script."""

from __future__ import annotations

from dataclasses import dataclass

from unspool.errors import MockError


@dataclass(frozen=True, slots=True)
class Pause:
    """A script's silence, in seconds."""

    seconds: float

    def __post_init__(self) -> None:
        if not self.seconds >= 0:
            raise MockError(f"a pause takes seconds >= 0, got {self.seconds!r}")
