"""Guard libraries with their own sockets, which raise no audit events, by their methods.

uvloop connects in libuv, pycurl and curl_cffi in libcurl, pyreqwest in Rust. Those that are loaded when a
block opens are guarded from then on; `unguarded()` names the ones that can't be.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterable, Iterator
from contextlib import ExitStack, suppress
from contextvars import copy_context
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from unspool.transports.patching import Swap, swap

Check = Callable[[Any, Any], None]
"""A function that raises for a host and a port that may not be reached."""

_UNGUARDED = {
    "grpc": "gRPC",
    "primp": "primp",
    "rnet": "rnet",
    "tls_client": "tls-client",
    "wreq": "wreq",
}


def unguarded() -> list[str]:
    """Return the names of loaded libraries whose connections can't be seen from Python."""
    return sorted(name for module, name in _UNGUARDED.items() if module in sys.modules)


def swaps(check: Check) -> dict[str, Callable[[Any], Iterable[Swap]]]:
    """Return what to swap in each of them, once it is loaded."""
    return {module: partial(guard, check) for module, guard in _GUARDS.items()}


def _check_url(check: Check, url: Any) -> None:
    text = url.decode("utf-8", "replace") if isinstance(url, bytes) else str(url)
    parts = urlsplit(text if "://" in text else f"http://{text}")
    if parts.hostname:
        check(parts.hostname, parts.port)


# uvloop


def _guard_uvloop(check: Check, module: Any) -> Iterator[Swap]:
    methods = {
        "create_connection": _connecting,
        "create_datagram_endpoint": _datagrams,
        "getaddrinfo": _looking_up,
        "sock_connect": _to_address,
        "sock_sendto": _to_address,
    }
    for name, make in methods.items():
        yield Swap(module.Loop, name, partial(make, check))


def _connecting(check: Check, original: Callable[..., Any]) -> Callable[..., Any]:
    async def create(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        if host is not None:
            check(host, port)
        return await original(self, factory, host, port, **options)

    return create


def _datagrams(check: Check, original: Callable[..., Any]) -> Callable[..., Any]:
    async def create(self: Any, factory: Any, local: Any = None, remote: Any = None, **options: Any) -> Any:
        local, remote = options.pop("local_addr", local), options.pop("remote_addr", remote)
        if isinstance(remote, tuple):
            check(*remote[:2])
        else:
            factory = partial(_telling_of_guarded, factory, check)
        transport, protocol = await original(self, factory, local_addr=local, remote_addr=remote, **options)
        return _Datagrams(transport, check), protocol

    return create


def _telling_of_guarded(factory: Callable[[], Any], check: Check) -> Any:
    """A protocol that gets a guarded transport."""
    protocol = factory()
    tell = protocol.connection_made
    with suppress(AttributeError):  # one with slots, such as asyncio's own, which does nothing then
        protocol.connection_made = lambda transport: tell(_Datagrams(transport, check))
    return protocol


class _Datagrams:
    """A transport of datagrams, each with its own destination."""

    def __init__(self, transport: Any, check: Check) -> None:
        self._transport = transport
        self._check = check

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def sendto(self, data: Any, addr: Any = None) -> None:
        if isinstance(addr, tuple):
            self._check(*addr[:2])
        self._transport.sendto(data, addr)


def _looking_up(check: Check, original: Callable[..., Any]) -> Callable[..., Any]:
    async def getaddrinfo(self: Any, host: Any, port: Any, **options: Any) -> Any:
        if host:
            check(host, port)
        return await original(self, host, port, **options)

    return getaddrinfo


def _to_address(check: Check, original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(self: Any, sock: Any, *args: Any) -> Any:
        if isinstance(args[-1], tuple):
            check(*args[-1][:2])
        return await original(self, sock, *args)

    return send


# libcurl


def _guard_curl_cffi(check: Check, module: Any) -> Iterator[Swap]:
    urls: WeakKeyDictionary[Any, Any] = WeakKeyDictionary()
    wanted = module.CurlOpt.URL

    def setting(original: Callable[..., Any]) -> Callable[..., Any]:
        def setopt(self: Any, option: Any, value: Any) -> Any:
            if option == wanted:
                urls[self] = value
            return original(self, option, value)

        return setopt

    def performing(original: Callable[..., Any]) -> Callable[..., Any]:
        def perform(self: Any, *args: Any, **kwargs: Any) -> Any:
            _check_url(check, urls.get(self) or self.getinfo(module.CurlInfo.EFFECTIVE_URL))
            return original(self, *args, **kwargs)

        return perform

    def adding(original: Callable[..., Any]) -> Callable[..., Any]:
        def add_handle(self: Any, curl: Any) -> Any:
            _check_url(check, urls.get(curl) or curl.getinfo(module.CurlInfo.EFFECTIVE_URL))
            return original(self, curl)

        return add_handle

    yield Swap(module.Curl, "setopt", setting)
    yield Swap(module.Curl, "perform", performing)
    yield Swap(module.AsyncCurl, "add_handle", adding)


def install_classes(stack: ExitStack, check: Check) -> None:
    """Replace pycurl's classes by guarded ones, if it is loaded, until the stack is closed.

    Its own can't be changed, so ours replace them in every module that has them.
    """
    module = sys.modules.get("pycurl")
    if module is None:
        return
    if not _curls or _curls[0].module is not module:
        _curls[:] = [_Curls(module, check)]
    _curls[0].put(stack)


class _Curls:
    """pycurl's classes, and the modules that have them."""

    def __init__(self, module: Any, check: Check) -> None:
        self.module = module
        self._classes: dict[Any, type] = dict(_guarded_curls(module, check))
        self._holders: set[tuple[Any, str]] = set()
        self._modules = 0

    def put(self, stack: ExitStack) -> None:
        if len(sys.modules) != self._modules:  # looking through all of them takes milliseconds
            self._holders |= set(_holders_of(self._classes))
            self._modules = len(sys.modules)
        for holder, name in self._holders:
            ours = self._classes.get(getattr(holder, name, None))
            if ours is not None:
                swap(stack, holder, name, _always(ours))


_curls: list[_Curls] = []


def _guarded_curls(module: Any, check: Check) -> Iterator[tuple[type, type]]:
    class Curl(module.Curl):  # type: ignore[misc]
        """A handle that stores its target."""

        def setopt(self, option: Any, *value: Any) -> Any:
            if option == module.URL and value:
                self.url_to_check = value[0]
            return super().setopt(option, *value)

        def perform(self, *args: Any) -> Any:
            _check_handle(check, module, self)
            return super().perform(*args)

        def perform_rb(self) -> Any:
            _check_handle(check, module, self)
            return super().perform_rb()

        def perform_rs(self) -> Any:
            _check_handle(check, module, self)
            return super().perform_rs()

    class CurlMulti(module.CurlMulti):  # type: ignore[misc]
        """A group of handles that run together."""

        def add_handle(self, handle: Any) -> Any:
            _check_handle(check, module, handle)
            return super().add_handle(handle)

    yield module.Curl, Curl
    yield module.CurlMulti, CurlMulti


def _always(ours: type) -> Callable[[Any], Any]:
    return lambda _theirs: ours


def _check_handle(check: Check, module: Any, handle: Any) -> None:
    _check_url(check, getattr(handle, "url_to_check", "") or handle.getinfo(module.EFFECTIVE_URL))


def _holders_of(classes: Container[Any]) -> Iterator[tuple[Any, str]]:
    for module in sys.modules.copy().values():
        for name, value in list(getattr(module, "__dict__", {}).items()):
            if isinstance(value, type) and value in classes:
                yield module, name


# pyreqwest


def _guard_pyreqwest(check: Check, module: Any) -> Iterator[Swap]:
    def checked(original: Callable[..., Any]) -> Callable[..., Any]:
        def send(self: Any, *args: Any, **kwargs: Any) -> Any:
            _check_url(check, self.url)
            return original(self, *args, **kwargs)

        return send

    for owner, name in (
        ("ConsumedRequest", "send"),
        ("StreamRequest", "__aenter__"),
        ("SyncConsumedRequest", "send"),
        ("SyncStreamRequest", "__enter__"),
    ):
        yield Swap(getattr(module, owner), name, checked)
    # The builders of `pyreqwest.simple` show their URL only to a middleware.
    for owner, asking in (
        ("SyncOneOffRequestBuilder", _asking_first),
        ("OneOffRequestBuilder", _aasking_first),
    ):
        yield Swap(getattr(module, owner), "send", partial(asking, check))


def _asking_first(check: Check, original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any) -> Any:
        context = copy_context()

        def middleware(request: Any, go_on: Any) -> Any:
            context.run(_check_url, check, request.url)
            return go_on.run(request)

        return original(self.with_middleware(middleware))

    return send


def _aasking_first(check: Check, original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any) -> Any:
        context = copy_context()

        async def middleware(request: Any, go_on: Any) -> Any:
            context.run(_check_url, check, request.url)
            return await go_on.run(request)

        return original(self.with_middleware(middleware))

    return send


_GUARDS: dict[str, Callable[[Check, Any], Iterable[Swap]]] = {
    "curl_cffi": _guard_curl_cffi,
    "pyreqwest.request": _guard_pyreqwest,
    "uvloop": _guard_uvloop,
}
