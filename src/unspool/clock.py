"""Time as an argument: the wall's, or one that tests move by hand.

Whatever waits or stamps a time takes a `Clock`. With a `VirtualClock` a pause of a minute takes no
time at all, and yet everybody who asks sees that a minute has passed.
"""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """What stands between the code and time. All times are in seconds."""

    def now(self) -> float:
        """The wall's time, since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """A time to measure spans with."""
        ...

    def sleep(self, seconds: float) -> None: ...

    async def asleep(self, seconds: float) -> None: ...


class RealClock:
    """The wall's clock; its async sleep works on asyncio and trio."""

    def now(self) -> float:
        return time.time()

    # Held by the class: there freezegun, which stops the wall's time for a test, doesn't find it. A stream's
    # pauses are real ones all the same.
    monotonic = staticmethod(time.monotonic)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    async def asleep(self, seconds: float) -> None:
        from anyio import sleep  # noqa: PLC0415 - only async code needs it, and it takes its time

        await sleep(seconds)


class VirtualClock:
    """A clock that only moves when somebody sleeps on it, or when it's told to.

    Args:
        start: what `now()` says at first, in seconds since 1970-01-01 UTC.
    """

    def __init__(self, start: float = 0.0) -> None:
        self._start = start
        self.elapsed = 0.0

    def now(self) -> float:
        return self._start + self.elapsed

    def monotonic(self) -> float:
        return self.elapsed

    def advance(self, seconds: float) -> None:
        """Let that much time pass.

        Raises:
            ValueError: for a negative span.
        """
        if seconds < 0:
            raise ValueError(f"a clock goes forward only: expected seconds >= 0, got {seconds!r}")
        self.elapsed += seconds

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    async def asleep(self, seconds: float) -> None:
        from anyio.lowlevel import checkpoint  # noqa: PLC0415 - as above

        await checkpoint()  # a sleeping task lets others run, and one that is cancelled lets no time pass
        self.advance(seconds)


REAL_CLOCK = RealClock()
