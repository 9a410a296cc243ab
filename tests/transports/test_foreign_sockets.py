"""Libraries with sockets of their own, inside a closed block."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import curl_cffi
import httpx
import httpx_curl_cffi
import pycurl
import pyreqwest.simple.request
import pyreqwest.simple.sync_request
import pytest
import uvloop
from pyreqwest.client import SyncClientBuilder
from pyreqwest.compatibility.httpx import SyncHttpxTransport
from tests.loopback import Answer, Loopback, serve

from unspool.errors import NetworkBlockedError
from unspool.transports.block_network import block_network
from unspool.transports.foreign_sockets import unguarded
from unspool.transports.use_cassette import use_cassette

ELSEWHERE = "http://192.0.2.1/"  # RFC 5737: documentation only


def by_pycurl(url: str) -> bytes:
    handle, body = pycurl.Curl(), BytesIO()
    handle.setopt(pycurl.URL, url)
    handle.setopt(pycurl.WRITEDATA, body)
    handle.setopt(pycurl.TIMEOUT, 2)
    handle.perform()
    handle.close()
    return body.getvalue()


def by_pycurl_multi(url: str) -> bytes:
    multi, handle = pycurl.CurlMulti(), pycurl.Curl()
    handle.setopt(pycurl.URL, url)
    multi.add_handle(handle)
    return b"not performed"


def by_curl_cffi(url: str) -> bytes:
    return bytes(curl_cffi.requests.get(url, timeout=2).content)


def by_curl_cffi_async(url: str) -> bytes:
    async def ask() -> bytes:
        async with curl_cffi.requests.AsyncSession() as session:
            return bytes((await session.get(url, timeout=2)).content)

    import asyncio

    return asyncio.run(ask())


def by_pyreqwest(url: str) -> bytes:
    with SyncClientBuilder().build() as client:
        return bytes(client.get(url).build().send().bytes())


def by_pyreqwest_once(url: str) -> bytes:
    return bytes(pyreqwest.simple.sync_request.pyreqwest_get(url).send().bytes())


def by_pyreqwest_once_async(url: str) -> bytes:
    async def ask() -> bytes:
        response = await pyreqwest.simple.request.pyreqwest_get(url).send()
        return bytes(await response.bytes())

    import asyncio

    return asyncio.run(ask())


def by_uvloop(url: str) -> bytes:
    async def ask() -> bytes:
        import asyncio

        address = httpx.URL(url)
        reader, writer = await asyncio.open_connection(address.host, address.port or 80)
        writer.write(b"GET / HTTP/1.0\r\n\r\n")
        answer = await reader.read()
        writer.close()
        return b"hello" if b"hello" in answer else answer

    return uvloop.run(ask())


CLIENTS = [
    *(by_pycurl, by_pycurl_multi, by_curl_cffi, by_curl_cffi_async),
    *(by_pyreqwest, by_pyreqwest_once, by_pyreqwest_once_async, by_uvloop),
]


@pytest.mark.parametrize("ask", CLIENTS)
def test_it_reaches_no_other_machine(ask: Callable[[str], bytes]) -> None:
    with pytest.raises(Exception, match=r"192\.0\.2\.1") as caught, block_network():
        ask(ELSEWHERE)
    assert NetworkBlockedError in {type(error) for error in chain(caught.value)}


def chain(error: BaseException | None) -> list[BaseException]:
    return [] if error is None else [error, *chain(error.__cause__ or error.__context__)]


@pytest.mark.parametrize("ask", CLIENTS)
def test_it_reaches_this_machine(ask: Callable[[str], bytes]) -> None:
    with serve({"/": Answer([b"hello"])}) as server, block_network():
        assert ask(f"{server.url}/") in {b"hello", b"not performed"}


@pytest.mark.parametrize("where", ["beside it", "in its protocol"])
def test_datagrams_of_uvloop_reach_no_other_machine(where: str) -> None:
    import asyncio

    class Protocol(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

    async def send() -> None:
        transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
            Protocol, local_addr=("127.0.0.1", 0)
        )
        try:
            (transport if where == "beside it" else protocol.transport).sendto(b"x", ("192.0.2.1", 9))
        finally:
            transport.close()  # or uvloop waits for it without end, where warnings are errors

    with pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1"), block_network():
        uvloop.run(send())


def test_datagrams_of_uvloop_reach_this_machine() -> None:
    import asyncio
    import socket

    async def send(address: Any) -> None:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
        )
        transport.sendto(b"x", address)
        transport.close()

    with socket.socket(type=socket.SOCK_DGRAM) as server, block_network():
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        uvloop.run(send(server.getsockname()))
        assert server.recv(9) == b"x"


def test_afterwards_classes_are_as_they_were_and_methods_let_everything_pass() -> None:
    before = pycurl.Curl, pycurl.CurlMulti
    for _ in range(2):
        with block_network():
            assert pycurl.Curl is not before[0]
        assert (pycurl.Curl, pycurl.CurlMulti) == before
    with serve({"/": Answer([b"hello"])}) as server:
        assert curl_cffi.requests.get(f"{server.url}/").text == "hello"


def test_a_module_that_is_loaded_between_two_blocks_has_guarded_handles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with block_network():
        pass
    late: Any = ModuleType("late")
    late.Handle = pycurl.Curl
    monkeypatch.setitem(sys.modules, "late", late)
    with block_network():
        assert late.Handle is pycurl.Curl


@pytest.mark.parametrize(
    "transport", [httpx_curl_cffi.CurlTransport, SyncHttpxTransport], ids=["curl_cffi", "pyreqwest"]
)
def test_transports_of_httpx_over_them_are_recorded_and_replayed(transport: Any, tmp_path: Path) -> None:
    def ask(server: Loopback) -> str:
        with use_cassette(tmp_path / "a.yaml"), httpx.Client(transport=transport()) as client:
            return client.get(f"{server.url}/").text

    with serve({"/": Answer([b"hello"])}) as server:
        assert ask(server) == "hello"
    assert ask(server) == "hello"


def test_libraries_that_cannot_be_guarded_are_named_if_they_are_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert "gRPC" not in unguarded()
    monkeypatch.setitem(sys.modules, "grpc", ModuleType("grpc"))
    assert "gRPC" in unguarded()
