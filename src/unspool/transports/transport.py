"""Transports for clients that take one: `httpx.Client(transport=…)`, of httpx and httpx2, sync and async.

They take the library from each request, so that one object serves both. They inherit from neither when they
run, and from both for a type checker, which asks for the base class of the client's own library.

`RecordTransport` and `ReplayTransport` have their own cassette; `InUseTransport` uses the one that is in use,
for clients that take a transport and so need no patching. `FaultTransport` breaks the responses of another
transport.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from unspool.cassette.cassette import Cassette
from unspool.cassette.conversation import Conversations
from unspool.cassette.model import End, Failure
from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import CassetteError
from unspool.faults.fault import Fault
from unspool.transports import active
from unspool.transports.breaker import Breaker
from unspool.transports.forwarding import ForwardingTransport
from unspool.transports.http_library import (
    HttpxRequest,
    exception,
    family_of,
    mark_failed,
    to_request,
)
from unspool.transports.ignored import refusal
from unspool.transports.network_guard import live
from unspool.transports.playback import Playback, arespond, respond
from unspool.transports.replay import Timing, factor_of


class CassetteTransport(ForwardingTransport):
    """A transport that looks each request up in a cassette."""

    def __init__(self, inner: Any, playback: Playback) -> None:
        super().__init__(inner)
        self._playback = playback
        self.cassette = playback.cassette

    def __repr__(self) -> str:
        around = "" if self._inner is None else f"{self._inner!r}, "
        return f"{type(self).__name__}({around}{self.cassette!r})"

    def handle_request(self, request: HttpxRequest) -> Any:
        return respond(self._playback, request, self._send)

    async def handle_async_request(self, request: HttpxRequest) -> Any:
        return await arespond(self._playback, request, self._asend)

    def _send(self, request: HttpxRequest) -> Any:
        self._check_inner(request)
        return super().handle_request(request)

    async def _asend(self, request: HttpxRequest) -> Any:
        self._check_inner(request)
        return await super().handle_async_request(request)

    def _check_inner(self, request: HttpxRequest) -> None:
        """Reject an ignored request if there is no transport to send it."""
        if self._inner is None:
            uri = str(request.url)
            raise exception(family_of(request), request, End.RESET, Failure("ConnectError", refusal(uri)))

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Save the cassette, if it has a file, after closing the inner transport."""
        try:
            yield
        finally:
            self.cassette.close()

    @contextmanager
    def _leaving(self, error: BaseException | None) -> Iterator[None]:
        if error is not None:
            mark_failed(self.cassette, error)
        with self._closing():
            yield


class RecordTransport(CassetteTransport):
    """A transport that records another one, and passes on every chunk when it arrives.

        with httpx.Client(transport=RecordTransport(httpx.HTTPTransport(), "weather.yaml")) as client:
            …

    Args:
        inner: the transport that sends the requests: one of httpx or httpx2, sync or async.
        cassette: the file to record to, written when the transport or its client is closed; or a
            `Cassette`, for other modes and limits; None records to memory, available as `.cassette`.
        clock: the clock of the recording.

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
    """A transport that answers only from a cassette.

    Args:
        cassette: its file, or a `Cassette`.
        timing: `instant`; `recorded`, at the recorded times; or a number that stretches these: 0.5 is
            twice as fast.
        clock: the clock of the playback; with a `VirtualClock` a minute's stream takes no real time.
        options: those of `Cassette`, for a file: `match_on`, `ignore`, ….

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


class FaultTransport(ForwardingTransport):
    """A transport that breaks the responses of another one.

        transport = FaultTransport(httpx.HTTPTransport(), Break(after=2).on(1))
        with httpx.Client(transport=transport) as client:
            …

    Errors are those of the client's own library, httpx or httpx2. Bodies are decompressed before the fault.

    Args:
        inner: the transport that responds: one of httpx or httpx2, sync or async, or a `ReplayTransport`.
        fault: the fault that breaks the responses.
        clock: the clock on which pauses pass; with a `VirtualClock` an hour's silence takes no time.

    Attributes:
        requests: the number of the client's requests.

    Raises, to the client:
        FaultError: the response that the fault is aimed at contains nothing to break.

    Raises, when it's closed:
        FaultError: the same again, in case the client swallowed it; or the fault fitted no response at all.
    """

    def __init__(self, inner: Any, fault: Fault, *, clock: Clock = REAL_CLOCK) -> None:
        super().__init__(inner)
        self._clock = clock
        self._breaker = Breaker(fault)
        self._conversations = Conversations()

    @property
    def requests(self) -> int:
        """The number of the client's requests."""
        return self._breaker.ledger.requests

    def handle_request(self, request: HttpxRequest) -> Any:
        request.read()
        broken = self._breaker.meet(to_request(request), self._conversations)
        if broken is None:
            return super().handle_request(request)
        return broken.respond(request, super().handle_request, self._clock)

    async def handle_async_request(self, request: HttpxRequest) -> Any:
        await request.aread()
        broken = self._breaker.meet(to_request(request), self._conversations)
        if broken is None:
            return await super().handle_async_request(request)
        return await broken.arespond(request, super().handle_async_request, self._clock)

    def raise_for_misfits(self) -> None:
        """Raise the error of a fault that found nothing to break, which a client may have swallowed.

        Raises:
            FaultError: there was one.
        """
        for error in self._breaker.ledger.misfits():
            raise error

    @contextmanager
    def _closing(self) -> Iterator[None]:
        """Check that the fault happened, after closing the inner transport."""
        yield
        for error in self._breaker.errors():
            raise error

    @contextmanager
    def _leaving(self, error: BaseException | None) -> Iterator[None]:
        """Like `_closing`, but an error of the block takes precedence."""
        if error is not None:
            yield
            return
        with self._closing():
            yield


class InUseTransport(ForwardingTransport):
    """A transport that looks each request up in the cassette in use where the client makes it.

    A request without a recording is sent by a transport of its own library, made for the first such request
    (it takes 80 ms). It passes every network guard, and no cassette sees it again.

    Raises (for a request):
        CassetteError: no cassette is in use.
    """

    def __init__(self) -> None:
        super().__init__(None)

    def handle_request(self, request: HttpxRequest) -> Any:
        return respond(_playback(), request, self._send)

    async def handle_async_request(self, request: HttpxRequest) -> Any:
        return await arespond(_playback(), request, self._asend)

    def _send(self, request: HttpxRequest) -> Any:
        if self._inner is None:
            self._inner = family_of(request).HTTPTransport()
        with live():
            return super().handle_request(request)

    async def _asend(self, request: HttpxRequest) -> Any:
        if self._inner is None:
            self._inner = family_of(request).AsyncHTTPTransport()
        with live():
            return await super().handle_async_request(request)


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
