"""Transports for clients that take one: `httpx.Client(transport=…)`, of httpx and httpx2, sync and async.

They take the library from each request, so that one object serves both. They inherit from neither when they
run, and from both for a type checker, which asks for the base class of the client's own library.

`RecordTransport` and `ReplayTransport` have a cassette of their own; `InUseTransport` asks the one that is in
use, for clients that take a transport and so need no patching.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import End, Failure
from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import CassetteError
from unspool.faults.fault import Fault
from unspool.transports import active
from unspool.transports.fault_transport import Breaker
from unspool.transports.http_library import exception, family_of, mark_failed
from unspool.transports.ignored import refusal
from unspool.transports.network_guard import live
from unspool.transports.playback import Playback, aanswer, answer
from unspool.transports.replay import Timing, factor_of

if TYPE_CHECKING:
    from unspool.transports.bases import EitherTransport
else:
    EitherTransport = object


class CassetteTransport(EitherTransport):
    """Hands each request to a cassette."""

    def __init__(self, inner: Any, playback: Playback) -> None:
        self._inner = inner
        self._playback = playback
        self.cassette = playback.cassette

    def __repr__(self) -> str:
        around = "" if self._inner is None else f"{self._inner!r}, "
        return f"{type(self).__name__}({around}{self.cassette!r})"

    def handle_request(self, request: Any) -> Any:
        return answer(self._playback, request, self._send)

    async def handle_async_request(self, request: Any) -> Any:
        return await aanswer(self._playback, request, self._asend)

    def _send(self, request: Any) -> Any:
        self._check_inner(request)
        return self._inner.handle_request(request)

    def _check_inner(self, request: Any) -> None:
        """An ignored request has nowhere to go where there is nothing to send it."""
        if self._inner is None:
            uri = str(request.url)
            raise exception(family_of(request), request, End.RESET, Failure("ConnectError", refusal(uri)))

    async def _asend(self, request: Any) -> Any:
        self._check_inner(request)
        return await self._inner.handle_async_request(request)

    def close(self) -> None:
        """Save the cassette, if it has a file; close the transport underneath."""
        try:
            if self._inner is not None:
                self._inner.close()
        finally:
            self.cassette.close()

    async def aclose(self) -> None:
        """As `close`."""
        try:
            if self._inner is not None:
                await self._inner.aclose()
        finally:
            self.cassette.close()

    def __enter__(self) -> Any:
        if self._inner is not None:
            self._inner.__enter__()
        return self

    def __exit__(self, kind: object = None, error: BaseException | None = None, way: object = None) -> None:
        if error is not None:
            mark_failed(self.cassette, error)
        self.close()

    async def __aenter__(self) -> Any:
        if self._inner is not None:
            await self._inner.__aenter__()
        return self

    async def __aexit__(
        self, kind: object = None, error: BaseException | None = None, way: object = None
    ) -> None:
        if error is not None:
            mark_failed(self.cassette, error)
        await self.aclose()


class RecordTransport(CassetteTransport):
    """Records what passes through another transport, and hands on every chunk the moment it comes.

        with httpx.Client(transport=RecordTransport(httpx.HTTPTransport(), "weather.yaml")) as client:
            …

    Args:
        inner: the transport that sends the requests: one of httpx or httpx2, sync or async.
        cassette: the file to record to, written when the transport or its client is closed; or a
            `Cassette`, for other modes and limits; None records to memory, to be had as `.cassette`.
        clock: tells when chunks come.

    Raises:
        CassetteFormatError: there is a file of that name, and it isn't a cassette.
    """

    def __init__(
        self,
        inner: Any,
        cassette: Cassette | str | os.PathLike[str] | None = None,
        *,
        clock: Clock = REAL_CLOCK,
    ) -> None:
        if not isinstance(cassette, Cassette):
            cassette = Cassette(cassette, record_mode="all")
        super().__init__(inner, Playback(cassette, recording_clock=clock))


class ReplayTransport(CassetteTransport):
    """Answers from a cassette, and from nothing else.

    Args:
        cassette: its file, or a `Cassette`.
        timing: `instant`; `recorded`, at the recorded times; or a number that stretches these: 0.5 is
            twice as fast.
        clock: whose time that is; with a `VirtualClock` a minute's stream takes no time.
        options: those of `Cassette`, if there is a file: `match_on`, `ignore`, ….

    Raises:
        CassetteNotFoundError: there is no such file.
        CassetteFormatError: the file isn't a cassette.
        ValueError: the cassette would record.
    """

    def __init__(
        self,
        cassette: Cassette | str | os.PathLike[str],
        *,
        timing: Timing = "instant",
        clock: Clock = REAL_CLOCK,
        **options: Any,
    ) -> None:
        if not isinstance(cassette, Cassette):
            cassette = Cassette.load(cassette, **options)
        elif options:
            raise TypeError(f"a Cassette has its options already, got {', '.join(options)} as well")
        if cassette.is_recording:
            raise ValueError(
                f"a ReplayTransport records nothing: expected record_mode='none' for {cassette.name}, or"
                f" 'once' where its file is there, got {str(cassette.record_mode)!r}"
            )
        super().__init__(None, Playback(cassette, factor_of(timing), clock))


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
