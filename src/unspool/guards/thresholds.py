"""Thresholds of a loop, and the channels to watch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, get_args

Channel = Literal["content", "reasoning", "tool_calls"]
"""The channels of a loop: the content, the reasoning, or the names and arguments of tool calls."""

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)

SHOWN = 200
"""How many characters of a repetition a message shows; the error's `.repeated` has them all."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The arguments of a `CycleGuard`."""

    max_period: int
    min_repeats: int
    min_chars: int
    padding_chars: int
    near_repeats: int
    similarity: float

    @property
    def counting_chars(self) -> int:
        """The minimum number of characters of a loop whose copies aren't equal."""
        return 4 * self.min_chars


def check(thresholds: Thresholds, channels: Collection[str]) -> None:
    """Reject impossible thresholds.

    Raises:
        ValueError: a threshold is too low, or a channel unknown.
    """
    for name in ("max_period", "min_chars", "padding_chars", "min_repeats", "near_repeats"):
        value = getattr(thresholds, name)
        if type(value) is not int:
            raise ValueError(f"expected {name} to be a whole number, got {value!r}")
        if value < 1:
            raise ValueError(f"expected {name} >= 1, got {value!r}")
        if value < 2 and name.endswith("repeats"):
            raise ValueError(f"expected {name} >= 2, got {value!r}: one copy is no loop")
    similarity: object = thresholds.similarity
    if not isinstance(similarity, int | float) or not 0 < similarity <= 1:
        raise ValueError(f"expected 0 < similarity <= 1, got {similarity!r}")
    unknown = set(channels) - set(CHANNELS)
    if unknown:
        raise ValueError(f"unknown channels {sorted(unknown)!r}: expected some of {', '.join(CHANNELS)}")
