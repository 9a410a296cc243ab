"""The way of measuring: sides take turns, round by round, and the median counts.

Turns, because a shared machine is fast in one minute and slow in the next: both sides see both. A ratio
is taken in each round, and the median of the ratios is reported, not the ratio of two medians.

Each side has a process of its own, as it has in real life: what one leaves in memory doesn't slow the
other down. All of them stay on one processor where the system lets them. Threads that wait for Python's
one lock on two processors lose half their time to it, but not always: LiteLLM's sync wrapper, which logs
in threads, would come out at half its speed in some runs, and we twice as good.
"""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import median
from typing import Literal

Prepared = Callable[[], object]
"""What is timed."""

Round = Callable[[], float]
"""One round of one side, in seconds, or in bytes where memory is measured.

It crosses to another process, so it's a `partial` of functions.
"""

Unit = Literal["chunks/s", "ms", "MB"]

Run = Callable[[str, Round], float]
"""Runs a round in the process of the side with that name."""


def timed(prepare: Callable[..., Prepared], *args: object) -> float:
    """A round of which everything but the preparation is timed.

    The garbage is collected first, so that nobody clears away what an earlier round left behind; not
    after the preparation, as that would push what is about to be used out of the processor's caches.
    While the work is done the collector runs as it does for everybody.
    """
    gc.collect()
    work = prepare(*args)
    _wait_for_quiet()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    _wait_for_quiet()
    return seconds


def _wait_for_quiet() -> None:
    """Until nothing of what was done goes on in a thread: LiteLLM logs in the background."""
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
        sides: by name. The first one is what the others are compared with.
        unit: what the figure of a side is printed in.
        rounds: how many are enough; None for as many as are asked for. One, where nothing varies, goes
            without the one before that doesn't count.
    """

    title: str
    count: int
    sides: Mapping[str, Round]
    unit: Unit = "chunks/s"
    rounds: int | None = None


@dataclass(frozen=True)
class Result:
    """One side's rounds in one contest, beside those of the first side.

    Attributes:
        contest: what was measured.
        side: whose rounds these are.
        taken: what each round took, in seconds or bytes; none if the side failed.
        first: what it took the first side.
        failure: what stopped the side.
    """

    contest: Contest
    side: str
    taken: Sequence[float]
    first: Sequence[float]
    failure: str = ""

    @property
    def is_first(self) -> bool:
        """Whether this is the side that the others are compared with."""
        return self.side == next(iter(self.contest.sides))

    @property
    def each(self) -> float:
        """What one item took."""
        return median(self.taken) / self.contest.count

    @property
    def ratios(self) -> list[float]:
        """By round, how many times as much as the first side this one took; in ascending order."""
        return sorted(mine / first for mine, first in zip(self.taken, self.first, strict=True))


def measure(contest: Contest, rounds: int, run: Run) -> list[Result]:
    """Each side's rounds, taken in turns, after one round that doesn't count; see `Contest.rounds`.

    A side that fails takes no further part, and that is its result; the first one may not fail.
    """
    rounds = min(rounds, contest.rounds or rounds)
    taken: dict[str, list[float]] = {name: [] for name in contest.sides}
    failures: dict[str, str] = {}
    for _ in range(rounds + (contest.rounds != 1)):
        for name, side in contest.sides.items():
            if name not in failures:
                _take(name, side, run, taken[name], failures)
    first, *_ = taken
    if first in failures:
        raise RuntimeError(f"{contest.title}: {first} failed: {failures[first]}")
    return [
        Result(contest, name, mine[-rounds:], taken[first][-rounds:], failures.get(name, ""))
        for name, mine in taken.items()
    ]


def _take(name: str, side: Round, run: Run, taken: list[float], failures: dict[str, str]) -> None:
    try:
        taken.append(run(name, side))
    except Exception as error:  # noqa: BLE001 - whatever a peer raises
        taken.clear()
        failures[name] = f"{type(error).__name__}: {error}"


@contextmanager
def processes() -> Iterator[Run]:
    """A process for each side, started when it's first needed and kept, as importing LiteLLM takes long."""
    context = get_context("spawn")
    started: dict[str, ProcessPoolExecutor] = {}
    with ExitStack() as stack:

        def run(name: str, side: Round) -> float:
            if name not in started:
                pool = ProcessPoolExecutor(1, mp_context=context, initializer=stay_on_one_processor)
                started[name] = stack.enter_context(pool)
            return started[name].submit(side).result()

        yield run


def stay_on_one_processor() -> None:
    if hasattr(os, "sched_setaffinity"):  # Linux
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def leave_their_processor(process: int = 0) -> None:
    """Run a process, by its id, or this one, on another processor than the sides, if there is one."""
    if hasattr(os, "sched_setaffinity"):
        allowed = set(range(os.cpu_count() or 1)) if process else os.sched_getaffinity(0)
        os.sched_setaffinity(process, allowed - {max(allowed)} or allowed)
