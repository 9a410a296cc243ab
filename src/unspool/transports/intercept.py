"""Intercept clients that can't be given a transport, while a cassette is in use.

It swaps the `handle_*` methods of the network transports of httpx and httpx2, sync and async, for all clients
at once, including existing ones; and of the two transports that put aiohttp under httpx. In-process
transports (ASGI, WSGI, mocks) are left alone. Threads inherit the context of their creator, so that a thread
started inside a cassette is inside it.

This, the guard, vcrpy's stubs, and virtual time are the only patching in Unspool. These methods stay in place
after the last cassette, and then let everything pass.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from contextvars import copy_context
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from unspool.transports import active
from unspool.transports.http_library import HttpxRequest
from unspool.transports.ignored import check_passing, is_ignored
from unspool.transports.network_guard import check, guarded, is_live, live
from unspool.transports.patching import Installation, Swap
from unspool.transports.playback import Playback, arespond, respond
from unspool.transports.vcr_stubs import stubbed_async

_OTHERS = {
    "httpx_aiohttp": (("AiohttpTransport", "handle_async_request"),),
    "httpx_curl_cffi": (
        ("AsyncCurlTransport", "handle_async_request"),
        ("CurlTransport", "handle_request"),
    ),
    "litellm.llms.custom_httpx.aiohttp_transport": (("LiteLLMAiohttpTransport", "handle_async_request"),),
    "pyreqwest.compatibility.httpx": (
        ("HttpxTransport", "handle_async_request"),
        ("SyncHttpxTransport", "handle_request"),
    ),
}
"""Transports of httpx over other clients that preserve chunks; intercepted if they are loaded."""


def interception() -> AbstractContextManager[None]:
    """Send the requests of all clients to the cassette in use, inside the block; the first block installs
    it.
    """
    families()
    return _installation.in_use()


_missing: set[str] = set()


def families() -> list[ModuleType]:
    """Return httpx and, if it's installed, httpx2; only one of them after `httpx2.alias_httpx()`."""
    found = [import_module("httpx")]
    if "httpx2" not in _missing:
        try:
            found.append(import_module("httpx2"))
        except ImportError:
            _missing.add("httpx2")  # finding it takes longer than replaying
    return list(dict.fromkeys(found))


_TRANSPORTS = (("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request"))


def _swaps(transports: Iterable[tuple[str, str]], module: ModuleType) -> Iterator[Swap]:
    for name, method in transports:
        transport = getattr(module, name, None)
        if transport is not None:
            yield Swap(transport, method, partial(_HANDLERS[method], transport))


def _playback_for(request: HttpxRequest) -> Playback | None:
    """Return the cassette of a request; None if it's sent unchanged.

    Raises:
        NetworkBlockedError: the network is blocked here, and no cassette could answer.
    """
    used = None if is_live() else active.current()
    if used is None:
        return None
    if used.playback is not None and not _opens_websocket(request):
        return used.playback
    if is_ignored(None, str(request.url)):
        check_passing(None, request)
    check(request.url.host, request.url.port)  # before any look-up, and on open connections too
    return None


def _is_mocked(transport: type, method: str) -> bool:
    """Whether another tool's mock answers: it takes precedence, and its responses aren't recorded.

    Requests that it lets through aren't recorded either: the guard rejects them inside a cassette.
    """
    if getattr(transport, method).__module__.partition(".")[0] == "pytest_httpx":
        return True
    respx = sys.modules.get("respx.mocks")
    return respx is not None and any(kind.routers for kind in respx.Mocker.registry.values())


def _opens_websocket(request: HttpxRequest) -> bool:
    """Whether it's a request without a response to record."""
    return (request.headers.get("upgrade") or "").lower() == "websocket"


def _handle_request(transport: type, original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: HttpxRequest) -> Any:
        with live():
            return original(self, request)

    def handle_request(self: Any, request: HttpxRequest) -> Any:
        playback = None if _is_mocked(transport, "handle_request") else _playback_for(request)
        if playback is None:
            return original(self, request)
        return respond(playback, request, partial(send, self))

    return handle_request


def _handle_async_request(transport: type, original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(self: Any, request: HttpxRequest) -> Any:
        with live():
            return await original(self, request)

    async def handle_async_request(self: Any, request: HttpxRequest) -> Any:
        playback = None if _is_mocked(transport, "handle_async_request") else _playback_for(request)
        if playback is None:
            return await original(self, request)
        return await arespond(playback, request, partial(send, self))

    return handle_async_request


_HANDLERS: dict[str, Callable[[type, Callable[..., Any]], Callable[..., Any]]] = {
    "handle_request": _handle_request,
    "handle_async_request": _handle_async_request,
}


def _run(run: Callable[[], None]) -> None:
    """Run a thread that was started inside a cassette; the interception stays until it ends."""
    used = active.here()
    has_cassette = used is not None and used.playback is not None
    with interception(), guarded(), stubbed_async() if has_cassette else nullcontext():
        try:
            run()
        except active.LateWorkError:
            return  # it's been reported, and doesn't concern the current test


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    """Work in a pool's thread is late when its submitter has ended, not when the thread's creator has."""

    def submit(self: ThreadPoolExecutor, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        used = active.here()

        def work() -> Any:
            with active.working_for(used):
                return function(*args, **kwargs)

        return original(self, work)

    return submit


def _start(original: Callable[..., None]) -> Callable[..., None]:
    def start(self: threading.Thread) -> None:
        if active.here() is not None:
            context = copy_context()
            context.run(active.start_thread_here)
            self.run = partial(context.run, _run, self.run)  # type: ignore[method-assign]
        original(self)

    return start


def _of_threads(_module: ModuleType) -> Iterator[Swap]:
    yield Swap(threading.Thread, "start", _start)
    yield Swap(ThreadPoolExecutor, "submit", _submit)


_installation = Installation(
    {
        "threading": _of_threads,
        "httpx": partial(_swaps, _TRANSPORTS),
        "httpx2": partial(_swaps, _TRANSPORTS),
        **{module: partial(_swaps, transports) for module, transports in _OTHERS.items()},
    }
)
