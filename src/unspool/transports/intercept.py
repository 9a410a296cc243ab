"""Clients that can't be handed a transport: theirs are taken over while a cassette is in use.

What is swapped are the `handle_*` methods of the transports of httpx and httpx2, sync and async, that reach
the network, for all clients at once, those made before included; and of the two that bring aiohttp under
httpx. In-process transports (ASGI, WSGI, mocks) reach none and are left alone. Threads are made to inherit
the context of whoever starts them, so that a thread started inside a cassette is inside it.

This, the guard, the stubs of vcrpy's, and the time that a verdict lends are the only patching in the house.
These methods stay in place when the last cassette has ended, and let everything pass then.
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
from unspool.transports.ignored import check_passing, is_ignored
from unspool.transports.network_guard import check, guarded, is_live, live
from unspool.transports.patching import Installation, Swap
from unspool.transports.playback import Playback, aanswer, answer
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
"""Transports of httpx over other clients, where chunks are still chunks; taken over if they are loaded."""


def interception() -> AbstractContextManager[None]:
    """Inside the block requests of all clients go to the cassette in use; the first block installs it."""
    families()
    return _installation.in_use()


_missing: set[str] = set()


def families() -> list[ModuleType]:
    """Httpx and, if it's installed, httpx2; one of them only where `httpx2.alias_httpx()` was called."""
    found = [import_module("httpx")]
    if "httpx2" not in _missing:
        try:
            found.append(import_module("httpx2"))
        except ImportError:
            _missing.add("httpx2")  # looking for it takes longer than replaying
    return list(dict.fromkeys(found))


_TRANSPORTS = (("HTTPTransport", "handle_request"), ("AsyncHTTPTransport", "handle_async_request"))


def _swaps(transports: Iterable[tuple[str, str]], module: ModuleType) -> Iterator[Swap]:
    for name, method in transports:
        transport = getattr(module, name, None)
        if transport is not None:
            yield Swap(transport, method, partial(_HANDLERS[method], transport))


def _playback_for(request: Any) -> Playback | None:
    """The cassette that a request belongs to; None if it's sent as it is.

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
    """Whether another tool's mock answers: it comes first, and its answers aren't recorded.

    What it lets through isn't recorded either: the guard refuses it inside a cassette.
    """
    if getattr(transport, method).__module__.partition(".")[0] == "pytest_httpx":
        return True
    respx = sys.modules.get("respx.mocks")
    return respx is not None and any(kind.routers for kind in respx.Mocker.registry.values())


def _opens_websocket(request: Any) -> bool:
    """Whether it's no request that has an answer to record."""
    upgrade: str = request.headers.get("upgrade", "")
    return upgrade.lower() == "websocket"


def _handle_request(transport: type, original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: Any) -> Any:
        with live():
            return original(self, request)

    def handle_request(self: Any, request: Any) -> Any:
        playback = None if _is_mocked(transport, "handle_request") else _playback_for(request)
        if playback is None:
            return original(self, request)
        return answer(playback, request, partial(send, self))

    return handle_request


def _handle_async_request(transport: type, original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(self: Any, request: Any) -> Any:
        with live():
            return await original(self, request)

    async def handle_async_request(self: Any, request: Any) -> Any:
        playback = None if _is_mocked(transport, "handle_async_request") else _playback_for(request)
        if playback is None:
            return await original(self, request)
        return await aanswer(playback, request, partial(send, self))

    return handle_async_request


_HANDLERS: dict[str, Callable[[type, Callable[..., Any]], Callable[..., Any]]] = {
    "handle_request": _handle_request,
    "handle_async_request": _handle_async_request,
}


def _run(run: Callable[[], None]) -> None:
    """Run a thread that was started inside a cassette; what it's taken over by stays until it ends."""
    used = active.here()
    has_cassette = used is not None and used.playback is not None
    with interception(), guarded(), stubbed_async() if has_cassette else nullcontext():
        try:
            run()
        except active.LateWorkError:
            return  # it's been reported, and the test that runs by now has nothing to do with it


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    """What a pool's thread does is late when who submitted it has ended, not who happened to start it."""

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
