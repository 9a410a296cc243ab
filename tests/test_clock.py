"""Real and virtual time."""

from __future__ import annotations

import anyio
import pytest

from unspool.clock import RealClock, VirtualClock


def test_a_virtual_clock_stands_still() -> None:
    clock = VirtualClock(start=100)
    assert (clock.now(), clock.monotonic(), clock.elapsed) == (100, 0, 0)


def test_sleeping_moves_a_virtual_clock() -> None:
    clock = VirtualClock(start=100)
    clock.sleep(60)
    assert (clock.now(), clock.monotonic()) == (160, 60)


@pytest.mark.anyio
async def test_sleeping_moves_a_virtual_clock_async() -> None:
    clock = VirtualClock()
    await clock.asleep(60)
    assert clock.elapsed == 60


@pytest.mark.anyio
async def test_a_sleeping_task_lets_others_run() -> None:
    order: list[str] = []
    clock = VirtualClock()

    async def sleeper() -> None:
        order.append("sleeps")
        await clock.asleep(60)
        order.append("wakes")

    async def other() -> None:
        order.append("runs")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleeper)
        tasks.start_soon(other)
    assert order.index("runs") < order.index("wakes")


def test_a_clock_does_not_go_back() -> None:
    with pytest.raises(ValueError, match="expected seconds >= 0, got -1"):
        VirtualClock().advance(-1)


@pytest.mark.anyio
async def test_the_real_clock_moves_by_itself() -> None:
    clock = RealClock()
    before = clock.monotonic()
    clock.sleep(0.001)
    await clock.asleep(0.001)
    assert clock.monotonic() - before >= 0.002
    assert clock.now() > 1_700_000_000
