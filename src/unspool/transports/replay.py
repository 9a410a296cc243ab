"""Replaying: the same chunks at the same boundaries, the same end, and the same times if they're wanted.

The times are those of a schedule that starts with the request, not pauses one after another, so that a slow
client finds waiting for it what would have been waiting in its socket. A pause that is longer than the
client's read timeout ends as it would have ended: with the `ReadTimeout` of the client's own library.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from math import inf
from types import ModuleType
from typing import Any, Literal

from unspool.cassette.boundaries import pieces, says_goodbye
from unspool.cassette.model import NO_RESPONSE, End, Failure, Interaction, Response, Timeline, header
from unspool.cassette.player import Play
from unspool.clock import Clock, RealClock, VirtualClock, note_answer, take_turns
from unspool.counts import counted
from unspool.errors import RecordingEndedError
from unspool.transports.http_library import exception, family_of, read_timeout, read_timeout_of, stream_class

Timing = Literal["instant", "recorded"] | float
"""`instant` waits for nothing, `recorded` as long as was recorded, a number that many times as long."""


def factor_of(timing: Timing) -> float:
    """How many times the recorded times a replay takes.

    Raises:
        ValueError: it's neither `instant`, `recorded`, nor a number of at least 0.
    """
    if timing == "instant":
        return 0.0
    if timing == "recorded":
        return 1.0
    if type(timing) in {int, float} and 0 <= timing < inf:
        return float(timing)
    raise ValueError(f"expected timing 'instant', 'recorded' or a factor such as 0.1, got {timing!r}")


_LATE = 0.1
"""How many seconds after a client's patience was up its timeout may have been noted."""


def is_retried(interaction: Interaction) -> bool:
    """Whether a client may back off and ask again."""
    response = interaction.response
    failed = response.timeline is not None and response.timeline.failure is not None
    return failed or response.status >= 400


def refusal_of(response: Response, family: ModuleType, request: Any = None) -> Exception | None:
    """Return the family's error that came in place of the headers; None if they came."""
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
    """Return the family's error in which a body ended, or that of a recording that stops; None if whole."""
    response, timeline = recorded.response, recorded.response.timeline or Timeline()
    if timeline.failure is not None:
        return exception(family, request, timeline.end, timeline.failure)
    if timeline.end not in {End.CLOSED, End.LIMIT} or _is_whole(response):
        return None
    again = "Have" if under_fault else "Record it anew with this client, or have"
    address = recorded.request.uri.partition("?")[0]  # its query may hold a key
    return RecordingEndedError(
        f"the recording of {recorded.request.method} {address} stops after"
        f" {counted(len(response.body), 'byte')}, and the client reads on: {_WHY[timeline.end]}."
        f" {again} the client leave where the recorded one did."
    )


def _is_whole(response: Response) -> bool:
    if header(response.headers, "content-length") == str(len(response.body)):
        return True
    return says_goodbye(response.body)


class Performance:
    """One answer being played: what comes next, and how long it takes to come. It never waits itself.

    Args:
        interaction: what was recorded.
        request: the family's request that asks for it.
        factor: how many times the recorded times it takes.
        clock: tells how much time has passed.
        started: when the request was issued, on that clock.
        play: where to note how far the client has read.
        on_overrun: is told of the error if the client reads on where the recording stops.
        on_end: is called once, when the client has read the response to its end, or has closed it.
        under_fault: whether a fault is in force, under which nothing is recorded.
    """

    def __init__(
        self,
        interaction: Interaction,
        request: Any,
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
        self.due = 0.0  # when the latest item comes, in seconds since the request was issued
        self._play = play
        self._patience = read_timeout_of(request)
        self._on_overrun = on_overrun
        self._on_end = on_end
        self._under_fault = under_fault

    # What comes, as (seconds to wait, what comes then): a piece of the body, None for the end, or an error.

    def opening(self) -> tuple[float, Exception | None]:
        """The headers, or the error that came in their place."""
        refusal = refusal_of(self.response, self.family, self.request)
        timeline = self._timeline
        at = timeline.headers_at if refusal is None else timeline.ended_at
        return self._in_time(at or 0.0, refusal)

    def ready(self) -> Iterator[bytes]:
        """The pieces of the body, if they take no time; then `steps` are only its end or its error."""
        if not self._factor:
            for number, (_, data) in enumerate(pieces(self.response), start=1):
                self._play.pieces = number
                yield data

    def steps(self) -> Iterator[tuple[float, bytes | Exception | None]]:
        """The pieces of the body that take time to come, then its end or its error."""
        timed = pieces(self.response) if self._factor else ()
        for number, (at, data) in enumerate(timed, start=1):
            self._play.pieces = number
            yield self._in_time(at, data)
        ending = ending_of(self._recorded, self.family, self.request, under_fault=self._under_fault)
        yield self._in_time(self._timeline.ended_at or 0.0, ending)

    def overrun(self, error: RecordingEndedError) -> None:
        """Note that the client reads on where the recording ends."""
        self._on_overrun(error)

    def ended(self) -> None:
        """Note that the client has read the response to its end, or has closed it. Idempotent."""
        self._play.is_over = True
        if self._on_end is not None:
            self._on_end()
            self._on_end = None

    def awaits_leaving(self) -> bool:
        """Whether the recorded client hung up where this one reads on: it may be about to."""
        return self._timeline.end is End.CLOSED

    def was_left(self) -> Exception:
        """The family's error for a client that has closed what it reads."""
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
            patience += _LATE  # it's what the recorded client's own patience ended in
        if patience is not None and self._patience is not None and wait - self._spent > patience:
            self._spent = 0.0
            message = f"no byte for {counted(self._patience, 'second', 'g')}"
            return self._patience, read_timeout(self.family, self.request, message)
        return max(wait, 0.0), item

    def sleep(self, seconds: float) -> None:
        """Let a wait pass on the clock, less what has passed while the client was busy."""
        if isinstance(self._clock, VirtualClock):
            self._clock.sleep(seconds, spent=self._spent)
        elif seconds:
            self._clock.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        """As `sleep`. Even if it's 0, other tasks get their turn, as at a socket."""
        if not seconds and type(self._clock) in {RealClock, VirtualClock}:
            await take_turns()
        elif isinstance(self._clock, VirtualClock):
            await self._clock.asleep(seconds, spent=self._spent)
        else:
            await self._clock.asleep(seconds)

    # The answer

    def answer(self) -> Any:
        """The family's response, whose stream plays the rest."""
        version = self._timeline.http_version
        extensions = {"http_version": version.encode("ascii", "replace")}
        # HTTP/2 has no text beside its status, nor had others' cassettes; then the client makes one up.
        if self.response.reason or (self.response.timeline is not None and version == "HTTP/1.1"):
            extensions["reason_phrase"] = self.response.reason.encode("ascii", "ignore")
        stream = stream_class(self.family, ReplayedStream)
        return self.family.Response(
            self.response.status,
            headers=[(name.encode(), value.encode()) for name, value in self.response.headers],
            stream=stream(self, self._clock),
            extensions=extensions,
            request=self.request,
        )


_WHY = {
    End.CLOSED: "whoever recorded it had hung up there",
    End.LIMIT: "the recorder had been told to stop there",
}


def replay(performance: Performance, clock: Clock) -> Any:
    """The answer, after its headers' time.

    Raises:
        Exception: the family's own, if that is what was recorded, or if the client's patience is up.
    """
    wait, error = performance.opening()
    performance.sleep(wait)
    note_answer(clock)
    if error is not None:
        performance.ended()
        raise error
    return performance.answer()


async def areplay(performance: Performance, clock: Clock) -> Any:
    """As `replay`."""
    wait, error = performance.opening()
    await performance.asleep(wait)
    note_answer(clock)
    if error is not None:
        performance.ended()
        raise error
    return performance.answer()


def _unseen(clock: Clock) -> float:
    return clock.unseen() if isinstance(clock, VirtualClock) else 0.0


_LEAVING_STEPS = 20
_VIRTUAL_STEP = 0.5
_REAL_STEP = 0.025
"""How long a replay waits for a client to leave where the recorded one left: ten virtual seconds, or half a
real one."""


class ReplayedStream:
    """A recorded body, played; sync and async. Each pass over it is a new one, as over a recording."""

    def __init__(self, performance: Performance, clock: Clock) -> None:
        self._performance = performance
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
        self._ready, self._steps = self._performance.ready(), self._performance.steps()

    def __next__(self) -> bytes:
        data = next(self._ready, None)
        if data is not None:
            return data
        wait, item = self._step()
        self._performance.sleep(wait)
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
            await self._performance.asleep(0.0)
            return data
        wait, item = self._step()
        await self._performance.asleep(wait)
        if item is None:
            raise StopAsyncIteration
        if isinstance(item, RecordingEndedError):
            for _ in self._leaving(others=True):
                await self._clock.asleep(self._step_seconds)
            self._complain(item)
        return _given(item)

    def due_on(self, clock: Clock) -> float | None:
        """When the latest piece came, in seconds since the request was issued; None by another clock."""
        return self._performance.due if clock is self._clock else None

    def _step(self) -> tuple[float, bytes | Exception | None]:
        if self._steps is None:
            return 0.0, None
        step = next(self._steps, (0.0, None))
        if not isinstance(step[1], bytes):
            self._steps = None  # nothing comes after an end
            self._performance.ended()
        return step

    def _leaving(self, *, others: bool) -> Iterator[None]:
        """Steps to wait for, in which another task or thread may close the response."""
        if others and self._performance.awaits_leaving():
            for _ in range(_LEAVING_STEPS):
                if self._is_closed:
                    break
                yield

    def _complain(self, error: RecordingEndedError) -> None:
        if self._is_closed:
            raise self._performance.was_left()
        self._performance.overrun(error)

    def close(self) -> None:
        self._ready, self._steps = iter(()), None
        self._is_closed = True
        self._performance.ended()

    async def aclose(self) -> None:
        self.close()


def _given(item: bytes | Exception) -> bytes:
    if isinstance(item, Exception):
        raise item
    return item
