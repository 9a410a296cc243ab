"""Virtual waits overlap, and the earliest end comes first."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import pytest
from tests.virtual_time.recorded import ASK, URL, read, steady, stream

from unspool import Cassette, FaultTransport, ReplayTransport, VirtualClock, use_cassette
from unspool.clock import Clock, RealClock
from unspool.faults import Hang, Stall


@pytest.mark.anyio
async def test_twenty_parallel_timeouts_take_as_long_as_one() -> None:
    clock = VirtualClock()
    transport = FaultTransport(ReplayTransport(steady(), clock=clock), Hang(3), clock=clock)

    async def ask() -> None:
        async with httpx.AsyncClient(transport=transport, timeout=30) as client:
            with pytest.raises(httpx.ReadTimeout):
                await client.post(URL, json=ASK)

    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(ask)
    assert clock.elapsed == 30


def test_twenty_threads_take_as_long_as_one() -> None:
    clock, timeouts = VirtualClock(), []

    def ask() -> None:
        with httpx.Client(timeout=30, verify=False) as client:
            try:
                client.post(URL, json=ASK)
            except httpx.ReadTimeout as error:
                timeouts.append(error)

    with use_cassette(steady(), fault=Hang(3), clock=clock):
        threads = [threading.Thread(target=ask) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(timeouts) == 20
    assert clock.elapsed == 30


def test_a_pool_older_than_the_cassette_works_in_rounds() -> None:
    clock = VirtualClock()
    with ThreadPoolExecutor(4) as pool:
        pool.submit(int).result()
        with use_cassette(steady(), fault=Stall(5, 60), clock=clock):
            started = time.monotonic()
            futures = [pool.submit(lambda: len(list(read()))) for _ in range(8)]
            assert [future.result(timeout=200) for future in futures] == [17] * 8
            assert 120 <= time.monotonic() - started < 150
    assert clock.elapsed == 120


# As in real time: the same runs on the real clock, thirty times faster

SCALE = 0.03


async def _play(transport: ReplayTransport, name: str) -> str:
    async with httpx.AsyncClient(transport=transport, timeout=None) as client:
        await client.post(URL, json=ASK)
    return name


def _transport(seconds: float, clock: Clock, scale: float) -> ReplayTransport:
    cassette = Cassette.of([stream(*(seconds * number / 15 for number in range(16)))], match_on=["method"])
    return ReplayTransport(cassette, timing=scale, clock=clock)


async def race(clock: Clock, scale: float) -> list[str]:
    """Two streams; the loser is cancelled."""
    tasks = [
        asyncio.create_task(_play(_transport(seconds, clock, scale), name))
        for seconds, name in ((30, "long"), (3, "short"))
    ]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    return [task.result() for task in done]


async def hedge(clock: Clock, scale: float) -> list[str]:
    """A second request after five seconds, whose answer comes first."""
    first = asyncio.create_task(_play(_transport(30, clock, scale), "first"))
    try:
        return [await asyncio.wait_for(asyncio.shield(first), 5 * scale)]
    except TimeoutError:
        second = asyncio.create_task(_play(_transport(10, clock, scale), "second"))
        done, pending = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        return ["hedged", *(task.result() for task in done)]


async def in_order(clock: Clock, scale: float) -> list[str]:
    """Whichever answer is complete first comes first."""
    plays = [_play(_transport(seconds, clock, scale), f"{seconds}") for seconds in (45, 15, 30)]
    return [await play for play in asyncio.as_completed(plays)]


@pytest.mark.parametrize(("run", "seconds"), [(race, 3), (hedge, 15), (in_order, 45)])
def test_it_comes_out_as_in_real_time(
    run: Callable[[Clock, float], Awaitable[list[str]]], seconds: float
) -> None:
    clock = VirtualClock()
    took: list[float] = []

    async def main() -> list[str]:
        started = asyncio.get_running_loop().time()
        came = await run(clock, 1.0)
        took.append(asyncio.get_running_loop().time() - started)
        return came

    assert asyncio.run(main()) == asyncio.run(run(RealClock(), SCALE))  # type: ignore[arg-type]
    assert seconds <= took[0] + 0.01
    assert clock.elapsed == pytest.approx(seconds, abs=0.5)
