"""Answer a request from a cassette, or send and record it. Sync and async, side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction, Request, Response
from unspool.cassette.recording import Take
from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import CassetteError
from unspool.transports.breaker import Breaker, BrokenResponse
from unspool.transports.expected import note_expected
from unspool.transports.http_library import ASend, HttpxRequest, HttpxResponse, Send, to_request
from unspool.transports.ignored import check_passing, is_ignored
from unspool.transports.in_force import in_force
from unspool.transports.record import Now, failed, recorded
from unspool.transports.replay import ReplayedResponse, areplay, replay


def _nobody(_played: Interaction) -> None:
    """No callback for playback."""


def _as_recorded(response: Response) -> Response:
    """Clients of httpx read any body as it is."""
    return response


def _no_time_to_lend() -> None:
    """The clock is real, or the application's timers are on virtual time already."""


@dataclass(frozen=True, slots=True)
class Playback:
    """The settings of a playback.

    Attributes:
        cassette: the cassette to play, and to record to.
        factor: the factor for the recorded times.
        clock: the clock of the playback.
        recording_clock: the clock while recording; the network's time is real.
        on_play: called with the interaction to be played.
        on_end: called when a response has been read to its end, or closed.
        lend_time: puts the application's timers on virtual time, if the clock is virtual.
        breaker: the fault over the responses; None for none. Under a fault nothing is recorded.
        positions: whether, once the fault has broken something, requests without a recording are answered by
            their position in the conversation.
        fit: makes a recorded response readable for the client's HTTP parser.
    """

    cassette: Cassette
    factor: float = 0.0
    clock: Clock = REAL_CLOCK
    recording_clock: Clock = REAL_CLOCK
    on_play: Callable[[Interaction], None] = _nobody
    on_end: Callable[[], None] | None = None
    lend_time: Callable[[], None] = _no_time_to_lend
    breaker: Breaker | None = None
    positions: bool = False
    fit: Callable[[Response], Response] = _as_recorded

    def now(self) -> Playback:
        """Return this playback with the fault for all cassettes, unless it has its own."""
        forced = in_force()
        if forced is None or self.breaker is not None:
            return self
        clock = forced.clock if self.clock is REAL_CLOCK else self.clock
        return replace(self, clock=clock, breaker=forced.breaker, positions=forced.positions)

    def ask(self, request: Request) -> Interaction | Take | None:
        """Like `Cassette.ask`, under the fault if there is one."""
        try:
            return self._ask(request)
        except CassetteError as error:
            note_expected(error)
            raise

    def _ask(self, request: Request) -> Interaction | Take | None:
        if self.breaker is None:
            return self.cassette.ask(request)
        by_position = self.positions and self.breaker.ledger.has_broken
        before = len(self.cassette.answered_by_position)
        found = self.cassette.ask(request, under_fault=True, by_position=by_position)
        self.breaker.by_position += self.cassette.answered_by_position[before:]
        return found

    def meet(self, request: Request) -> BrokenResponse | None:
        """Return the broken answer to a request; None without a fault, or if it doesn't apply."""
        return None if self.breaker is None else self.breaker.meet(request, self.cassette.conversations)


def respond(playback: Playback, request: HttpxRequest, send: Send) -> HttpxResponse:
    """Respond to a request from the cassette, or send and record it.

    Raises:
        UnrecordedRequestError: the cassette has no recording and may not record one.
        FaultError: the fault is aimed at this response, and finds nothing in it to break.
        Exception: the exception of the network, or of the recording.
    """
    playback = playback.now()
    started = playback.clock.monotonic()  # so that a replay compensates for the time of matching
    request.read()
    asked = to_request(request)
    if is_ignored(playback.cassette, asked.uri):
        check_passing(playback.cassette, request)
        return send(request)
    broken = playback.meet(asked)
    if broken is None:
        return _respond(playback, asked, request, send, started=started)

    def unbroken(request: HttpxRequest) -> HttpxResponse:
        return _respond(playback, asked, request, send, started=started, broken=broken)

    return broken.respond(request, unbroken, playback.clock)


async def arespond(playback: Playback, request: HttpxRequest, send: ASend) -> HttpxResponse:
    """As `respond`."""
    playback = playback.now()
    started = playback.clock.monotonic()
    await request.aread()
    asked = to_request(request)
    if is_ignored(playback.cassette, asked.uri):
        check_passing(playback.cassette, request)
        return await send(request)
    broken = playback.meet(asked)
    if broken is None:
        return await _arespond(playback, asked, request, send, started=started)

    async def unbroken(request: HttpxRequest) -> HttpxResponse:
        return await _arespond(playback, asked, request, send, started=started, broken=broken)

    return await broken.arespond(request, unbroken, playback.clock)


def _respond(
    playback: Playback,
    asked: Request,
    request: HttpxRequest,
    send: Send,
    *,
    started: float,
    broken: BrokenResponse | None = None,
) -> HttpxResponse:
    found = playback.ask(asked)
    if found is None:
        return send(request)
    if isinstance(found, Interaction):
        return replay(_replayed(playback, found, request, started, broken), playback.clock)
    now = _since_now(playback.recording_clock)
    try:
        response = send(request)
    except BaseException as error:
        failed(found, error, now)
        raise
    return recorded(found, response, request, now)


async def _arespond(
    playback: Playback,
    asked: Request,
    request: HttpxRequest,
    send: ASend,
    *,
    started: float,
    broken: BrokenResponse | None = None,
) -> HttpxResponse:
    found = playback.ask(asked)
    if found is None:
        return await send(request)
    if isinstance(found, Interaction):
        return await areplay(_replayed(playback, found, request, started, broken), playback.clock)
    now = _since_now(playback.recording_clock)
    try:
        response = await send(request)
    except BaseException as error:
        failed(found, error, now)
        raise
    return recorded(found, response, request, now)


def _replayed(
    playback: Playback,
    found: Interaction,
    request: HttpxRequest,
    started: float,
    broken: BrokenResponse | None,
) -> ReplayedResponse:
    playback.on_play(found)
    if broken is not None:  # its client may retry, and then gets the same
        broken.on_spoiled = partial(playback.cassette.give_back, found)
    return ReplayedResponse(
        replace(found, response=playback.fit(found.response)),
        request,
        factor=playback.factor,
        clock=playback.clock,
        started=started,
        play=playback.cassette.play(found),
        on_overrun=playback.cassette.missed,
        on_end=playback.on_end,
        under_fault=playback.breaker is not None,
    )


def _since_now(clock: Clock) -> Now:
    start = clock.monotonic()
    return lambda: clock.monotonic() - start
