from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anyio
import pytest

from unspool.client.response import AsyncChunks, SyncChunks

pytestmark = pytest.mark.anyio


class Letters:
    """A pipeline that gives a letter for each byte, and a last one at the end."""

    def feed(self, item: bytes) -> Iterator[Any]:
        for letter in item.decode():
            if letter == "!":
                raise ValueError("!")
            yield letter

    def flush(self) -> Iterator[Any]:
        yield "end"


class Response:
    """The two methods of an HTTP response that are needed, and whether it has been closed."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = pieces
        self.closed = 0

    def iter_bytes(self) -> Iterator[bytes]:
        yield from self.pieces

    async def aiter_bytes(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        await anyio.sleep(0)
        self.closed += 1


def test_bytes_become_chunks() -> None:
    response = Response(b"ab", b"", b"c")

    assert list(SyncChunks(response, Letters(), response.close)) == ["a", "b", "c", "end"]


async def test_bytes_become_chunks_for_async_readers() -> None:
    response = Response(b"ab", b"", b"c")

    assert [chunk async for chunk in AsyncChunks(response, Letters(), response.aclose)] == [
        "a",
        "b",
        "c",
        "end",
    ]


def test_what_comes_before_an_error_in_the_same_piece_is_delivered() -> None:
    response = Response(b"a!b")
    chunks = SyncChunks(response, Letters(), response.close)

    assert next(chunks) == "a"
    with pytest.raises(ValueError, match="!"):
        next(chunks)


async def test_what_comes_before_an_error_in_the_same_piece_is_delivered_to_async_readers() -> None:
    response = Response(b"a!b")
    chunks = AsyncChunks(response, Letters(), response.aclose)

    assert await anext(chunks) == "a"
    with pytest.raises(ValueError, match="!"):
        await anext(chunks)
    await chunks.aclose()


def test_closing_closes_the_response() -> None:
    response = Response(b"ab")
    chunks = SyncChunks(response, Letters(), response.close)

    chunks.close()

    assert response.closed == 1


@pytest.mark.parametrize("started", [True, False])
async def test_closing_closes_the_async_response_and_ends_the_stream(started: bool) -> None:
    response = Response(b"ab")
    chunks = AsyncChunks(response, Letters(), response.aclose)
    if started:
        await anext(chunks)

    await chunks.aclose()

    assert response.closed == 1
    assert [chunk async for chunk in chunks] == []


async def test_a_cancelled_task_closes_too() -> None:
    response = Response(b"ab")
    chunks = AsyncChunks(response, Letters(), response.aclose)
    await anext(chunks)

    with anyio.CancelScope() as scope:
        scope.cancel()
        await chunks.aclose()

    assert response.closed == 1


async def test_closing_does_not_wait_for_the_end_of_an_endless_stream() -> None:
    class Endless(Response):
        async def aiter_bytes(self) -> AsyncIterator[bytes]:
            while True:
                yield b"a"

    response = Endless()
    chunks = AsyncChunks(response, Letters(), response.aclose)
    await anext(chunks)

    await chunks.aclose()

    assert response.closed == 1


async def test_a_stream_that_breaks_while_it_is_left_is_closed_all_the_same(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Breaking(Response):
        async def aiter_bytes(self) -> AsyncIterator[bytes]:
            yield b"a"
            raise OSError("gone")

    response = Breaking()
    chunks = AsyncChunks(response, Letters(), response.aclose)
    await anext(chunks)

    with caplog.at_level(logging.DEBUG, "unspool"):
        await chunks.aclose()

    assert response.closed == 1
    assert "gone" in caplog.text
