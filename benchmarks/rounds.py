"""The way of measuring: sides take turns, round by round, and the median counts.

Turns, because a shared machine is fast in one minute and slow in the next: both sides see both. A ratio
is taken in each round, and the median of the ratios is reported, not the ratio of two medians.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

Prepared = Callable[[], object]
"""What is timed."""

Side = Callable[[], float]
"""One round of one side: it makes what it needs anew, does the work once and says how many seconds it took."""


def timed(prepare: Callable[[], Prepared]) -> Side:
    """A side of which everything but the preparation is timed.

    The garbage is collected first, so that nobody clears away what another one left behind; not after the
    preparation, as that would push what is about to be used out of the processor's caches. While the work
    is done the collector runs as it does for everybody.
    """

    def run_round() -> float:
        gc.collect()
        work = prepare()
        _wait_for_quiet()
        start = time.perf_counter()
        work()
        return time.perf_counter() - start

    return run_round


def _wait_for_quiet() -> None:
    """Until nothing of what was done before goes on in a thread: LiteLLM logs in the background."""
    before = -1.0
    while _time_of_other_threads() - before > 0.0001:
        before = _time_of_other_threads()
        time.sleep(0.001)  # no longer: a processor that idles forgets what is in its caches


def _time_of_other_threads() -> float:
    return time.process_time() - time.thread_time()


@dataclass(frozen=True)
class Contest:
    """Sides that do the same work.

    Attributes:
        title: what they do.
        count: how many items (chunks, imports) one round has.
        sides: by name. The first one is ours, or what the others are compared with.
    """

    title: str
    count: int
    sides: dict[str, Side]


@dataclass(frozen=True)
class Result:
    """One side's rounds in one contest, beside those of the first side."""

    title: str
    side: str
    count: int
    seconds: Sequence[float]
    first: Sequence[float]

    @property
    def per_second(self) -> float:
        return self.count / median(self.seconds)

    @property
    def ratios(self) -> list[float]:
        """By round, how many times as long as the first side this one took."""
        return sorted(mine / first for mine, first in zip(self.seconds, self.first, strict=True))

    @property
    def ratio(self) -> float:
        return median(self.ratios)


def measure(contest: Contest, rounds: int) -> list[Result]:
    """Each side's rounds, taken in turns, after one round that doesn't count."""
    for side in contest.sides.values():
        side()
    seconds: dict[str, list[float]] = {name: [] for name in contest.sides}
    for _ in range(rounds):
        for name, side in contest.sides.items():
            seconds[name].append(side())
    first = next(iter(seconds.values()))
    return [Result(contest.title, name, contest.count, taken, first) for name, taken in seconds.items()]
