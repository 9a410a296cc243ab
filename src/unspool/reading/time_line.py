"""When a response's bytes arrived: gaps, stalls, the end, and slices of time for a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from unspool.cassette.model import End, Response, sizes_fit

STALL = 0.25
"""From how many seconds a gap between two chunks is a stall."""


class Gap(NamedTuple):
    """A time without bytes.

    Attributes:
        after: the number of network chunks before it; 0 for the wait before the first one.
        at: when it began, in seconds since the request.
        seconds: how long it lasted.
    """

    after: int
    at: float
    seconds: float


@dataclass(frozen=True, slots=True)
class TimeLine:
    """The times of a response, in seconds since the request.

    Attributes:
        headers_at: when the headers arrived; None if none did.
        first_at: when the first words of the model arrived, or the first byte of another response.
        chunks: the network's pieces: when each arrived, and its bytes.
        ended_at: when it ended.
        end: how it ended.
        failure: the exception that ended it, as text; empty for none.
    """

    headers_at: float | None
    first_at: float | None
    chunks: tuple[tuple[float, int], ...]
    ended_at: float
    end: End
    failure: str = ""

    @property
    def is_broken(self) -> bool:
        return self.end not in {End.COMPLETE, End.CLOSED, End.LIMIT}

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The times between two chunks, and between the last one and the end."""
        moments = [at for at, _ in self.chunks]
        return tuple(
            Gap(place, before, after - before)
            for place, (before, after) in enumerate(
                zip(moments, [*moments[1:], self.ended_at], strict=True), start=1
            )
        )

    @property
    def stalls(self) -> tuple[Gap, ...]:
        return tuple(gap for gap in self.gaps if gap.seconds >= STALL)


def time_line_of(response: Response, first_at: float | None = None) -> TimeLine | None:
    """Return a response's time line; None if its times are unknown, or no longer those of an edited body.

    Args:
        response: as recorded.
        first_at: when the first words arrived; by default, the first byte.
    """
    timeline = response.timeline
    if timeline is None or not sizes_fit(response):
        return None
    chunks = tuple((chunk.at, chunk.size) for chunk in timeline.chunks)
    last = max([timeline.headers_at or 0.0, *(at for at, _ in chunks)])
    failure = timeline.failure
    told = "" if failure is None else f"{failure.type}: {failure.message}".removesuffix(": ")
    return TimeLine(
        timeline.headers_at,
        first_at if first_at is not None else (chunks[0][0] if chunks else None),
        chunks,
        max(last, timeline.ended_at or 0.0),
        timeline.end,
        told,
    )


class Slice(NamedTuple):
    """One of the equal slices of a response's time.

    Attributes:
        size: the bytes that arrived in it.
        is_stalled: whether it lies in a stall.
        is_before: whether it lies before the first chunk.
        has_headers: whether the headers arrived in it.
    """

    size: int
    is_stalled: bool
    is_before: bool
    has_headers: bool


def slices(line: TimeLine, count: int) -> list[Slice]:
    """Cut the time from the request to the end into equal slices.

    Args:
        line: the time line.
        count: the number of slices, at least 1.
    """
    width = (line.ended_at or 1.0) / count

    def place(at: float) -> int:
        return min(int(at / width), count - 1)

    sizes = [0] * count
    for at, size in line.chunks:
        sizes[place(at)] += size
    stalled = [False] * count
    for gap in line.stalls:
        for index in range(place(gap.at) + 1, place(gap.at + gap.seconds)):
            stalled[index] = True
    first = place(line.chunks[0][0]) if line.chunks else count
    headers = None if line.headers_at is None else place(line.headers_at)
    return [
        Slice(size, stalled[index] and not size, index < first, index == headers)
        for index, size in enumerate(sizes)
    ]


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which a share of the values lies: 0.5 for the median; 0.0 of none."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0
