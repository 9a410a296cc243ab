"""Stall watchdogs as applications write them, ported from public reports.

Kinds: a limit for each chunk (anthropic-sdk-typescript#1206, pi#3019), for the whole stream (kimi-code#1799),
and for the silence between any two pieces, pings included (atomic-agent#323). Each returns how many pieces
came, or raises `TimeoutError`.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from queue import Empty
from time import monotonic, sleep

import anyio
import trio

Read = Callable[[], Iterator[bytes]]
ARead = Callable[[], AsyncIterator[bytes]]

PER_CHUNK = 5.0
TOTAL = 30.0


async def asyncio_timeout_per_chunk(read: ARead) -> int:
    pieces, count = read(), 0
    while True:
        try:
            async with asyncio.timeout(PER_CHUNK):
                await anext(pieces)
        except StopAsyncIteration:
            return count
        count += 1


async def asyncio_wait_for_per_chunk(read: ARead) -> int:
    pieces, count = read(), 0
    while True:
        try:
            await asyncio.wait_for(anext(pieces), PER_CHUNK)
        except StopAsyncIteration:
            return count
        count += 1


async def asyncio_total(read: ARead) -> int:
    async with asyncio.timeout(TOTAL):
        return len([piece async for piece in read()])


async def asyncio_idle(read: ARead) -> int:
    """A timer that each piece sets anew; it cancels the task."""
    task, loop, count = asyncio.current_task(), asyncio.get_running_loop(), 0
    assert task is not None
    timer = loop.call_later(PER_CHUNK, task.cancel)
    try:
        async for _ in read():
            timer.cancel()
            timer = loop.call_later(PER_CHUNK, task.cancel)
            count += 1
    except asyncio.CancelledError:
        task.uncancel()
        raise TimeoutError from None
    finally:
        timer.cancel()
    return count


async def asyncio_ticker(read: ARead) -> int:
    """A task that looks every second when the last piece came."""
    last, reader = time.monotonic(), asyncio.current_task()
    assert reader is not None

    async def tick() -> None:
        while time.monotonic() - last <= PER_CHUNK:
            await asyncio.sleep(1)
        reader.cancel()

    ticker, count = asyncio.create_task(tick()), 0
    try:
        async for _ in read():
            last = time.monotonic()
            count += 1
    except asyncio.CancelledError:
        reader.uncancel()
        raise TimeoutError from None
    finally:
        ticker.cancel()
    return count


async def anyio_per_chunk(read: ARead) -> int:
    pieces, count = read(), 0
    while True:
        try:
            with anyio.fail_after(PER_CHUNK):
                await anext(pieces)
        except StopAsyncIteration:
            return count
        count += 1


async def anyio_total(read: ARead) -> int:
    with anyio.fail_after(TOTAL):
        return len([piece async for piece in read()])


async def anyio_idle(read: ARead) -> int:
    count = 0
    with anyio.fail_after(PER_CHUNK) as scope:
        async for _ in read():
            scope.deadline = anyio.current_time() + PER_CHUNK
            count += 1
    return count


async def trio_per_chunk(read: ARead) -> int:
    pieces, count = read(), 0
    while True:
        with trio.move_on_after(PER_CHUNK) as scope:
            try:
                await anext(pieces)
            except StopAsyncIteration:
                return count
        if scope.cancelled_caught:
            raise TimeoutError
        count += 1


async def trio_idle(read: ARead) -> int:
    count = 0
    with trio.move_on_after(PER_CHUNK) as scope:
        async for _ in read():
            scope.deadline = trio.current_time() + PER_CHUNK
            count += 1
        return count
    raise TimeoutError


async def trio_total(read: ARead) -> int:
    with trio.move_on_after(TOTAL):
        return len([piece async for piece in read()])
    raise TimeoutError


def thread_per_chunk(read: Read) -> int:
    """A reader fills a queue, from which the main thread takes with a timeout."""
    pieces: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=lambda: _fill(pieces, read()), daemon=True).start()
    count = 0
    while True:
        try:
            if pieces.get(timeout=PER_CHUNK) is None:
                return count
        except Empty:
            raise TimeoutError from None
        count += 1


def _fill(pieces: queue.Queue[bytes | None], read: Iterator[bytes]) -> None:
    for piece in read:
        pieces.put(piece)
    pieces.put(None)


def thread_total(read: Read) -> int:
    """The reader is a thread that is given so long to end."""
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.extend(read()), daemon=True)
    reader.start()
    reader.join(TOTAL)
    if reader.is_alive():
        raise TimeoutError
    return len(got)


def thread_idle(read: Read) -> int:
    """A `Timer` that each piece sets anew."""
    fired, count = threading.Event(), 0
    timer = threading.Timer(PER_CHUNK, fired.set)
    timer.start()
    for _ in read():
        timer.cancel()
        if fired.is_set():
            raise TimeoutError
        timer = threading.Timer(PER_CHUNK, fired.set)
        timer.start()
        count += 1
    timer.cancel()
    return count


def thread_ticker(read: Read) -> int:
    """A thread that checks at intervals when the last piece came, with functions imported by name."""
    last, stalled, done, count = monotonic(), threading.Event(), threading.Event(), 0

    def tick() -> None:
        while not done.is_set():
            sleep(0.25)
            if monotonic() - last > PER_CHUNK:
                stalled.set()
                return

    ticker = threading.Thread(target=tick, daemon=True)
    ticker.start()
    try:
        for _ in read():
            if stalled.is_set():
                raise TimeoutError
            last = monotonic()
            count += 1
    finally:
        done.set()
        ticker.join()
    return count


ASYNCIO: list[Callable[[ARead], Awaitable[int]]] = [
    asyncio_timeout_per_chunk,
    asyncio_wait_for_per_chunk,
    asyncio_total,
    asyncio_idle,
    asyncio_ticker,
]
ANYIO: list[Callable[[ARead], Awaitable[int]]] = [anyio_per_chunk, anyio_total, anyio_idle]
TRIO: list[Callable[[ARead], Awaitable[int]]] = [trio_per_chunk, trio_total, trio_idle]
THREADS: list[Callable[[Read], int]] = [thread_per_chunk, thread_total, thread_idle, thread_ticker]
