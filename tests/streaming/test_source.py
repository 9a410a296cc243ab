"""Sources are closed whoever stops the stream, and whatever is pending then."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from unittest.mock import AsyncMock, MagicMock, Mock

import anyio
import pytest

from unspool.streaming.source import END, Source
from unspool.streaming.wrapper import CustomStreamWrapper

SOON = 5.0
"""Seconds after which a test gives up."""


class Stalled:
    """An async source that delivers one item and then nothing, and a sync one that waits for `go`."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.waits = threading.Event()
        self.go = threading.Event()

    async def items(self) -> AsyncIterator[str]:
        try:
            yield "a"
            self.waits.set()
            await anyio.sleep_forever()
        finally:
            self.log.append("closed")

    def sync_items(self) -> Iterator[str]:
        try:
            yield "a"
            self.waits.set()
            self.go.wait(SOON)
            yield "b"
        finally:
            self.log.append("closed")


def wrapper(stream: Any) -> CustomStreamWrapper:
    return CustomStreamWrapper(stream, "m")


async def until(true: Callable[[], Any]) -> None:
    with anyio.fail_after(SOON):
        while not true():
            await anyio.sleep(0.001)


async def read(stream: CustomStreamWrapper, texts: list[Any]) -> None:
    async for chunk in stream:
        texts.append(chunk.choices[0].delta.content)  # noqa: PERF401 - what has come is there at once


# -- a stop button ------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_aclose_from_another_task_closes_the_source_and_ends_the_reader() -> None:
    source = Stalled()
    stream = wrapper(source.items())
    texts: list[Any] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, stream, texts)
        await until(source.waits.is_set)
        await stream.aclose()
        assert source.log == ["closed"]
    assert texts == ["a"]
    assert stream.completion_stream is None


@pytest.mark.anyio
async def test_close_from_another_task_closes_the_source_and_ends_the_reader() -> None:
    source = Stalled()
    stream = wrapper(source.items())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, stream, [])
        await until(source.waits.is_set)
        stream.close()
    assert source.log == ["closed"]


@pytest.mark.anyio
async def test_the_reader_s_task_goes_on_after_a_stop_button() -> None:
    source = Stalled()
    stream = wrapper(source.items())
    after: list[str] = []

    async def read_and_go_on() -> None:
        await read(stream, [])
        await anyio.sleep(0)  # would raise if the task were still being cancelled
        after.append("went on")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read_and_go_on)
        await until(source.waits.is_set)
        await stream.aclose()
    assert after == ["went on"]


@pytest.mark.anyio
async def test_a_reader_that_is_cancelled_meanwhile_stays_cancelled() -> None:
    source = Stalled()
    stream = wrapper(source.items())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, stream, [])
        await until(source.waits.is_set)
        tasks.cancel_scope.cancel()
        stream.close()
    assert source.log == ["closed"]


@pytest.mark.anyio
async def test_a_source_that_does_not_give_way_is_closed_when_its_pull_returns() -> None:
    log: list[str] = []
    go = anyio.Event()

    async def stubborn() -> AsyncIterator[str]:
        try:
            yield "a"
            with anyio.CancelScope(shield=True):
                log.append("waits")
                await go.wait()
            yield "b"
        finally:
            log.append("closed")

    stream = wrapper(stubborn())
    texts: list[Any] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, stream, texts)
        await until(lambda: log)
        tasks.start_soon(stream.aclose)
        await anyio.sleep(0)
        go.set()
    assert (log, texts) == (["waits", "closed"], ["a"])


@pytest.mark.anyio
async def test_a_stream_that_is_being_opened_is_closed_too() -> None:
    source, opening = Stalled(), anyio.Event()

    async def open_stream(client: Any) -> AsyncIterator[str]:
        items = source.items()
        await anext(items)
        opening.set()
        with anyio.CancelScope(shield=True):
            await anyio.sleep(0.01)
        return items

    stream = CustomStreamWrapper(None, "m", make_call=open_stream)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, stream, [])
        await opening.wait()
        await stream.aclose()
    assert stream.completion_stream is None or source.log == ["closed"]


@pytest.mark.anyio
@pytest.mark.parametrize("stop", ["cancel", "aclose"])
async def test_a_sync_source_is_closed_once_its_thread_returns(stop: str) -> None:
    source = Stalled()
    stream = wrapper(source.sync_items())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read, stream, [])
        await until(source.waits.is_set)
        if stop == "cancel":
            tasks.cancel_scope.cancel()
        else:
            await stream.aclose()
    assert source.log == []  # a generator that runs can't be closed
    source.go.set()
    await until(lambda: source.log)
    assert source.log == ["closed"]


def test_close_from_another_thread_closes_the_source_once_its_pull_returns() -> None:
    source = Stalled()
    stream = wrapper(source.sync_items())
    chunks: list[Any] = []
    reader = threading.Thread(target=lambda: chunks.extend(stream))
    reader.start()
    assert source.waits.wait(SOON)
    stream.close()
    assert source.log == []
    source.go.set()
    reader.join(SOON)
    assert (source.log, len(chunks), stream.completion_stream) == (["closed"], 1, None)


def test_a_source_that_fails_after_the_stop_button_ends_its_reader_in_peace() -> None:
    source = Stalled()

    def unlucky() -> Iterator[str]:
        yield "a"
        source.waits.set()
        source.go.wait(SOON)
        raise RuntimeError("the connection is gone")

    stream = wrapper(unlucky())
    chunks: list[Any] = []
    reader = threading.Thread(target=lambda: chunks.extend(stream))
    reader.start()
    source.waits.wait(SOON)
    stream.close()
    source.go.set()
    reader.join(SOON)
    assert len(chunks) == 1


@pytest.mark.anyio
async def test_close_leaves_an_async_source_to_aclose() -> None:
    source = Stalled()
    stream = wrapper(source.items())
    await anext(stream)
    stream.close()
    assert source.log == []
    assert await anext(stream, None) is None
    await stream.aclose()
    assert (source.log, stream.completion_stream) == (["closed"], None)


@pytest.mark.anyio
async def test_close_leaves_a_coroutine_function_to_aclose() -> None:
    class Sdks:
        closed = False

        def __aiter__(self) -> Any:
            return self

        async def __anext__(self) -> str:
            return "a"

        async def close(self) -> None:
            self.closed = True

    source = Sdks()
    stream = wrapper(source)
    stream.close()
    assert not source.closed
    await stream.aclose()
    assert source.closed


@pytest.mark.anyio
async def test_what_close_returns_is_awaited_by_aclose() -> None:
    closed: list[bool] = []

    class Odd:
        def __iter__(self) -> Any:
            return self

        def __next__(self) -> str:
            return "a"

        def close(self) -> Any:
            async def later() -> None:
                closed.append(True)

            return later()

    stream = wrapper(Odd())
    stream.close()
    await stream.aclose()
    assert closed == [True]


# -- several readers ----------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_tasks_that_share_a_stream_take_turns() -> None:
    async def slow() -> AsyncIterator[Any]:
        for number in range(20):
            await anyio.sleep(0)
            yield str(number)
        yield {"choices": [{"delta": {}, "finish_reason": "stop"}]}

    stream = wrapper(slow())
    texts: list[Any] = []
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(read, stream, texts)
    assert texts == [*map(str, range(20)), None]


def test_threads_that_share_a_stream_take_turns() -> None:
    gate = threading.Event()

    def slow() -> Iterator[Any]:
        gate.wait(SOON)
        for number in range(200):
            threading.Event().wait(0.0001)  # lets the other threads in
            yield str(number)
        yield {"choices": [{"delta": {}, "finish_reason": "stop"}]}

    stream = wrapper(slow())
    chunks: list[Any] = []
    readers = [threading.Thread(target=lambda: chunks.extend(stream)) for _ in range(3)]
    for reader in readers:
        reader.start()
    gate.set()
    for reader in readers:
        reader.join(SOON)
    texts = [chunk.choices[0].delta.content for chunk in chunks]
    assert sorted(filter(None, texts), key=int) == [*map(str, range(200))]
    assert texts.count(None) == 1


# -- the source by itself -----------------------------------------------------------------------------


def test_a_closed_source_gives_nothing_more() -> None:
    source = Source(["a"])
    source.close()
    assert source.pull() is END


@pytest.mark.anyio
async def test_a_closed_source_gives_nothing_more_async() -> None:
    source = Source(["a"])
    await source.aclose()
    assert await source.apull() is END


def test_a_timeout_of_asyncio_passes_through() -> None:
    source = Stalled()

    async def main() -> None:
        stream = wrapper(source.items())
        await anext(stream)
        async with asyncio.timeout(0.01):
            await anext(stream)

    with pytest.raises(TimeoutError):
        asyncio.run(main())
    assert source.log == ["closed"]


@pytest.mark.anyio
async def test_a_source_that_closes_its_own_stream_is_closed_afterwards() -> None:
    log: list[str] = []
    stream: CustomStreamWrapper

    async def items() -> AsyncIterator[str]:
        try:
            yield "a"
            await anyio.sleep(0)
            await stream.aclose()
            yield "b"
        finally:
            log.append("closed")

    stream = wrapper(items())
    texts: list[Any] = []
    await read(stream, texts)
    assert (texts, log) == (["a"], ["closed"])


CHUNKS = [1, 2]


def mocks_by_next() -> list[Any]:
    by_next = MagicMock()
    by_next.__next__ = MagicMock(side_effect=[*CHUNKS, StopIteration])
    bare = Mock()
    bare.__next__ = Mock(side_effect=[*CHUNKS, StopIteration])
    by_iter = MagicMock()
    by_iter.__iter__.return_value = iter(CHUNKS)
    return [by_next, bare, by_iter]


@pytest.mark.parametrize("which", range(3), ids=["next", "a bare mock's next", "iter"])
def test_a_mock_is_read_in_the_way_that_was_set_up(which: int) -> None:
    source = Source(mocks_by_next()[which])
    assert [source.pull() for _ in range(3)] == [*CHUNKS, END]


@pytest.mark.anyio
@pytest.mark.parametrize("which", ["anext", "aiter", "next"])
async def test_a_mock_is_read_asynchronously_in_the_way_that_was_set_up(which: str) -> None:
    mock = MagicMock()
    if which == "anext":
        mock.__anext__ = AsyncMock(side_effect=[*CHUNKS, StopAsyncIteration])
    elif which == "aiter":
        mock.__aiter__.return_value = CHUNKS
    else:
        mock.__next__ = MagicMock(side_effect=[*CHUNKS, StopIteration])
    mock.aclose = AsyncMock()
    source = Source(mock)
    assert [await source.apull() for _ in range(3)] == [*CHUNKS, END]
    await source.aclose()
    mock.aclose.assert_awaited_once()
