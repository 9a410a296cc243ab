"""The network guard: inside a cassette, sockets connect only to allowed hosts.

Requests of supported clients only reach the guard to be recorded: their sockets are made inside `live()`. The
cassette can't see any other connection, so the test would be no replay: it raises a `NetworkBlockedError`,
and so does closing the cassette, in case the first one was swallowed.

Python's sockets and name look-ups are watched at the lowest level there is, by an audit hook
(https://docs.python.org/3/library/audit_events.html), which is added when the first block opens and can't be
removed. Sockets and connections of `http.client` that were open before are watched as they send. Libraries
with their own sockets are guarded by their methods (`foreign_sockets`), other processes by their environment
(`child_environment`). Native code that bypasses Python isn't seen, such as gRPC's core.
"""

from __future__ import annotations

import functools
import http.client
import socket
import ssl
import sys
from asyncio import BaseEventLoop
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from contextvars import ContextVar, copy_context
from errno import ECONNREFUSED
from types import ModuleType
from typing import Any

from unspool.errors import CassetteError, NetworkBlockedError
from unspool.transports import active, child_environment, foreign_sockets
from unspool.transports.hosts import LOOPBACK, is_address, is_allowed, names_in
from unspool.transports.ignored import is_ignored_host
from unspool.transports.in_force import in_force
from unspool.transports.patching import Installation, Swap

__all__ = ["LOOPBACK", "guarded", "live"]


def guarded() -> AbstractContextManager[None]:
    """Watch sockets inside the block; the first of several blocks installs the guard."""
    _add_hook()
    return _installation.in_use()


def live() -> AbstractContextManager[None]:
    """Let connections inside this block pass: they belong to a request that is sent.

    Sync or async code; the tasks and threads that are started inside it are inside it, and no longer than
    the block lasts.
    """
    return _Pass()


class _Pass:
    """The value of a context variable, as pool threads that inherit it may outlive the block."""

    __slots__ = ("_before", "is_valid")

    def __enter__(self) -> None:
        self._before = _pass.get()
        self.is_valid = True
        _pass.set(self)

    def __exit__(self, *exc: object) -> None:
        self.is_valid = False
        _pass.set(self._before)


_pass: ContextVar[_Pass | None] = ContextVar("unspool_live", default=None)


def is_live() -> bool:
    """Whether this is part of a request that is sent."""
    held = _pass.get()
    return held is not None and held.is_valid


_names: dict[str, frozenset[str]] = {}
"""The names that each address was looked up by."""

_looked_up: set[str] = set()
"""The allowed hosts whose addresses are among these names."""

_peers: set[tuple[Any, Any]] = set()
"""The addresses that were connected to, and allowed, since the first block opened."""


def check(host: Any, port: Any) -> None:
    """Reject, inside a cassette, a connection to a host that it doesn't allow.

    Raises:
        NetworkBlockedError: it's not allowed, nor part of a request that is being recorded.
    """
    used = _watching(host, port)
    if used is None or _may_reach(used, _text(host), port):
        return
    if used.playback is not None and is_ignored_host(used.playback.cassette, _text(host), port):
        raise ConnectionRefusedError(
            ECONNREFUSED, f"{_text(host)} is ignored, and the network is blocked here"
        )
    raise _blocked(used, _text(host), port)


def _may_reach(used: active.Scope, host: str, port: Any) -> bool:
    allowed = used.allowed_hosts
    if any(is_allowed(known, port, allowed) for known in {host, *_names.get(host, ())}):
        return True
    if not is_address(host):
        return host == _own_name() and is_allowed("localhost", port, allowed)
    return any(is_allowed(name, port, allowed) for name in _names_of(host, allowed))


def _names_of(address: str, allowed: frozenset[str]) -> set[str]:
    """Return the allowed names with this address: the look-up of an earlier connection wasn't seen."""
    if not _looked_up.issuperset(allowed):
        _looked_up.update(allowed)
        for name in names_in(allowed - LOOPBACK):
            with suppress(OSError), live():
                _note(name, socket.getaddrinfo(name, None))
    return set(_names.get(address, ()))


def _note(name: str, found: Any) -> None:
    for *_, address in found:
        _names[address[0]] = _names.get(address[0], frozenset()) | {name}


@functools.cache
def _own_name() -> str:
    return socket.gethostname()


def _watching(host: Any, port: Any) -> active.Scope | None:
    """Return the scope that decides; None if there is none. A recorded request passes all but closed ones."""
    try:
        used = active.current()
        return active.closed_around(used) if is_live() else used
    except CassetteError:
        # A thread from before, and several cassettes: none of them minds what goes to this machine.
        if is_allowed(_text(host), port, LOOPBACK):
            return None
        raise


def _blocked(used: active.Scope, host: str, port: Any) -> NetworkBlockedError:
    where = host if port is None else f"{host}:{port}"
    allow = f"or, if it may reach the network, name it: allowed_hosts=[*LOOPBACK, {host!r}]"
    if used.playback is None:
        replay = "Replay it from a cassette" if in_force() is not None else "Record it to a cassette"
        error = NetworkBlockedError(
            f"something reached for {where}, and the network is blocked. {replay}"
            f" (unspool.use_cassette); {allow}"
        )
    else:
        record = "" if used.playback.now().breaker is not None else ", and record it"
        error = NetworkBlockedError(
            f"something reached for {where} inside {used.playback.cassette.name} by a way that is"
            " neither recorded nor replayed. Make the request with a client that Unspool knows (httpx,"
            " httpx2, requests, urllib3, http.client, aiohttp, botocore, httplib2, lm15, tornado)"
            f"{record}; {allow}"
        )
        used.playback.cassette.missed(error)
    if used.on_blocked is not None:
        used.on_blocked(error)
    return error


def _text(host: Any) -> str:
    return bytes(host).decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)


# Swapped functions

_HTTPConnection = http.client.HTTPConnection  # which a stub replaces by then


def _swaps(_module: ModuleType) -> Iterator[Swap]:
    for name in ("connect", "connect_ex", "sendto"):
        yield Swap(socket.socket, name, _to_address)
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        yield Swap(socket, name, _lookup)
    yield Swap(socket, "getnameinfo", _reverse_lookup)
    yield Swap(socket, "socketpair", _pair)
    yield Swap(BaseEventLoop, "getaddrinfo", _lookup_by_loop)
    yield Swap(_HTTPConnection, "putrequest", _on_old_connection)
    for name in ("send", "sendall"):
        yield Swap(socket.socket, name, _on_old_socket)
    for name in ("send", "write"):
        yield Swap(ssl.SSLSocket, name, _on_old_socket)
    yield from child_environment.swaps(_hosts_of_children)


def _forget() -> None:
    _names.clear()
    _looked_up.clear()
    _peers.clear()


def _hosts_of_children() -> frozenset[str] | None:
    used = None if is_live() else active.current()
    return None if used is None else used.allowed_hosts


# Audit events


_hooks: list[Callable[[str, tuple[Any, ...]], None]] = []


def _add_hook() -> None:
    """Add the hook once per process: it is permanent, and lets everything pass while no block is open."""
    if not _hooks:
        _hooks.append(_audit)
        sys.addaudithook(_audit)


def _audit(event: str, args: tuple[Any, ...]) -> None:
    # Python empties modules while it shuts down, and the hook is still called.
    if _EVENTS and event in _EVENTS and not active.is_idle():
        _EVENTS[event](*args)


def _connects(sock: Any, address: Any) -> None:
    """Check a connection or a datagram: only internet addresses."""
    if not _is_of_the_internet(sock) or not isinstance(address, tuple):
        return
    try:
        check(*address[:2])
    except BaseException:  # pytest's own failure too, which `create_connection` doesn't handle
        sock.close()
        raise
    _peers.add(address[:2])


def _looks_up(host: Any, port: Any = None, *_: Any) -> None:
    if host and not is_address(_text(host)):
        check(host, port)


def _looks_up_address(address: Any) -> None:
    check(address[0] if isinstance(address, tuple) else address, None)


_EVENTS: dict[str, Callable[..., None]] = {
    "socket.connect": _connects,
    "socket.getaddrinfo": _looks_up,
    "socket.gethostbyaddr": _looks_up_address,
    "socket.gethostbyname": _looks_up,
    "socket.getnameinfo": _looks_up_address,
    "socket.sendmsg": _connects,
    "socket.sendto": _connects,
}


def _is_of_the_internet(sock: Any) -> bool:
    return sock.family in {socket.AF_INET, socket.AF_INET6}


# Methods


def _to_address(original: Callable[..., Any]) -> Callable[..., Any]:
    """Check `connect` and the like, whose last argument is an address."""

    def checked(self: socket.socket, *args: Any) -> Any:
        if args and not active.is_idle():
            _connects(self, args[-1])
        return original(self, *args)

    return checked


def _lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    """Remember which name an address was looked up by."""

    def look_up(host: Any, *args: Any, **kwargs: Any) -> Any:
        if active.is_idle():
            return original(host, *args, **kwargs)
        if host and _is_for_a_server(*args, **kwargs):
            with live():
                return original(host, *args, **kwargs)
        _looks_up(host, *args)
        found = original(host, *args, **kwargs)
        if host and not is_address(_text(host)):
            _note(_text(host), _addresses_in(found))
        return found

    return look_up


def _addresses_in(found: Any) -> list[tuple[Any, ...]]:
    """The result of a look-up in the shape of `getaddrinfo`, whose last field is an address."""
    if isinstance(found, str):
        return [((found,),)]
    return [((address,),) for address in found[-1]] if isinstance(found, tuple) else found


def _is_for_a_server(
    _port: Any = None, _family: int = 0, _type: int = 0, _proto: int = 0, flags: int = 0, **_: int
) -> bool:
    return bool(flags & socket.AI_PASSIVE)


def _reverse_lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def getnameinfo(address: Any, flags: int) -> Any:
        if not active.is_idle() and flags & socket.NI_NUMERICHOST:  # no look-up at all
            with live():
                return original(address, flags)
        return original(address, flags)

    return getnameinfo


def _lookup_by_loop(original: Callable[..., Any]) -> Callable[..., Any]:
    """Asyncio looks names up in a thread of a pool, which needs the context of the task."""

    async def getaddrinfo(self: BaseEventLoop, host: Any, port: Any, **kwargs: Any) -> Any:
        if active.is_idle():
            return await original(self, host, port, **kwargs)
        looking_up = functools.partial(socket.getaddrinfo, host, port, **kwargs)
        return await self.run_in_executor(None, copy_context().run, looking_up)

    return getaddrinfo


def _pair(original: Callable[..., Any]) -> Callable[..., Any]:
    """Without Unix sockets, a socket pair is two sockets that connect over the loopback."""

    def socketpair(*args: Any, **kwargs: Any) -> Any:
        with live():
            return original(*args, **kwargs)

    return socketpair


def _on_old_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    """A connection from before the cassette needs no `connect` any more, and late work no stub stops.

    requests, urllib3, botocore and httplib2 all send by this method.
    """

    def putrequest(self: Any, *args: Any, **kwargs: Any) -> Any:
        active.check_late()
        if self.sock is not None and not active.is_idle():
            check(self._tunnel_host or self.host, self._tunnel_port or self.port)
        return original(self, *args, **kwargs)

    return putrequest


def _on_old_socket(original: Callable[..., Any]) -> Callable[..., Any]:
    """A socket from before the block sends where it was connected to.

    On this machine it may as well be a server's that was connected to, which can't be told apart.
    """

    def send(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
        peer = None if active.is_idle() else _peer_of(self)
        if peer is not None and peer not in _peers and not is_allowed(peer[0], peer[1], LOOPBACK):
            check(*peer)
            _peers.add(peer)
        return original(self, *args, **kwargs)

    return send


def _peer_of(sock: socket.socket) -> tuple[Any, Any] | None:
    try:
        return sock.getpeername()[:2] if _is_of_the_internet(sock) else None
    except OSError:
        return None


_installation = Installation(
    {"socket": _swaps, **foreign_sockets.swaps(check)},
    install=functools.partial(foreign_sockets.install_classes, check=check),
    forget=_forget,
)
