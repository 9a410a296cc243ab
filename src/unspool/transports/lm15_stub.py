"""lm15, the client over plain sockets that dspy carries: its transports hand out a cassette's responses.

A transport of lm15's takes a request and returns a response whose pieces the caller iterates over. Here the
response comes from a cassette, with its pieces, pauses and failures; all above the transport is lm15's own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from unspool.cassette.model import Request, Response
from unspool.transports import active, network_guard
from unspool.transports.http1 import as_httpx, as_httpx_response, honest
from unspool.transports.http_library import headers_of, http_version_of, reason_of
from unspool.transports.ignored import is_ignored, may_pass
from unspool.transports.patching import Swap
from unspool.transports.playback import Playback, arespond, respond

MODULES = ("dspy._vendor.lm15.transports", "lm15.transports")
"""Where it's found: inside dspy, and by itself."""


def swaps(transports: ModuleType) -> Iterator[Swap]:
    """Put the responses in place, for the sync transport and the async one."""
    yield Swap(transports.StdlibTransport, "stream", partial(_stream, transports))
    yield Swap(transports.StdlibAsyncTransport, "_do_stream", partial(_astream, transports))


def _playback() -> Playback | None:
    """The cassette in use; None if there is none."""
    playback = None if network_guard.is_live() else active.playback()
    return None if playback is None else replace(playback.now(), fit=honest)


def _passes(playback: Playback, request: Any) -> bool:
    """Whether a request goes past the cassette."""
    return is_ignored(playback.cassette, request.url) and may_pass(playback.cassette, request.url)


def _asked(transport: Any, request: Any) -> Any:
    """The request as one of httpx's."""
    sent = Request(request.method, request.url, tuple(request.headers), request.body or b"")
    return as_httpx(sent, request.read_timeout or transport._read_timeout)


def _stream(transports: ModuleType, original: Callable[..., Any]) -> Callable[..., Any]:
    def send(self: Any, request: Any, _: Any) -> Any:
        try:
            with network_guard.live():
                response = original(self, request)
        except transports.TransportError as error:
            raise _httpx_error(error) from error
        return as_httpx_response(_head(response), _Body, response, transports)

    def stream(self: Any, request: Any) -> Any:
        playback = _playback()
        if playback is None:
            return original(self, request)
        if _passes(playback, request):
            with network_guard.live():
                return original(self, request)
        try:
            response = respond(playback, _asked(self, request), partial(send, self, request))
        except Exception as error:
            raise _own_error(transports, error) from error
        return transports.TransportResponse(
            **_opening(response),
            chunks=_pieces(transports, response),
            release=lambda _: response.close(),
        )

    return stream


def _astream(transports: ModuleType, original: Callable[..., Any]) -> Callable[..., Any]:
    async def send(self: Any, request: Any, _: Any) -> Any:
        try:
            with network_guard.live():
                response = await original(self, request)
        except transports.TransportError as error:
            raise _httpx_error(error) from error
        return as_httpx_response(_head(response), _Body, response, transports)

    async def stream(self: Any, request: Any) -> Any:
        playback = _playback()
        if playback is None:
            return await original(self, request)
        if _passes(playback, request):
            with network_guard.live():
                return await original(self, request)
        try:
            response = await arespond(playback, _asked(self, request), partial(send, self, request))
        except Exception as error:
            raise _own_error(transports, error) from error

        async def release(_: bool) -> None:  # noqa: FBT001 - lm15 passes it by position
            await response.aclose()

        pieces = _apieces(transports, response)
        return transports.AsyncTransportResponse(**_opening(response), chunks=pieces, release=release)

    return stream


def _opening(response: Any) -> dict[str, Any]:
    return {
        "status": response.status_code,
        "reason": reason_of(response),
        "headers": list(headers_of(response)),
        "http_version": http_version_of(response),
    }


def _pieces(transports: ModuleType, response: Any) -> Iterator[bytes]:
    try:
        yield from response.stream
    except Exception as error:
        raise _own_error(transports, error) from error


async def _apieces(transports: ModuleType, response: Any) -> AsyncIterator[bytes]:
    try:
        async for piece in response.stream:
            yield piece
    except Exception as error:
        raise _own_error(transports, error) from error


# -- recording -----------------------------------------------------------------------------------------


def _head(response: Any) -> Response:
    return Response(response.status, response.reason, tuple(response.headers), b"")


class _Body:
    """The body of a response that arrives, as httpx has it.

    Args:
        response: lm15's, whose body hasn't been read.
        transports: the module whose errors it raises.
    """

    def __init__(self, response: Any, transports: ModuleType) -> None:
        self._response = response
        self._transports = transports

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response
        except self._transports.TransportError as error:
            raise _httpx_error(error) from error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._response:
                yield piece
        except self._transports.TransportError as error:
            raise _httpx_error(error) from error

    def close(self) -> None:
        self._response.close()

    async def aclose(self) -> None:
        await self._response.aclose()


# -- errors --------------------------------------------------------------------------------------------

_RENAMED = {"ProtocolError": "RemoteProtocolError", "TransportError": "ReadError"}


def _httpx_error(error: Exception) -> Exception:
    """The error of httpx's for one of lm15's, of the same name for nearly all."""
    name = type(error).__name__
    kind: type[Exception] = getattr(import_module("httpx"), _RENAMED.get(name, name))
    return kind(str(error))


def _own_error(transports: ModuleType, error: Exception) -> Exception:
    """The error of lm15's for one of httpx's; what isn't httpx's stays as it is."""
    names = [kind.__name__ for kind in type(error).__mro__]
    if "TransportError" not in names:
        return error
    found = next((name for name in names if hasattr(transports, name)), "TransportError")
    kind: type[Exception] = getattr(transports, found)
    return kind(str(error))
