"""Virtual time is lent, given back, and stands beside other tools."""

from __future__ import annotations

import asyncio
import datetime as dt
import queue
import threading
import time
from dataclasses import replace
from typing import Any

import freezegun
import httpx
import pytest
import uvloop
from tests.virtual_time.recorded import URL, aread, read, steady, stream

from unspool import Cassette, Clock, RealClock, UnreachedTimerWarning, VirtualClock, use_cassette
from unspool.cassette.model import End, Interaction
from unspool.faults import Stall
from unspool.virtual_time.lending import lend

STALL = Stall(5, 60)


def test_timers_keep_their_distance() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        before = loop.call_later(100, print)
        when = before.when()
        with use_cassette(steady(), fault=STALL):
            inside = loop.call_later(70, print)
            assert len([piece async for piece in aread()]) == 17
            assert loop.time() - when > -50
        assert before.when() == when
        assert 5 < inside.when() - loop.time() < 11
        before.cancel()
        inside.cancel()

    asyncio.run(main())


def test_what_is_replaced_is_put_back() -> None:
    def now() -> list[Any]:
        waits = [threading.Condition.wait, threading.Thread.start, threading.Thread.join]
        clocks = [time.sleep, time.monotonic, time.perf_counter_ns, vars(queue)["time"]]
        return [*waits, *clocks, asyncio.sleep, asyncio.BaseEventLoop.run_forever]

    before = now()
    inside: list[Any] = []

    def fail() -> None:
        with lend(VirtualClock()):
            inside.extend(now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert all(one is not other for one, other in zip(inside, before, strict=True))
    assert now() == before


def test_a_held_time_stays_put_and_one_that_goes_on_moves() -> None:
    with use_cassette(steady(), fault=STALL), freezegun.freeze_time("2026-01-01"):
        list(read())
        assert dt.datetime.now() == dt.datetime(2026, 1, 1)  # noqa: DTZ001, DTZ005 - as frozen
    with freezegun.freeze_time("2026-01-01", tick=True), use_cassette(steady(), fault=STALL):
        list(read())
        assert dt.datetime.now() > dt.datetime(2026, 1, 1, 0, 0, 59)  # noqa: DTZ001, DTZ005 - as frozen


def test_a_jump_over_a_thread_that_may_have_a_timer_is_reported() -> None:
    lock = threading.Lock()
    lock.acquire()
    blocked = threading.Thread(target=lock.acquire, args=[True, 30], daemon=True, name="holder")

    def jump() -> None:
        with lend(VirtualClock()):
            blocked.start()
            VirtualClock().sleep(60)

    with pytest.warns(UnreachedTimerWarning, match="seconds over the thread 'holder'"):
        jump()
    lock.release()


def test_a_thread_of_an_earlier_block_is_not_reported() -> None:
    lock = threading.Lock()
    lock.acquire()
    blocked = threading.Thread(target=lock.acquire, args=[True, 30], daemon=True)
    with lend(VirtualClock()):
        blocked.start()
    with lend(VirtualClock()):
        VirtualClock().sleep(60)
    lock.release()
    blocked.join()


class OtherLoop(asyncio.SelectorEventLoop):
    """A loop with a clock of its own, as uvloop has."""

    def time(self) -> float:
        return super().time()


@pytest.mark.parametrize("loop_factory", [OtherLoop, uvloop.new_event_loop])
def test_a_jump_in_a_loop_that_is_not_reached_is_reported(loop_factory: Any) -> None:
    async def main() -> None:
        await VirtualClock().asleep(60)

    with asyncio.Runner(loop_factory=loop_factory) as runner, pytest.warns(UnreachedTimerWarning):
        runner.run(main())


# A client that leaves where the recorded one left


def _left() -> Cassette:
    """An answer whose client hung up after its third chunk."""
    one: Interaction = stream(0.0, 0.1, 0.2, 0.3)
    response = one.response
    assert response.timeline is not None
    chunks = response.timeline.chunks[:3]
    timeline = replace(response.timeline, chunks=chunks, end=End.CLOSED, ended_at=0.25)
    body = response.body[: sum(chunk.size for chunk in chunks)]
    return Cassette.of(
        [replace(one, response=replace(response, body=body, timeline=timeline))], match_on=["method"]
    )


def test_a_client_that_leaves_a_moment_later_is_no_overrun() -> None:
    async def main() -> int:
        pieces: asyncio.Queue[bytes] = asyncio.Queue()

        async def fill() -> None:
            async for piece in aread():
                await pieces.put(piece)

        reader, count = asyncio.create_task(fill()), 0
        while count < 3:
            await pieces.get()
            await asyncio.sleep(0.05)  # it shows what it has
            count += 1
        reader.cancel()
        return count

    with use_cassette(_left(), clock=VirtualClock()) as cassette:
        assert asyncio.run(main()) == 3
    assert not cassette.misses


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()], ids=["virtual", "real"])
def test_a_reader_in_a_thread_that_is_stopped_a_moment_later_is_none(clock: Clock) -> None:
    pieces: queue.Queue[bytes] = queue.Queue()
    errors: list[Exception] = []

    with use_cassette(_left(), clock=clock) as cassette, httpx.Client() as client:
        request = client.build_request("POST", URL)
        response = client.send(request, stream=True)

        def fill() -> None:
            try:
                for piece in response.iter_raw():
                    pieces.put(piece)
            except httpx.ReadError as error:  # its response was closed
                errors.append(error)

        reader = threading.Thread(target=fill)
        reader.start()
        for _ in range(3):
            pieces.get(timeout=5)
        response.close()
        reader.join(5)
    assert not cassette.misses


def test_a_client_that_stays_is_one() -> None:
    from unspool import RecordingEndedError

    async def main() -> None:
        async for _ in aread():
            pass

    with pytest.raises(RecordingEndedError), use_cassette(_left(), clock=VirtualClock()):
        asyncio.run(main())
