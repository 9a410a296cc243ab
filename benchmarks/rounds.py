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

Prepared = Callable[[], object]
"""What is timed."""

Round = Callable[[], float]
"""One round of one side, in seconds. It crosses to another process, so it's a `partial` of functions."""

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
    """

    title: str
    count: int
    sides: Mapping[str, Round]


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
        """By round, how many times as long as the first side this one took; in ascending order."""
        return sorted(mine / first for mine, first in zip(self.seconds, self.first, strict=True))


def measure(contest: Contest, rounds: int, run: Run) -> list[Result]:
    """Each side's rounds, taken in turns, after one round that doesn't count."""
    for name, side in contest.sides.items():
        run(name, side)
    seconds: dict[str, list[float]] = {name: [] for name in contest.sides}
    for _ in range(rounds):
        for name, side in contest.sides.items():
            seconds[name].append(run(name, side))
    first = next(iter(seconds.values()))
    return [Result(contest.title, name, contest.count, taken, first) for name, taken in seconds.items()]


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
