"""Virtual time for code that knows nothing of it: an SDK's own pauses, timers and deadlines.

Inside `lent_time(clock)` the functions `sleep` of `time`, `asyncio`, `anyio` and `trio` pass on the clock
instead of on the wall, and `time.time`, `time.monotonic` and `time.perf_counter` are ahead by what has
passed on it. So a back-off of a minute takes no time, a deadline is met in its time, and `asyncio.timeout`
fires. It holds for the task or thread that lends it and for what these start with their context;
every other thread has real time.

Code that imported such a function by its name, before, keeps the real one: its pauses are real, and the
clock doesn't see them. Trio's own deadlines are real too, and it has to be loaded by then.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

from unspool.clock import VirtualClock
from unspool.transports.patching import Installation, swap

_lent: ContextVar[VirtualClock | None] = ContextVar("unspool_lent_time", default=None)

_STEP = 1.0
"""How many seconds pass at once in a task's sleep: so late may another timer of the loop's fire."""


class SteppingClock(VirtualClock):
    """A virtual clock on which other timers of the event loop go off while a task sleeps."""

    async def asleep(self, seconds: float) -> None:
        from anyio.lowlevel import checkpoint  # noqa: PLC0415 - only async code needs it

        await checkpoint()
        while seconds > 0:
            self.advance(min(seconds, _STEP))
            seconds -= _STEP
            await checkpoint()


@contextmanager
def lent_time(clock: VirtualClock) -> Iterator[None]:
    """To the end of the block, what sleeps here sleeps on that clock."""
    with _installation.in_use():
        token = _lent.set(clock)
        try:
            yield
        finally:
            _lent.reset(token)


def _install(stack: ExitStack) -> None:
    swap(stack, time, "sleep", _sleep)
    for name in ("time", "monotonic", "perf_counter"):
        swap(stack, time, name, _ahead)
    import anyio  # noqa: PLC0415 - it takes its time

    for library in filter(None, (asyncio, anyio, sys.modules.get("trio"))):
        swap(stack, library, "sleep", _asleep)


_installation = Installation(_install)


def _sleep(original: Callable[[float], None]) -> Callable[[float], None]:
    def sleep(seconds: float, /) -> None:
        clock = _lent.get()
        if clock is None:
            original(seconds)
        else:
            clock.sleep(seconds)

    return sleep


def _asleep(original: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def sleep(delay: float, *result: Any) -> Any:
        clock = _lent.get()
        if clock is None or not delay > 0:
            return await original(delay, *result)
        await clock.asleep(delay)
        return result[0] if result else None

    return sleep


def _ahead(original: Callable[[], float]) -> Callable[[], float]:
    def now() -> float:
        clock = _lent.get()
        return original() if clock is None else original() + clock.elapsed

    return now
