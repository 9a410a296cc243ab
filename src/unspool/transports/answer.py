"""A request meets a cassette: it's answered from it, or sent and recorded. Sync and async, side by side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction
from unspool.clock import REAL_CLOCK, Clock
from unspool.transports._family import to_request
from unspool.transports.record import Now, failed, recorded
from unspool.transports.replay import Performance, areplay, replay

Send = Callable[[Any], Any]
ASend = Callable[[Any], Awaitable[Any]]


def _nobody(_played: Interaction) -> None:
    """Nobody wants to know what is being played."""


def _unbroken(recorded: Interaction) -> Interaction:
    """It's played as it was recorded."""
    return recorded


@dataclass(frozen=True, slots=True)
class Playback:
    """How recordings are played.

    Attributes:
        cassette: which are played, and added to.
        factor: how many times the recorded times they take.
        clock: whose time that is.
        recording_clock: tells when chunks come while recording; the network's time is real.
        on_play: is told what is going to be played.
        broken: what to play in its place: a fault's doing.
    """

    cassette: Cassette
    factor: float = 0.0
    clock: Clock = REAL_CLOCK
    recording_clock: Clock = REAL_CLOCK
    on_play: Callable[[Interaction], None] = _nobody
    broken: Callable[[Interaction], Interaction] = _unbroken


def answer(playback: Playback, request: Any, send: Send) -> Any:
    """The family's response to a family's request.

    Raises:
        UnrecordedRequestError: the cassette has no answer and may not record one.
        Exception: what the network, or its recording, raises.
    """
    started = playback.clock.monotonic()  # so that a replay makes up for the time that finding it takes
    request.read()
    found = playback.cassette.ask(to_request(request))
    if found is None:
        return send(request)
    if isinstance(found, Interaction):
        return replay(_performance(playback, found, request, started), playback.clock)
    now = _since_now(playback.recording_clock)
    try:
        response = send(request)
    except BaseException as error:
        failed(found, error, now)
        raise
    return recorded(found, response, request, now)


async def aanswer(playback: Playback, request: Any, send: ASend) -> Any:
    """As `answer`."""
    started = playback.clock.monotonic()
    await request.aread()
    found = playback.cassette.ask(to_request(request))
    if found is None:
        return await send(request)
    if isinstance(found, Interaction):
        return await areplay(_performance(playback, found, request, started), playback.clock)
    now = _since_now(playback.recording_clock)
    try:
        response = await send(request)
    except BaseException as error:
        failed(found, error, now)
        raise
    return recorded(found, response, request, now)


def _performance(playback: Playback, found: Interaction, request: Any, started: float) -> Performance:
    playback.on_play(found)
    return Performance(
        playback.broken(found),
        request,
        factor=playback.factor,
        clock=playback.clock,
        started=started,
        play=playback.cassette.play(found),
        on_overrun=playback.cassette.missed,
    )


def _since_now(clock: Clock) -> Now:
    start = clock.monotonic()
    return lambda: clock.monotonic() - start
