"""Lend virtual time to a block of code, or let one virtual pause pass."""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

from unspool.errors import UnreachedTimerWarning
from unspool.virtual_time import event_loops, threads, trio_runs
from unspool.virtual_time.members import INHERITED, TIMELINE, join
from unspool.virtual_time.swaps import References, swap
from unspool.virtual_time.timeline import Moving, Party

_LONG = 1.0
"""From how many seconds on a pause is reported that may have jumped over a timer."""

_installed = ExitStack()
_lock = threading.RLock()
_suspects: set[str] = set()


@contextmanager
def lend(clock: Moving, *, eager: bool = False) -> Iterator[None]:
    """Put this thread, its event loop, and what they start on virtual time until the end of the block.

    Args:
        clock: shows how much time has passed.
        eager: whether every sleep is a virtual pause, and not only those behind a virtual answer.

    Warns:
        UnreachedTimerWarning: at the end, if a long pause may have jumped over a timer that can't be reached.
    """
    with _lock:
        if not TIMELINE.lent:
            _install()
        TIMELINE.lend(clock, eager=eager)
    try:
        take_part()
        yield
    finally:
        with _lock:
            TIMELINE.take_back(clock, eager=eager)
            if not TIMELINE.lent:
                _uninstall()
    _report()


def take_part() -> Party:
    """Put this thread on the virtual time that is lent, and its event loop."""
    party = join()
    event_loops.join_running_loop()
    trio_runs.join_current_run()
    return party


def note_response() -> None:
    """Note that a virtual answer has arrived in this thread: where it sleeps next, it backs off.

    The thread may be older than the test: from here on it takes part.
    """
    if TIMELINE.lent:
        take_part().is_behind_answer = True


def _install() -> None:
    global _installed  # noqa: PLW0603 - one installation for the process
    with ExitStack() as stack:
        put: Callable[..., None] = functools.partial(swap, stack)
        references = _references(*_sleeps())
        stack.callback(references.restore)
        references.replace()
        for part in (event_loops, trio_runs, threads):
            part.install(put)
        _suspects.clear()
        TIMELINE.on_jump[:] = [_tick_freezegun, _suspect, lambda _seconds: references.replace_in(time)]
        stack.callback(TIMELINE.on_jump.clear)
        _installed = stack.pop_all()


def _uninstall() -> None:
    _installed.close()
    TIMELINE.end_epoch()
    event_loops.release_loops()
    trio_runs.release_runs()


@functools.cache
def _references(*sleeps: Callable[..., Any]) -> References:
    """The functions to replace, and where they are: searched for once in each module."""
    asleep = {original: functools.wraps(original)(event_loops.sleeping(original)) for original in sleeps}
    return References({**threads.replacements(), **asleep})


def _sleeps() -> Iterator[Callable[..., Any]]:
    yield asyncio.sleep
    trio = sys.modules.get("trio")
    if trio is not None:
        yield trio.sleep


def _tick_freezegun(seconds: float) -> None:
    """Move a time that freezegun lets go on (`tick=True`), as real time would; not one that it holds."""
    freezegun = sys.modules.get("freezegun.api")
    if freezegun is not None and freezegun.freeze_factories:
        frozen = freezegun.freeze_factories[-1]
        if isinstance(frozen, freezegun.TickingDateTimeFactory):
            frozen.move_to(frozen() + timedelta(seconds=seconds))


# Pauses


def pause(seconds: float, *, clock: Moving, spent: float = 0.0) -> None:
    """Let a virtual pause pass in this thread.

    Args:
        seconds: how long.
        clock: shows that it has passed.
        spent: how many of the seconds have already passed without waiting.
    """
    with TIMELINE.driving(seconds, clock=clock, spent=spent) as driver:
        threads.pause(driver)


async def apause(seconds: float, *, clock: Moving, spent: float = 0.0) -> None:
    """Let a virtual pause pass in this task; as `pause`.

    Warns:
        UnreachedTimerWarning: the event loop is none whose time can be moved.
    """
    if trio_runs.in_task():
        if await trio_runs.pause(seconds, clock=clock, spent=spent):
            return
    else:
        loop = asyncio.get_running_loop()
        if event_loops.is_reached(loop):
            await event_loops.pause(loop, seconds, clock=clock, spent=spent)
            return
    await _jump_over(seconds, clock)


async def _jump_over(seconds: float, clock: Moving) -> None:
    from anyio.lowlevel import checkpoint  # noqa: PLC0415 - only async code needs it

    await checkpoint()  # a sleeping task lets others run, and one that is cancelled lets no time pass
    with TIMELINE.lock:
        TIMELINE.advance(clock, seconds)
        clock.elapsed += seconds
    if seconds >= _LONG:
        warnings.warn(
            f"a virtual pause of {seconds:g} seconds was jumped over in an event loop whose timers can't be"
            " reached (uvloop, or a loop with a clock of its own): a timeout around it has not fired. Run the"
            " test on asyncio's own loop or on trio, or in real time (clock=RealClock(), real_time=True)",
            UnreachedTimerWarning,
            stacklevel=2,
        )


def unseen(clock: Moving) -> float:
    """How many seconds of virtual time have passed that a clock doesn't show: real ones, while code ran.

    Only the difference of two such values means something.
    """
    return TIMELINE.now() - clock.elapsed


# What can't be reached


def _suspect(seconds: float) -> None:
    if seconds < _LONG:
        return
    for ident in TIMELINE.others.blocked(TIMELINE.waiting()):
        thread = threading._active.get(ident)  # type: ignore[attr-defined]
        party: Party | None = getattr(thread, INHERITED, None)
        if party is not None and party.epoch == TIMELINE.epoch:  # one of an earlier block has real timers
            _suspects.add(f"{seconds:.3g} seconds over the thread {thread.name!r}")


def _report() -> None:
    if _suspects and not TIMELINE.lent:
        found = ", ".join(sorted(_suspects))
        _suspects.clear()
        warnings.warn(
            f"virtual time jumped {found}, which was blocked where its timers can't be reached (a socket, a"
            " lock's own timeout, a C extension): if it was waiting with a timeout, that has not fired. Let"
            " it wait with threading.Event, or run the test in real time (clock=RealClock(), real_time=True)",
            UnreachedTimerWarning,
            stacklevel=3,
        )
