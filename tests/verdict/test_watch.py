"""The watching transport hands everything on, and lets go of what is underneath."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import httpx2
import pytest

from unspool.clock import VirtualClock
from unspool.verdict.judge import Limits
from unspool.verdict.watch import Halt, WatchTransport


class Pieces(httpx.SyncByteStream, httpx.AsyncByteStream):
    def __init__(self) -> None:
        self.closed = 0

    def __iter__(self) -> Iterator[bytes]:
        yield from (b"one", b"two")

    async def __aiter__(self) -> Any:
        for data in (b"one", b"two"):
            yield data

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


def watching(pieces: Pieces, **limits: Any) -> WatchTransport:
    inner = httpx.MockTransport(lambda _: httpx.Response(200, stream=pieces))
    return WatchTransport(inner, VirtualClock(), Limits(**limits))


def test_bytes_come_in_the_same_pieces_and_the_answer_is_closed() -> None:
    pieces = Pieces()
    watch = watching(pieces)
    with httpx.Client(transport=watch) as client, client.stream("GET", "http://any") as response:
        assert list(response.iter_raw()) == [b"one", b"two"]

    assert pieces.closed == 1
    assert [pull.data for pull in watch.attempts[0].pulls] == [b"one", b"two"]
    assert watch.attempts[0].closed_at == 0.0


@pytest.mark.anyio
async def test_async_too() -> None:
    pieces = Pieces()
    watch = watching(pieces)
    async with httpx.AsyncClient(transport=watch) as client, client.stream("GET", "http://any") as response:
        assert [data async for data in response.aiter_raw()] == [b"one", b"two"]

    assert pieces.closed == 1
    assert watch.attempts[0].closed_at == 0.0


def test_what_is_closed_when_all_is_over_doesnt_count() -> None:
    watch = watching(Pieces())
    with httpx.Client(transport=watch) as client, client.stream("GET", "http://any"):
        watch.is_over = True

    assert watch.attempts[0].closed_at is None


def test_a_client_is_stopped_at_its_limits() -> None:
    greedy = httpx.Client(transport=watching(Pieces(), most_chunks=1))
    stubborn = httpx.Client(transport=watching(Pieces(), most_attempts=1))

    with greedy, pytest.raises(Halt, match="after 1 chunk"):
        greedy.get("http://any")
    with stubborn:
        stubborn.get("http://any")
        with pytest.raises(Halt, match="after 1 request"):
            stubborn.get("http://any")


def test_an_error_is_noted_and_goes_through() -> None:
    def fail(request: Any) -> Any:
        raise httpx2.ConnectError("refused", request=request)

    watch = WatchTransport(httpx2.MockTransport(fail), VirtualClock(), Limits())
    with httpx2.Client(transport=watch) as client, pytest.raises(httpx2.ConnectError):
        client.get("http://any")

    assert (watch.attempts[0].failure, watch.attempts[0].ended_at) == ("ConnectError", 0.0)
