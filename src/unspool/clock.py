"""Time as an argument: the wall clock, or a virtual clock that tests control.

Code that waits or records a time takes a `Clock`. With a `VirtualClock` a pause of a minute takes no real
time, but the clock shows that a minute has passed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from unspool.virtual_time.real import Real


class Clock(Protocol):
    """The interface of clocks. All times are in seconds."""

    def now(self) -> float:
        """Return the wall time, since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Return a time for measuring spans."""
        ...

    def sleep(self, seconds: float) -> None: ...

    async def asleep(self, seconds: float) -> None: ...


class RealClock:
    """The wall clock; its async sleep works on asyncio and trio. It stays real where time is virtual."""

    def __repr__(self) -> str:
        return "RealClock()"

    def now(self) -> float:
        return time.time()

    # Not `time.monotonic`, which freezegun stops: a stream's pauses stay real.
    monotonic = Real.monotonic

    def sleep(self, seconds: float) -> None:
        Real.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        from anyio import sleep  # noqa: PLC0415 - only async code needs it, and importing it is slow

        await sleep(seconds)


class VirtualClock:
    """A clock that moves only when code waits on it, or when a test advances it.

    Waits overlap: when all tasks wait, time moves to the earliest end, so that twenty parallel pauses of
    30 seconds take 30 seconds. In an event loop, the loop's own timers take part: `asyncio.timeout(5)` around
    a pause of 60 seconds fires after 5. See `unspool.virtual_time` for the timers of threads.

    Args:
        start: what `now()` returns at first, in seconds since 1970-01-01 UTC.

    Attributes:
        elapsed: how many seconds have passed.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._start = start
        self.elapsed = 0.0

    def __repr__(self) -> str:
        return f"<VirtualClock: {self.elapsed:g} s elapsed>"

    def now(self) -> float:
        return self._start + self.elapsed

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Advance the clock.

        Raises:
            ValueError: for a negative span.
        """
        if seconds < 0:
            raise ValueError(f"a clock only moves forward: expected seconds >= 0, got {seconds!r}")
        from unspool.virtual_time.members import TIMELINE  # noqa: PLC0415 - as below

        TIMELINE.advance(self, seconds)
        self.elapsed += seconds

    def unseen(self) -> float:
        """Return the seconds that this clock doesn't show: real ones, while code ran.

        Only the difference of two such values has a meaning.
        """
        from unspool.virtual_time.lending import unseen  # noqa: PLC0415 - as below

        return unseen(self)

    def sleep(self, seconds: float, *, spent: float = 0.0) -> None:
        """Let a pause pass.

        Args:
            seconds: how long.
            spent: how many of them have passed already, not shown by the clock.
        """
        if seconds > 0:
            from unspool.virtual_time.lending import pause  # noqa: PLC0415 - most programs have no virtual pause

            pause(seconds, clock=self, spent=spent)

    async def asleep(self, seconds: float, *, spent: float = 0.0) -> None:
        """Let a pause pass, like `sleep`; a cancelled one ends at once."""
        from anyio.lowlevel import checkpoint  # noqa: PLC0415 - as above

        await checkpoint()  # also without a pause, other tasks run
        if seconds > 0:
            from unspool.virtual_time.lending import apause  # noqa: PLC0415 - as above

            await apause(seconds, clock=self, spent=spent)


REAL_CLOCK = RealClock()


async def take_turns() -> None:
    """Let other tasks run, like anyio's `checkpoint`, which is slower on asyncio."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and asyncio._get_running_loop() is not None:
        await asyncio.sleep(0)
        return
    from anyio.lowlevel import checkpoint  # noqa: PLC0415 - only async code needs it, and importing it is slow

    await checkpoint()


def note_response(clock: Clock) -> None:
    """Note that a virtual response has arrived: if the client sleeps next, it is backing off.

    That matters only where virtual time is lent; there, such a sleep takes no real time.
    """
    lending = sys.modules.get("unspool.virtual_time.lending")
    if lending is not None and isinstance(clock, VirtualClock):
        lending.note_response()


@contextmanager
def lent(clock: Clock | None) -> Iterator[None]:
    """Put the application's timers on virtual time until the end of the block, if the clock is virtual.

    Warns:
        UnreachedTimerWarning: at the end, if a long pause may have jumped over a timer that can't be reached.
    """
    if not isinstance(clock, VirtualClock):
        yield
        return
    from unspool.virtual_time.lending import lend  # noqa: PLC0415 - most programs have no virtual pause

    with lend(clock):
        yield
