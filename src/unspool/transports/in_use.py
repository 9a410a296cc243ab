"""A transport that answers from the cassette in use, for clients that take one and so need no patching."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from unspool.errors import CassetteError
from unspool.faults.fault import Fault
from unspool.transports import active
from unspool.transports.fault_transport import Breaker
from unspool.transports.http_library import family_of
from unspool.transports.network_guard import live
from unspool.transports.playback import Playback, aanswer, answer


class _LiveTransport:
    """A transport of the request's own library, made when the first request is sent: it takes 80 ms.

    What it sends passes every guard, and no cassette is asked again.
    """

    def __init__(self) -> None:
        self._inner: Any = None

    def handle_request(self, request: Any) -> Any:
        if self._inner is None:
            self._inner = family_of(request).HTTPTransport()
        with live():
            return self._inner.handle_request(request)

    async def handle_async_request(self, request: Any) -> Any:
        if self._inner is None:
            self._inner = family_of(request).AsyncHTTPTransport()
        with live():
            return await self._inner.handle_async_request(request)

    def close(self) -> None:
        if self._inner is not None:
            self._inner.close()

    async def aclose(self) -> None:
        if self._inner is not None:
            await self._inner.aclose()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()


class InUseTransport(_LiveTransport):
    """Hands each request to the cassette that is in use where it's made.

    Raises (for a request):
        CassetteError: none is.
    """

    def handle_request(self, request: Any) -> Any:
        return answer(_playback(), request, super().handle_request)

    async def handle_async_request(self, request: Any) -> Any:
        return await aanswer(_playback(), request, super().handle_async_request)


def break_answers(fault: Fault) -> None:
    """Break what the cassette in use replays from now on, pauses included; the next request is the first.

    From now on nothing is recorded.

    Raises:
        CassetteError: none is in use.
    """
    playback, used = _playback(), active.current()
    if used is not None:
        breaker = Breaker(fault)
        used.breakers.append(breaker)
        playback.lend_time()
        used.playback = replace(playback, factor=playback.factor or 1.0, breaker=breaker)


def _playback() -> Playback:
    found = active.playback()
    if found is None:
        raise CassetteError(
            "expected a cassette to be in use, got a request outside of one. Make it inside the block of"
            " use_cassette, or in the test whose fixture this transport is"
        )
    return found
