"""What takes real time isn't overtaken by virtual time."""

from __future__ import annotations

import asyncio
import http.server
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from time import monotonic, sleep

import anyio
import anyio.to_thread
import pytest
from tests.virtual_time.recorded import aread, read, steady

from unspool import VirtualClock, use_cassette
from unspool.clock import RealClock
from unspool.faults import Stall
from unspool.virtual_time import others as module
from unspool.virtual_time.others import Others

STALL = Stall(5, 60)
REAL = RealClock()


def busy(seconds: float) -> str:
    """Work that takes so many real seconds."""
    started = REAL.monotonic()
    while REAL.monotonic() - started < seconds:
        pass
    return "done"


@pytest.mark.anyio
@pytest.mark.parametrize("work", [busy, REAL.sleep], ids=["computes", "blocks"])
async def test_work_in_a_thread_comes_before_a_stall_s_end(work: Callable[[float], object]) -> None:
    order: list[str] = []

    async def consume() -> None:
        order.extend([f"{len([piece async for piece in aread()])} pieces"])

    async def compute() -> None:
        with anyio.fail_after(50):
            await anyio.to_thread.run_sync(work, 0.2)
        order.append("work")

    with use_cassette(steady(), fault=STALL):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(consume)
            tasks.start_soon(compute)
    assert order == ["work", "17 pieces"]


def test_a_subprocess_comes_before_a_stall_s_end() -> None:
    async def main() -> None:
        consumer = asyncio.create_task(_count())
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, stdout=subprocess.PIPE)
        async with asyncio.timeout(50):
            output, _ = await child.communicate()
        assert output.strip() == b"done"
        assert not consumer.done()
        assert await consumer == 17

    with use_cassette(steady(), fault=STALL):
        asyncio.run(main())


CHILD = "import time; time.sleep(0.2); print('done')"


async def _count() -> int:
    return len([piece async for piece in aread()])


def test_a_poll_loop_waits_for_a_server_in_a_thread() -> None:
    servers: list[http.server.HTTPServer] = []

    def serve() -> None:
        REAL.sleep(0.2)
        servers.append(http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler))
        servers[0].serve_forever()

    with use_cassette(steady(), timing="recorded", clock=VirtualClock()):
        list(read())  # from here on, longer sleeps are back-offs
        threading.Thread(target=serve, daemon=True).start()
        give_up = time.monotonic() + 5
        while not servers and time.monotonic() < give_up:
            time.sleep(0.05)
        assert servers
        servers[0].shutdown()
        servers[0].server_close()


def test_a_poll_loop_with_long_sleeps_waits_for_a_subprocess(tmp_path: object) -> None:
    ready = os.path.join(str(tmp_path), "ready")
    code = f"import time; time.sleep(0.2); open({ready!r}, 'w').close(); time.sleep(60)"
    with use_cassette(steady(), timing="recorded", clock=VirtualClock()):
        list(read())
        child = subprocess.Popen([sys.executable, "-c", code])
        give_up = monotonic() + 10
        while not os.path.exists(ready) and monotonic() < give_up:
            sleep(0.5)
        assert os.path.exists(ready)
        child.kill()
        child.wait()


def test_an_answer_over_a_socket_comes_before_a_stall_s_end() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        await asyncio.to_thread(REAL.sleep, 0.1)
        writer.write(b"pong\n")
        await writer.drain()
        writer.close()

    async def main() -> None:
        async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
            consumer = asyncio.create_task(_count())
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            writer.write(b"ping\n")
            async with asyncio.timeout(50):
                assert await reader.readline() == b"pong\n"
            assert not consumer.done()
            writer.close()
            await consumer

    with use_cassette(steady(), fault=STALL):
        asyncio.run(main())


@pytest.fixture
def only_threads(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Only the threads that the test starts count: the set is of those of the tests' own runner.

    Its child processes, such as multiprocessing's tracker of resources, don't count either.
    """
    monkeypatch.setattr(module, "_children", list)
    return set(sys._current_frames())


def waits_until_idle(others: Others, waiting: set[int]) -> bool:
    """Whether the threads get no time any more; those that have just started still do."""
    give_up = REAL.monotonic() + 60
    while others.pace(waiting) and REAL.monotonic() < give_up:
        REAL.sleep(0.02)
    return others.pace(waiting) == 0


def test_a_thread_that_runs_gets_time_and_one_that_waits_for_work_gets_none(only_threads: set[int]) -> None:
    stop, others = threading.Event(), Others()

    def run() -> None:
        while not stop.is_set():
            pass

    waiter = threading.Thread(target=stop.wait)
    waiter.start()
    try:
        assert waits_until_idle(others, only_threads)
        runner = threading.Thread(target=run)
        runner.start()
        assert others.pace(only_threads) > 0
        assert others.pace({*only_threads, runner.ident or 0}) == 0
    finally:
        stop.set()
    waiter.join()
    runner.join()


def test_a_thread_that_is_blocked_for_an_unknown_reason_gets_its_time_once(only_threads: set[int]) -> None:
    lock, others = threading.Lock(), Others()
    lock.acquire()
    blocked = threading.Thread(target=lock.acquire, daemon=True)
    blocked.start()
    assert others.pace(only_threads) > 0
    assert waits_until_idle(others, only_threads)
    lock.release()
    blocked.join()
