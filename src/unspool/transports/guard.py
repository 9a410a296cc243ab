"""Nothing reaches the network unseen: inside a cassette, sockets connect to nowhere but where they may.

Requests of the clients that Unspool knows never come this far, except to be recorded: their sockets are
made inside `live()`. Whatever else tries is something that the cassette knows nothing of, so that the test
would be no replay: it gets a `NetworkBlockedError`, and so does whoever closes the cassette, in case the
first one was swallowed.

What is looked at are Python's own sockets and name look-ups, and connections of `http.client` that were
open before the cassette was. What brings sockets of its own isn't seen: uvloop, gRPC's core, libcurl,
other processes.
"""

from __future__ import annotations

import functools
import http.client
import socket
from asyncio import BaseEventLoop
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from contextvars import ContextVar, copy_context
from errno import ECONNREFUSED
from typing import Any

from unspool.errors import CassetteError, NetworkBlockedError
from unspool.transports import scope
from unspool.transports.hosts import LOOPBACK, is_address, is_allowed
from unspool.transports.ignored import is_ignored_host
from unspool.transports.patching import Installation, swap

__all__ = ["LOOPBACK", "guarded", "live"]


def guarded() -> AbstractContextManager[None]:
    """Inside the block, sockets are looked at; nested and at once, the first block begins it."""
    return _installation.in_use()


def live() -> AbstractContextManager[None]:
    """What connects inside this block belongs to a request that is meant to reach the network.

    Sync or async code; the tasks and threads that are started inside it are inside it, and no longer than
    the block lasts.
    """
    return _Pass()


class _Pass:
    """A context variable's value, for threads of a pool that inherit it may outlive the block."""

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
    """Whether this is part of a request that is meant to reach the network."""
    held = _pass.get()
    return held is not None and held.is_valid


_names: dict[str, frozenset[str]] = {}
"""The names that each address was looked up by."""


def check(host: Any, port: Any) -> None:
    """Complain, inside a cassette, of a connection to a host that it doesn't allow.

    Raises:
        NetworkBlockedError: it's not allowed, nor part of a request that is being recorded.
    """
    used = _watching(host, port)
    if used is None:
        return
    name = _text(host)
    if not any(is_allowed(known, port, used.allowed_hosts) for known in {name, *_names.get(name, ())}):
        if used.playback is not None and is_ignored_host(used.playback.cassette, name, port):
            raise ConnectionRefusedError(ECONNREFUSED, f"{name} is ignored, and the network is blocked here")
        raise _blocked(used, name, port)


def _watching(host: Any, port: Any) -> scope.Scope | None:
    """What has a say in this; None if nothing has."""
    if is_live():
        return None
    try:
        return scope.current()
    except CassetteError:
        # A thread from before, and several cassettes: none of them minds what goes to this machine.
        if is_allowed(_text(host), port, LOOPBACK):
            return None
        raise


def _blocked(used: scope.Scope, host: str, port: Any) -> NetworkBlockedError:
    where = host if port is None else f"{host}:{port}"
    allow = f"or, if it may reach the network, name it: allowed_hosts=[*LOOPBACK, {host!r}]"
    if used.playback is None:
        error = NetworkBlockedError(
            f"something reached for {where}, and the network is blocked. Record it to a cassette"
            f" (unspool.use_cassette); {allow}"
        )
    else:
        error = NetworkBlockedError(
            f"something reached for {where} inside {used.playback.cassette.name} by a way that is"
            " neither recorded nor replayed. Make the request with a client that Unspool knows (httpx,"
            " httpx2, requests, urllib3, http.client, aiohttp, botocore, httplib2, tornado), and record it;"
            f" {allow}"
        )
        used.playback.cassette.missed(error)
    if used.on_blocked is not None:
        used.on_blocked(error)
    return error


def _text(host: Any) -> str:
    return bytes(host).decode("ascii", "replace") if isinstance(host, bytes | bytearray) else str(host)


# What is swapped

_HTTPConnection = http.client.HTTPConnection  # in whose place a stub stands by then


def _install(stack: ExitStack) -> None:
    for name in ("connect", "connect_ex", "sendto"):
        swap(stack, socket.socket, name, _to_address)
    swap(stack, socket, "getaddrinfo", _lookup)
    swap(stack, socket, "socketpair", _pair)
    swap(stack, BaseEventLoop, "getaddrinfo", _lookup_by_loop)
    swap(stack, _HTTPConnection, "putrequest", _on_old_connection)
    stack.callback(_names.clear)


_installation = Installation(_install)


def _to_address(original: Callable[..., Any]) -> Callable[..., Any]:
    """Of `connect` and its like, whose last argument is an address; only the internet's are looked at."""

    def checked(self: socket.socket, *args: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and args and isinstance(args[-1], tuple):
            try:
                check(*args[-1][:2])
            except NetworkBlockedError:
                self.close()  # who expects an OSError here wouldn't
                raise
        return original(self, *args)

    return checked


def _lookup(original: Callable[..., Any]) -> Callable[..., Any]:
    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if not host or is_address(_text(host)) or _is_for_a_server(*args, **kwargs):
            return original(host, port, *args, **kwargs)  # whoever connects to it will be looked at
        check(host, port)
        found = original(host, port, *args, **kwargs)
        for *_, address in found:
            _names[address[0]] = _names.get(address[0], frozenset()) | {_text(host)}
        return found

    return getaddrinfo


def _is_for_a_server(_family: int = 0, _type: int = 0, _proto: int = 0, flags: int = 0, **_: int) -> bool:
    return bool(flags & socket.AI_PASSIVE)


def _lookup_by_loop(_original: Callable[..., Any]) -> Callable[..., Any]:
    """Asyncio looks names up in a thread of a pool, which must know for whom."""

    async def getaddrinfo(self: BaseEventLoop, host: Any, port: Any, **kwargs: Any) -> Any:
        looking_up = functools.partial(socket.getaddrinfo, host, port, **kwargs)
        return await self.run_in_executor(None, copy_context().run, looking_up)

    return getaddrinfo


def _pair(original: Callable[..., Any]) -> Callable[..., Any]:
    """Where there are no Unix sockets, a pair is two that connect over the loopback."""

    def socketpair(*args: Any, **kwargs: Any) -> Any:
        with live():
            return original(*args, **kwargs)

    return socketpair


def _on_old_connection(original: Callable[..., Any]) -> Callable[..., Any]:
    """A connection from before the cassette needs no `connect` any more."""

    def putrequest(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.sock is not None:
            check(self._tunnel_host or self.host, self._tunnel_port or self.port)
        return original(self, *args, **kwargs)

    return putrequest
