"""Whatever else reaches for the network inside a cassette is stopped, and reported at its end."""

from __future__ import annotations

import _socket
import asyncio
import http.client
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from tests.loopback import Answer, serve

from unspool.errors import NetworkBlockedError
from unspool.transports import network_guard
from unspool.transports.use_cassette import use_cassette

ELSEWHERE = ("192.0.2.1", 443)  # RFC 5737: nobody's


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guarded.yaml"


def test_a_socket_goes_nowhere(path: Path) -> None:
    with (
        pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1:443"),
        use_cassette(path),
        socket.socket() as one,
    ):
        one.connect(ELSEWHERE)


def test_a_name_is_not_looked_up(path: Path) -> None:
    with pytest.raises(NetworkBlockedError, match=r"api\.example\.com"), use_cassette(path):
        socket.getaddrinfo("api.example.com", 443)


def test_asyncios_own_connections_go_nowhere(path: Path) -> None:
    with pytest.raises(NetworkBlockedError), use_cassette(path):
        asyncio.run(asyncio.open_connection(*ELSEWHERE))


def test_who_swallows_the_error_is_told_at_the_end(path: Path) -> None:
    with (
        pytest.raises(NetworkBlockedError),
        use_cassette(path),
        suppress(NetworkBlockedError),
        socket.socket() as one,
    ):
        one.connect(ELSEWHERE)


def test_this_machine_may_be_reached(path: Path) -> None:
    with serve({}) as server, use_cassette(path, record_mode="none"):
        socket.create_connection(("127.0.0.1", server.server_port)).close()


def test_this_machine_may_be_forbidden_too(path: Path) -> None:
    with serve({}) as server, pytest.raises(NetworkBlockedError), use_cassette(path, allowed_hosts=()):
        socket.create_connection(("127.0.0.1", server.server_port))


def test_recording_is_no_escape(path: Path) -> None:
    with serve({"/": Answer([b"hi"])}) as server, use_cassette(path, allowed_hosts=()):
        assert httpx.post(f"{server.url}/").text == "hi"


def test_a_connection_from_before_goes_nowhere(path: Path) -> None:
    with serve({"/": Answer([b"hi"])}) as server:
        old = http.client.HTTPConnection("127.0.0.1", server.server_port)
        old.request("GET", "/")
        assert old.getresponse().read() == b"hi"
        with pytest.raises(NetworkBlockedError), use_cassette(path, allowed_hosts=()):
            old.request("GET", "/")
        old.close()
    assert len(server.requests) == 1


@pytest.mark.parametrize("family", [httpx, httpx2])
def test_a_websocket_is_no_request_to_record(family: Any, path: Path) -> None:
    with serve({"/": Answer([b"hi"])}) as server, family.Client(headers={"upgrade": "WebSocket"}) as client:
        with use_cassette(path) as cassette:
            assert client.get(f"{server.url}/").text == "hi"
        assert not cassette.recorded
        with pytest.raises(NetworkBlockedError), use_cassette(path, allowed_hosts=()):
            client.get(f"{server.url}/")
    assert len(server.requests) == 1


@pytest.mark.anyio
async def test_an_async_websocket_is_none_either(path: Path) -> None:
    with serve({"/": Answer([b"hi"])}) as server:
        async with httpx.AsyncClient(headers={"upgrade": "websocket"}) as client:
            with pytest.raises(NetworkBlockedError), use_cassette(path, allowed_hosts=()):
                await client.get(f"{server.url}/")
    assert not server.requests


def test_afterwards_sockets_are_as_they_were(path: Path) -> None:
    before = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo
    with use_cassette(path):
        assert socket.socket.connect is not before[0]
    assert (socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo) == before


# -- allowed by name ------------------------------------------------------------------------------------


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Gives this machine a name, as an entry in /etc/hosts would."""

    def name(text: str) -> None:
        def getaddrinfo(host: Any, *args: Any, **options: Any) -> Any:
            return real("127.0.0.1" if host == text else host, *args, **options)

        real = socket.getaddrinfo
        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    return name


def test_an_allowed_name_is_reached_at_its_address(path: Path, named: Callable[[str], None]) -> None:
    named("one.model.test")
    with serve({}) as server, use_cassette(path, allowed_hosts=["one.model.test"]):
        socket.create_connection(("one.model.test", server.server_port)).close()


def test_so_is_one_that_was_looked_up_before(path: Path, named: Callable[[str], None]) -> None:
    named("two.model.test")
    with serve({}) as server, use_cassette(path, allowed_hosts=["two.model.test"]):
        socket.create_connection(("127.0.0.1", server.server_port)).close()


def test_an_address_whose_name_is_known_costs_no_lookup_of_others(
    path: Path, named: Callable[[str], None]
) -> None:
    named("five.model.test")
    with serve({}) as server, use_cassette(path, allowed_hosts=["five.model.test", "never-asked.model.test"]):
        socket.create_connection(("five.model.test", server.server_port)).close()


def test_another_name_of_the_address_allows_nothing(path: Path, named: Callable[[str], None]) -> None:
    named("three.model.test")
    with (
        serve({}) as server,
        pytest.raises(NetworkBlockedError),
        use_cassette(path, allowed_hosts=["four.model.test:1"]),
    ):
        socket.create_connection(("three.model.test", server.server_port))


# -- below Python's own socket class ------------------------------------------------------------------


class Subclass(socket.socket):
    """A socket with methods of its own."""

    def connect(self, address: Any) -> None:
        _socket.socket.connect(self, address)


def by_c_socket() -> None:
    _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM).connect(ELSEWHERE)


def by_subclass() -> None:
    with Subclass() as one:
        one.connect(ELSEWHERE)


def by_datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.sendto(b"hello", ELSEWHERE)


def by_message() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.sendmsg([b"hello"], [], 0, ELSEWHERE)


def by_fast_open() -> None:
    with socket.socket() as one:
        one.sendto(b"hello", getattr(socket, "MSG_FASTOPEN", 0), ELSEWHERE)


def by_name() -> None:
    socket.gethostbyname("api.example.com")


def by_names() -> None:
    socket.gethostbyname_ex("api.example.com")


def by_c_name() -> None:
    _socket.getaddrinfo("api.example.com", 443)


def by_address() -> None:
    socket.gethostbyaddr("192.0.2.1")


def by_reverse_lookup() -> None:
    socket.getnameinfo(ELSEWHERE, 0)


@pytest.mark.parametrize(
    "reach",
    [
        by_c_socket,
        by_subclass,
        by_datagram,
        by_message,
        by_fast_open,
        by_name,
        by_names,
        by_c_name,
        by_address,
        by_reverse_lookup,
    ],
)
def test_no_way_around_pythons_socket_class_leads_out(reach: Callable[[], None], path: Path) -> None:
    with pytest.raises(NetworkBlockedError), use_cassette(path):
        reach()


def test_a_numeric_name_needs_no_look_up(path: Path) -> None:
    with use_cassette(path, record_mode="new_episodes"):
        flags = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV
        assert socket.getnameinfo(ELSEWHERE, flags) == (*ELSEWHERE[:1], "443")


def test_a_server_may_be_looked_up_and_this_machine_by_its_name(path: Path) -> None:
    with use_cassette(path, record_mode="new_episodes"):
        assert socket.getaddrinfo("localhost", 0, flags=socket.AI_PASSIVE)
        socket.gethostbyname(socket.gethostname())


def test_a_socket_that_was_connected_before_sends_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serve({}) as server, socket.create_connection(("127.0.0.1", server.server_port)) as old:
        monkeypatch.setattr("unspool.transports.network_guard._peer_of", lambda _: ELSEWHERE)
        with pytest.raises(NetworkBlockedError, match=r"192\.0\.2\.1"), use_cassette(path):
            old.sendall(b"hello")


def test_the_hook_is_added_once_and_looks_at_nothing_outside_of_a_block(path: Path) -> None:
    for _ in range(2):
        with use_cassette(path, record_mode="new_episodes"):
            pass
    assert len(network_guard._hooks) == 1
    network_guard._audit("socket.gethostbyname", ("api.example.com",))  # raises nothing
