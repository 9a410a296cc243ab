"""Time that is lent to code which knows nothing of it."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from unspool.clock import VirtualClock
from unspool.verdict.lent_time import SteppingClock, lent_time


def test_a_sleep_passes_on_the_clock() -> None:
    clock = VirtualClock()
    with lent_time(clock):
        time.sleep(3600)

    assert clock.elapsed == 3600


@pytest.mark.parametrize("name", ["time", "monotonic", "perf_counter"])
def test_those_who_ask_see_it_pass(name: str) -> None:
    def now() -> float:
        said: float = getattr(time, name)()  # looked up anew each time
        return said

    with lent_time(VirtualClock()):
        before = now()
        time.sleep(3600)
        passed = now() - before

    assert 3600 <= passed < 3660
    assert now() - before < 60


def test_everything_is_as_before_afterwards() -> None:
    before = (time.sleep, time.time, time.monotonic, time.perf_counter, asyncio.sleep)
    with lent_time(VirtualClock()):
        assert time.sleep is not before[0]

    assert (time.sleep, time.time, time.monotonic, time.perf_counter, asyncio.sleep) == before


def test_a_thread_from_before_keeps_real_time() -> None:
    clock, go, slept = VirtualClock(), threading.Event(), []

    def work() -> None:
        go.wait()
        before = time.monotonic()
        time.sleep(0.01)
        slept.append(time.monotonic() - before)

    other = threading.Thread(target=work)
    other.start()
    with lent_time(clock):
        time.sleep(3600)
        go.set()
        other.join()

    assert slept[0] >= 0.01
    assert clock.elapsed == 3600


def test_a_thread_that_is_started_inside_has_the_time() -> None:
    clock = VirtualClock()
    with lent_time(clock):
        other = threading.Thread(target=time.sleep, args=[60])
        other.start()
        other.join()

    assert clock.elapsed == 60


def test_the_innermost_lender_counts() -> None:
    outer, inner = VirtualClock(), VirtualClock()
    with lent_time(outer):
        with lent_time(inner):
            time.sleep(2)
        time.sleep(1)

    assert (outer.elapsed, inner.elapsed) == (1, 2)


def test_a_tasks_sleep_gives_back_its_result() -> None:
    clock = SteppingClock()
    with lent_time(clock):
        assert asyncio.run(asyncio.sleep(2.5, "done")) == "done"

    assert clock.elapsed == 2.5


def test_a_timer_of_the_loop_goes_off_meanwhile() -> None:
    clock = SteppingClock()

    async def main() -> None:
        async with asyncio.timeout(30):
            await asyncio.sleep(3600)

    with lent_time(clock), pytest.raises(TimeoutError):
        asyncio.run(main())

    assert 30 <= clock.elapsed <= 32
