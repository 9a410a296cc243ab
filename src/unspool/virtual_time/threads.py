"""What threads read and wait on: the functions of `time`, and the waits of `threading` and `queue`.

Each replacement passes to the real function in threads with real time, and where the caller is a test runner.
What is written in C and waits by itself can't be reached: a lock's own `acquire(timeout=…)`, sockets,
`queue.SimpleQueue`.
"""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from typing import Any

from unspool.virtual_time import members
from unspool.virtual_time.bystanders import is_real_caller
from unspool.virtual_time.members import TIMELINE, ahead, bequeath, here, is_back_off, join
from unspool.virtual_time.real import CLOCKS, Real
from unspool.virtual_time.swaps import Swap
from unspool.virtual_time.timeline import Driver, Party


def replacements() -> dict[Callable[..., Any], Callable[..., Any]]:
    """The functions of `time`, each with its replacement."""
    found: dict[Callable[..., Any], Callable[..., Any]] = {Real.sleep: sleep}
    for name in CLOCKS:
        found[getattr(Real, name)] = _seconds(getattr(Real, name))
        found[getattr(Real, f"{name}_ns")] = _nanoseconds(getattr(Real, f"{name}_ns"))
    return found


def _seconds(original: Callable[[], float]) -> Callable[[], float]:
    def now() -> float:
        return original() if is_real_caller(sys._getframe(1)) else original() + ahead()

    now.__name__ = now.__qualname__ = original.__name__
    return now


def _nanoseconds(original: Callable[[], int]) -> Callable[[], int]:
    def now_ns() -> int:
        return original() if is_real_caller(sys._getframe(1)) else original() + round(ahead() * 1e9)

    now_ns.__name__ = now_ns.__qualname__ = original.__name__
    return now_ns


def sleep(seconds: float, /) -> None:
    """`time.sleep` on the time of the thread that calls it."""
    party = here()
    if party is None or not seconds > 0 or is_real_caller(sys._getframe(1)):
        Real.sleep(seconds)
        return
    with TIMELINE.driving(seconds) if is_back_off(seconds) else nullcontext():
        TIMELINE.wait(party, TIMELINE.now() + seconds, _nothing_comes)


def pause(driver: Driver) -> None:
    """Sleep for a virtual pause in this thread."""
    party = here() or Party(TIMELINE.offset, TIMELINE.epoch)
    TIMELINE.wait(party, driver.due, _nothing_comes, is_pause=True)


def _nothing_comes(seconds: float) -> None:
    if seconds:
        Real.sleep(seconds)


# threading


def install(swap: Swap) -> None:
    """Reach the threads that are going to start, and what they wait on."""
    swap(threading.Thread, "start", _start)
    swap(threading.Thread, "join", _join)
    swap(threading.Condition, "wait", _wait)
    swap(ThreadPoolExecutor, "submit", _submit)


def _start(original: Callable[[Any], None]) -> Callable[[Any], None]:
    def start(self: threading.Thread) -> None:
        if not is_real_caller(sys._getframe(1)):
            bequeath(self)
        with members.starting():
            original(self)

    return start


def _due_in(timeout: float | None) -> float:
    return math.inf if timeout is None else TIMELINE.now() + timeout


def _join(original: Callable[..., None]) -> Callable[..., None]:
    def join(self: threading.Thread, timeout: float | None = None) -> None:
        party = here()
        if party is None or not self.is_alive() or (timeout is not None and timeout <= 0):
            original(self, timeout)
            return
        if self is threading.current_thread():
            original(self, timeout)  # it complains

        def has_ended(seconds: float) -> bool:
            original(self, None if seconds == math.inf else seconds)
            return not self.is_alive()

        TIMELINE.wait(party, _due_in(timeout), has_ended)

    return join


def _wait(original: Callable[..., bool]) -> Callable[..., bool]:
    def wait(self: Any, timeout: float | None = None) -> bool:
        party = here()
        if party is None or (timeout is not None and timeout <= 0) or not self._is_owned():
            return original(self, timeout)
        return _wait_for_notice(self, party, _due_in(timeout))

    return wait


def _wait_for_notice(condition: Any, party: Party, due: float) -> bool:
    """`Condition.wait`, whose one waiter stays queued while the clock is looked at again and again."""
    waiter = threading.Lock()
    waiter.acquire()

    def is_notified(seconds: float) -> bool:
        return waiter.acquire(True, -1 if seconds == math.inf else seconds)  # noqa: FBT003 - `acquire(blocking, timeout)`

    condition._waiters.append(waiter)
    saved = condition._release_save()
    notified = False
    try:
        notified = TIMELINE.wait(party, due, is_notified)
    finally:
        condition._acquire_restore(saved)
        # A notice may have come after the last look. Whoever gave it has removed the waiter.
        notified = notified or waiter.acquire(blocking=False)
        if not notified:
            condition._waiters.remove(waiter)
    return notified


def _submit(original: Callable[..., Any]) -> Callable[..., Any]:
    """A pool's thread may be older than the test: while it works for it, it has its time."""

    def submit(self: Any, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        party = here()
        if party is None or is_real_caller(sys._getframe(1)):
            return original(self, function, *args, **kwargs)
        future = original(self, _on_behalf_of(party, function), *args, **kwargs)
        TIMELINE.others.queued.add(future)
        return future

    return submit


def _on_behalf_of(party: Party, function: Callable[..., Any]) -> Callable[..., Any]:
    def work(*args: Any, **kwargs: Any) -> Any:
        if here() is not None:
            return function(*args, **kwargs)
        join(Party(party.base, party.epoch))
        try:
            return function(*args, **kwargs)
        finally:
            members.leave()

    return work
