"""Replaying: the same chunks at the same boundaries, the same end, and optionally the same times.

The times form a schedule from the request on, not a series of pauses, so that a slow client finds the data
that would have been in its socket. A pause that is longer than the client's read timeout ends with the
`ReadTimeout` of the client's own library.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from math import inf
from types import ModuleType
from typing import Any, Literal

from unspool.cassette.boundaries import pieces, says_goodbye
from unspool.cassette.model import NO_RESPONSE, End, Failure, Interaction, Response, Timeline
from unspool.cassette.player import Play
from unspool.clock import Clock, RealClock, VirtualClock, note_response, take_turns
from unspool.counts import counted
from unspool.errors import RecordingEndedError
from unspool.headers import header
from unspool.transports.http_library import (
    HttpxRequest,
    HttpxResponse,
    exception,
    family_of,
    read_timeout,
    read_timeout_of,
    stream_class,
)

Timing = Literal["instant", "recorded"] | float
"""`instant` doesn't wait, `recorded` waits for the recorded times, a number multiplies them."""


def factor_of(timing: Timing) -> float:
    """Return the factor for the recorded times.

    Raises:
        ValueError: it isn't `instant`, `recorded`, or a number of at least 0.
    """
    if timing == "instant":
        return 0.0
    if timing == "recorded":
        return 1.0
    if type(timing) in {int, float} and 0 <= timing < inf:
        return float(timing)
    raise ValueError(f"expected timing 'instant', 'recorded' or a factor such as 0.1, got {timing!r}")


_LATE = 0.1
"""How many seconds after a client's timeout the recorder may have noted it."""


def is_retried(interaction: Interaction) -> bool:
    """Whether a client may back off and retry."""
    response = interaction.response
    failed = response.timeline is not None and response.timeline.failure is not None
    return failed or response.status >= 400


def refusal_of(response: Response, family: ModuleType, request: Any = None) -> Exception | None:
    """Return the library's error that replaced the headers; None if they arrived."""
    timeline = response.timeline or Timeline()
    if response.status != NO_RESPONSE or timeline.headers_at is not None:
        return None
    if timeline.failure is not None:
        return exception(family, request, timeline.end, timeline.failure)
    given_up = counted(timeline.ended_at or 0.0, "second", "g")
    return read_timeout(family, request, f"no response: the recorded client gave up after {given_up}")


def ending_of(
    recorded: Interaction, family: ModuleType, request: Any = None, *, under_fault: bool = False
) -> Exception | None:
    """Return the library's error that ended a body, or that of a recording that stops; None if whole."""
    response, timeline = recorded.response, recorded.response.timeline or Timeline()
    if timeline.failure is not None:
        return exception(family, request, timeline.end, timeline.failure)
    if timeline.end not in {End.CLOSED, End.LIMIT} or _is_whole(response):
        return None
    again = "Have" if under_fault else "Record it again with this client, or have"
    address = recorded.request.uri.partition("?")[0]  # its query may contain a key
    return RecordingEndedError(
        f"the recording of {recorded.request.method} {address} stops after"
        f" {counted(len(response.body), 'byte')}, and the client reads on: {_WHY[timeline.end]}."
        f" {again} the client leave where the recorded one did."
    )


def _is_whole(response: Response) -> bool:
    if header(response.headers, "content-length") == str(len(response.body)):
        return True
    return says_goodbye(response.body)


class ReplayedResponse:
    """One response being played: its next parts and their delays. It never waits itself.

    Args:
        interaction: the recording.
        request: the client's request.
        factor: the factor for the recorded times.
        clock: the clock of the playback.
        started: when the request was sent, on that clock.
        play: stores how far the client has read.
        on_overrun: called with the error if the client reads beyond the end of the recording.
        on_end: called once, when the client has read the response to its end, or has closed it.
        under_fault: whether a fault is active.
    """

    def __init__(
        self,
        interaction: Interaction,
        request: HttpxRequest,
        *,
        factor: float,
        clock: Clock,
        started: float,
        play: Play,
        on_overrun: Callable[[RecordingEndedError], None],
        on_end: Callable[[], None] | None = None,
        under_fault: bool = False,
    ) -> None:
        self._recorded = interaction  # whose request holds no key, as the client's may
        self.response: Response = interaction.response
        self.request = request
        self.family: ModuleType = family_of(request)
        self._timeline = self.response.timeline or Timeline()
        self._factor = factor
        self._clock = clock
        self._started = started
        self._unseen_at_start = _unseen(clock) if factor else 0.0
        self._spent = 0.0
        self.due = 0.0  # when the latest item arrives, in seconds since the request
        self._play = play
        self._patience = read_timeout_of(request)
        self._on_overrun = on_overrun
        self._on_end = on_end
        self._under_fault = under_fault

    # The steps, as (seconds to wait, item): a piece of the body, None for the end, or an error.

    def opening(self) -> tuple[float, Exception | None]:
        """Return the headers, or the error instead of them."""
        refusal = refusal_of(self.response, self.family, self.request)
        timeline = self._timeline
        at = timeline.headers_at if refusal is None else timeline.ended_at
        return self._in_time(at or 0.0, refusal)

    def ready(self) -> Iterator[bytes]:
        """Return the pieces of the body, if they take no time; then `steps` are only its end or its error."""
        if not self._factor:
            for number, (_, data) in enumerate(pieces(self.response), start=1):
                self._play.pieces = number
                yield data

    def steps(self) -> Iterator[tuple[float, bytes | Exception | None]]:
        """Yield the pieces of the body that take time, then its end or its error."""
        timed = pieces(self.response) if self._factor else ()
        for number, (at, data) in enumerate(timed, start=1):
            self._play.pieces = number
            yield self._in_time(at, data)
        ending = ending_of(self._recorded, self.family, self.request, under_fault=self._under_fault)
        yield self._in_time(self._timeline.ended_at or 0.0, ending)

    def overrun(self, error: RecordingEndedError) -> None:
        """Note that the client reads beyond the end of the recording."""
        self._on_overrun(error)

    def ended(self) -> None:
        """Note that the client has read the response to its end, or has closed it. Idempotent."""
        self._play.is_over = True
        if self._on_end is not None:
            self._on_end()
            self._on_end = None

    def awaits_leaving(self) -> bool:
        """Whether the recorded client disconnected where this one continues: it may be about to."""
        return self._timeline.end is End.CLOSED

    def was_left(self) -> Exception:
        """Return the library's error for a client that reads a closed response."""
        failure = Failure("ReadError", "the client has closed the response")
        return exception(self.family, self.request, End.RESET, failure)

    def _in_time(self, at: float, item: Any) -> tuple[float, Any]:
        self.due = at * self._factor
        if not self._factor:
            return 0.0, item
        wait = self._started + at * self._factor - self._clock.monotonic()
        self._spent = max(0.0, _unseen(self._clock) - self._unseen_at_start)
        patience = self._patience
        if patience is not None and isinstance(item, self.family.TimeoutException):
            patience += _LATE  # it was the recorded client's own timeout
        if patience is not None and self._patience is not None and wait - self._spent > patience:
            self._spent = 0.0
            message = f"no byte for {counted(self._patience, 'second', 'g')}"
            return self._patience, read_timeout(self.family, self.request, message)
        return max(wait, 0.0), item

    def sleep(self, seconds: float) -> None:
        """Wait on the clock, less the time that passed while the client was busy."""
        if isinstance(self._clock, VirtualClock):
            self._clock.sleep(seconds, spent=self._spent)
        elif seconds:
            self._clock.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """Like `sleep`. Even at 0, other tasks run, as with a socket."""
        if not seconds and type(self._clock) in {RealClock, VirtualClock}:
            await take_turns()
        elif isinstance(self._clock, VirtualClock):
            await self._clock.asleep(seconds, spent=self._spent)
        else:
            await self._clock.asleep(seconds)

    # The response

    def build(self) -> HttpxResponse:
        """Return the response of the client's library, whose stream plays the rest."""
        version = self._timeline.http_version
        extensions = {"http_version": version.encode("ascii", "replace")}
        # HTTP/2 and other recorders' cassettes have no reason; then the client makes one up.
        if self.response.reason or (self.response.timeline is not None and version == "HTTP/1.1"):
            extensions["reason_phrase"] = self.response.reason.encode("ascii", "ignore")
        stream = stream_class(self.family, ReplayedStream)
        made: HttpxResponse = self.family.Response(
            self.response.status,
            headers=[(name.encode(), value.encode()) for name, value in self.response.headers],
            stream=stream(self, self._clock),
            extensions=extensions,
            request=self.request,
        )
        return made


_WHY = {
    End.CLOSED: "the recorded client had disconnected there",
    End.LIMIT: "the recorder stopped there",
}


def replay(replayed: ReplayedResponse, clock: Clock) -> HttpxResponse:
    """Return the response, after its headers' time.

    Raises:
        Exception: the client library's own, if one was recorded, or on the client's timeout.
    """
    wait, error = replayed.opening()
    replayed.sleep(wait)
    note_response(clock)
    if error is not None:
        replayed.ended()
        raise error
    return replayed.build()


async def areplay(replayed: ReplayedResponse, clock: Clock) -> HttpxResponse:
    """As `replay`."""
    wait, error = replayed.opening()
    await replayed.asleep(wait)
    note_response(clock)
    if error is not None:
        replayed.ended()
        raise error
    return replayed.build()


def _unseen(clock: Clock) -> float:
    return clock.unseen() if isinstance(clock, VirtualClock) else 0.0


_LEAVING_STEPS = 20
_VIRTUAL_STEP = 0.5
_REAL_STEP = 0.025
"""How long a replay waits for a client to disconnect where the recorded one did: ten virtual seconds, or half
a
real one."""


class ReplayedStream:
    """A recorded body, played; sync and async. Each pass over it is a new one, as over a recording."""

    def __init__(self, replayed: ReplayedResponse, clock: Clock) -> None:
        self._replayed = replayed
        self._clock = clock
        self._step_seconds = _VIRTUAL_STEP if isinstance(clock, VirtualClock) else _REAL_STEP
        self._ready: Iterator[bytes] = iter(())
        self._steps: Iterator[tuple[float, bytes | Exception | None]] | None = None
        self._is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        self._begin()
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._begin()
        return self

    def _begin(self) -> None:
        self._ready, self._steps = self._replayed.ready(), self._replayed.steps()

    def __next__(self) -> bytes:
        data = next(self._ready, None)
        if data is not None:
            return data
        wait, item = self._step()
        self._replayed.sleep(wait)
        if item is None:
            raise StopIteration
        if isinstance(item, RecordingEndedError):
            for _ in self._leaving(others=threading.active_count() > 1):
                self._clock.sleep(self._step_seconds)
            self._complain(item)
        return _given(item)

    async def __anext__(self) -> bytes:
        data = next(self._ready, None)
        if data is not None:
            await self._replayed.asleep(0.0)
            return data
        wait, item = self._step()
        await self._replayed.asleep(wait)
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, RecordingEndedError):
            for _ in self._leaving(others=True):
                await self._clock.asleep(self._step_seconds)
            self._complain(item)
        return _given(item)

    def due_on(self, clock: Clock) -> float | None:
        """When the latest piece came, in seconds since the request was issued; None by another clock."""
        return self._replayed.due if clock is self._clock else None

    def _step(self) -> tuple[float, bytes | Exception | None]:
        if self._steps is None:
            return 0.0, None
        step = next(self._steps, (0.0, None))
        if not isinstance(step[1], bytes):
            self._steps = None  # nothing comes after an end
            self._replayed.ended()
        return step

    def _leaving(self, *, others: bool) -> Iterator[None]:
        """Steps to wait for, in which another task or thread may close the response."""
        if others and self._replayed.awaits_leaving():
            for _ in range(_LEAVING_STEPS):
                if self._is_closed:
                    break
                yield

    def _complain(self, error: RecordingEndedError) -> None:
        if self._is_closed:
            raise self._replayed.was_left()
        self._replayed.overrun(error)

    def close(self) -> None:
        self._ready, self._steps = iter(()), None
        self._is_closed = True
        self._replayed.ended()

    async def aclose(self) -> None:
        self.close()


def _given(item: bytes | Exception) -> bytes:
    if isinstance(item, Exception):
        raise item
    return item
