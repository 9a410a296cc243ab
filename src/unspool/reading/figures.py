"""Figures of recordings, by provider, model or test: streams, tokens, times, errors, ages."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from unspool.reading.exchange import Exchange
from unspool.reading.time_line import quantile


@dataclass
class Figures:
    """The figures of a group of recordings.

    Attributes:
        interactions: how many there are.
        streams: how many of them are replies in chunks.
        input, output: their tokens, where they are reported.
        firsts: the seconds to the first token of each.
        gaps: the longest gap of each, in seconds.
        stalls: how many gaps of at least 250 ms they have.
        errors: how many have an error's status, an error event, or broke.
        oldest: when the oldest was recorded, in seconds since 1970-01-01 UTC; None if unknown.
    """

    interactions: int = 0
    streams: int = 0
    input: int = 0
    output: int = 0
    firsts: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)
    stalls: int = 0
    errors: int = 0
    oldest: float | None = None

    def add(self, one: Exchange) -> None:
        """Count one exchange."""
        reply, line = one.reply, one.time_line
        self.interactions += 1
        self.streams += bool(reply and reply.chunks)
        if reply is not None and reply.tokens is not None:
            self.input += reply.tokens.input
            self.output += reply.tokens.output
        if line is not None:
            self.firsts += [] if line.first_at is None else [line.first_at]
            self.gaps.append(max((gap.seconds for gap in line.gaps), default=0.0))
            self.stalls += len(line.stalls)
        broken = line is not None and line.is_broken
        failed = reply is not None and (reply.error is not None or reply.problem is not None)
        self.errors += broken or failed or one.interaction.response.status >= 400
        recorded_at = one.interaction.recorded_at
        if recorded_at is not None:
            self.oldest = recorded_at if self.oldest is None else min(self.oldest, recorded_at)

    def quantiles(self) -> tuple[float, float, float]:
        """Return the median and 99th percentile of the times to the first token, and the median gap."""
        return quantile(self.firsts, 0.5), quantile(self.firsts, 0.99), quantile(self.gaps, 0.5)


GROUPS: dict[str, Callable[[Path, Exchange], str]] = {
    "provider": lambda _, one: one.provider or "unknown",
    "model": lambda _, one: (one.seen.model if one.seen else "") or "unknown",
    "format": lambda _, one: one.format or "none",
    "test": lambda path, _: str(path.with_suffix("")),
}
"""What recordings are grouped by."""


def figures(recordings: Iterable[tuple[Path, Exchange]], by: str) -> dict[str, Figures]:
    """Return the figures of each group, in the order of their names, and of all together as `total`.

    Args:
        recordings: exchanges with the cassettes that they are in.
        by: one of `GROUPS`.
    """
    found: dict[str, Figures] = {}
    total = Figures()
    for path, one in recordings:
        found.setdefault(GROUPS[by](path, one), Figures()).add(one)
        total.add(one)
    return {**dict(sorted(found.items())), "total": total}
