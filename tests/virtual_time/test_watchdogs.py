"""Watchdogs of applications: each catches a stalled stream, and is silent without a stall."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from tests.virtual_time import watchdogs
from tests.virtual_time.recorded import PIECES, aread, read, steady, stream

from unspool import Cassette, VirtualClock, use_cassette
from unspool.clock import RealClock
from unspool.faults import Stall

Watchdog = Callable[[Any], Any]

STALL = Stall(5, 60)

ON_LOOPS = [
    *(pytest.param("asyncio", one, id=one.__name__) for one in watchdogs.ASYNCIO),
    *(pytest.param("asyncio", one, id=f"{one.__name__}-asyncio") for one in watchdogs.ANYIO),
    *(pytest.param("trio", one, id=f"{one.__name__}-trio") for one in watchdogs.ANYIO),
    *(pytest.param("trio", one, id=one.__name__) for one in watchdogs.TRIO),
]
IN_THREADS = [pytest.param(one, id=one.__name__) for one in watchdogs.THREADS]


@pytest.fixture
def real_seconds() -> Callable[[], float]:
    """How much real time the test has taken so far."""
    started = RealClock().monotonic()
    return lambda: RealClock().monotonic() - started


@pytest.mark.parametrize(("backend", "watchdog"), ON_LOOPS)
def test_a_stall_is_caught(backend: str, watchdog: Watchdog, real_seconds: Callable[[], float]) -> None:
    with use_cassette(steady(), fault=STALL), pytest.raises(TimeoutError):
        anyio.run(watchdog, aread, backend=backend)
    assert real_seconds() < 30


@pytest.mark.parametrize(("backend", "watchdog"), ON_LOOPS)
def test_a_loop_older_than_the_cassette_is_reached(backend: str, watchdog: Watchdog) -> None:
    async def main() -> None:
        await anyio.sleep(0.01)
        used = use_cassette(steady(), timing="recorded", fault=STALL, clock=VirtualClock())
        with used, pytest.raises(TimeoutError):
            await watchdog(aread)

    anyio.run(main, backend=backend)


@pytest.mark.parametrize(("backend", "watchdog"), ON_LOOPS)
def test_without_a_stall_it_is_silent(backend: str, watchdog: Watchdog) -> None:
    with use_cassette(steady(), timing="recorded", clock=VirtualClock()):
        assert anyio.run(watchdog, aread, backend=backend) == PIECES + 1


@pytest.mark.parametrize("watchdog", IN_THREADS)
def test_a_stall_is_caught_in_threads(watchdog: Watchdog, real_seconds: Callable[[], float]) -> None:
    with use_cassette(steady(), fault=STALL), pytest.raises(TimeoutError):
        watchdog(read)
    assert real_seconds() < 30


@pytest.mark.parametrize("watchdog", IN_THREADS)
def test_without_a_stall_it_is_silent_in_threads(watchdog: Watchdog) -> None:
    with use_cassette(steady(), timing="recorded", clock=VirtualClock()):
        assert watchdog(read) == PIECES + 1


PINGS = Cassette.of(
    [stream(*(2.0 * number for number in range(22)), pings=True)], allow_playback_repeats=True
)


@pytest.mark.parametrize(
    ("backend", "watchdog"), [one for one in ON_LOOPS if "idle" in str(one.id) or "per_chunk" in str(one.id)]
)
def test_pings_keep_it_silent(backend: str, watchdog: Watchdog) -> None:
    with use_cassette(PINGS, timing="recorded", clock=VirtualClock()):
        assert anyio.run(watchdog, aread, backend=backend) == 23


@pytest.mark.parametrize(("backend", "watchdog"), [one for one in ON_LOOPS if "total" in str(one.id)])
def test_pings_do_not_keep_a_total_limit_silent(backend: str, watchdog: Watchdog) -> None:
    with use_cassette(PINGS, timing="recorded", clock=VirtualClock()), pytest.raises(TimeoutError):
        anyio.run(watchdog, aread, backend=backend)


def test_a_watchdog_of_a_canned_stream_fires() -> None:
    from unspool import FakeStream, Pause

    async def main() -> None:
        clock = VirtualClock()
        source = FakeStream(["It ", Pause(60), "rains."], clock=clock)
        await anext(source)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(source), 5)
        assert clock.elapsed == pytest.approx(5, abs=0.5)

    asyncio.run(main())
