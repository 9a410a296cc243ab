"""Nothing reaches another machine inside the block, and everything that did before does so again after it."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
from unspool.errors import NetworkBlockedError, UnrecordedRequestError
from unspool.transports.block_network import block_network
from unspool.transports.use_cassette import use_cassette

SOMEWHERE = "http://models.example.com/"


@pytest.mark.parametrize("family", [httpx, httpx2])
def test_a_request_is_refused_before_its_host_is_looked_up(family: Any) -> None:
    with block_network(), pytest.raises(NetworkBlockedError, match=r"reached for models\.example\.com"):
        family.get(SOMEWHERE)


@pytest.mark.parametrize("family", [httpx, httpx2])
def test_an_async_request_is_refused_too(family: Any) -> None:
    async def ask() -> None:
        async with family.AsyncClient() as client:
            await client.get(SOMEWHERE)

    with block_network(), pytest.raises(NetworkBlockedError):
        asyncio.run(ask())


def test_a_socket_is_refused() -> None:
    with block_network(), pytest.raises(NetworkBlockedError, match=r"models\.example\.com:443"):
        socket.create_connection(("models.example.com", 443), timeout=0.1)


def test_this_machine_may_be_reached() -> None:
    with serve({"/": Answer([b"here"])}) as server, block_network():
        assert httpx.get(f"{server.url}/").text == "here"


def test_unless_it_may_not() -> None:
    with serve({"/": Answer([b"here"])}) as server, block_network(()), pytest.raises(NetworkBlockedError):
        httpx.get(f"{server.url}/")


def test_whoever_is_told_may_raise_something_else() -> None:
    def told(error: NetworkBlockedError) -> None:
        raise SystemExit(str(error))

    with block_network(on_blocked=told), pytest.raises(SystemExit, match=r"models\.example\.com"):
        httpx.get(SOMEWHERE)


def test_a_cassette_inside_it_records_and_replays(tmp_path: Path) -> None:
    with serve({"/": Answer([b"here"])}) as server, block_network():
        for _ in range(2):
            with use_cassette(tmp_path / "a.yaml"):
                assert httpx.get(f"{server.url}/").text == "here"
    assert len(server.requests) == 1


def test_a_cassette_around_it_stays_in_use(tmp_path: Path) -> None:
    with serve({"/": Answer([b"here"])}) as server:
        for _ in range(2):
            with use_cassette(tmp_path / "a.yaml"), block_network():
                assert httpx.get(f"{server.url}/").text == "here"
    assert len(server.requests) == 1


def test_after_it_all_is_as_before() -> None:
    before = (httpx.HTTPTransport.handle_request, socket.socket.connect, socket.getaddrinfo)
    with block_network():
        pass
    assert (httpx.HTTPTransport.handle_request, socket.socket.connect, socket.getaddrinfo) == before


def test_a_closed_block_records_nothing(tmp_path: Path) -> None:
    used = use_cassette(tmp_path / "a.yaml", record_mode="all")
    with (
        serve({"/": Answer.json({})}) as server,
        block_network(closed=True),
        pytest.raises(UnrecordedRequestError),
        used,
    ):
        httpx.get(f"{server.url}/")
    assert not server.requests


def test_a_cassette_of_its_own_records_nothing_in_a_closed_block_either(tmp_path: Path) -> None:
    cassette = Cassette(tmp_path / "a.yaml", record_mode="all")
    with serve({}) as server, block_network([], closed=True):
        with pytest.raises(NetworkBlockedError), use_cassette(cassette):
            httpx.get(f"{server.url}/")
        assert not server.requests
