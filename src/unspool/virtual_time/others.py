"""What may still act by itself while the application waits: other threads, child processes, sockets.

Virtual time must not overtake them. What runs gets as long as it runs. What is blocked where its reason can't
be seen (in a socket, in a file, in a C extension) may be waiting for the real world, so that it gets a
moment of real time, once, each time that it has blocked.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

from unspool.virtual_time.bystanders import is_idle
from unspool.virtual_time.real import Real

THREAD_PATIENCE = 0.25
"""Seconds of real time for a thread that is blocked for an unknown reason."""

CHILD_PATIENCE = 0.5
"""Seconds of real time for a child process that sleeps."""

SOCKET_PATIENCE = 0.25
"""Seconds of real time for an open socket or pipe of an event loop, after something came over it."""


class Others:
    """The rest of this process and its children.

    Attributes:
        queued: work that was handed to a pool of threads: its futures.
        sockets: for each event loop, how many seconds of real time its open sockets should get.
    """

    def __init__(self) -> None:
        self.queued: set[Any] = set()
        self.sockets: dict[int, Callable[[], float]] = {}
        self._quiet: dict[Any, tuple[Any, float]] = {}

    def pace(self, waiting: AbstractSet[int]) -> float:
        """How many seconds of real time they should get now; 0 if none of them seems to run.

        Args:
            waiting: the threads that are known to wait.
        """
        now = Real.monotonic()
        seen = {*self._threads(waiting), *_children(), *self._queued()}
        keys = {key for key, _, _ in seen}
        for key in [key for key in self._quiet if key not in keys]:
            del self._quiet[key]
        threads = max((self._left(*one, now) for one in seen), default=0.0)
        return max([threads, *(pace() for pace in list(self.sockets.values()))])

    def blocked(self, waiting: AbstractSet[int]) -> list[int]:
        """The threads that are blocked for an unknown reason."""
        return [key[1] for key, _, _ in self._threads(waiting)]

    def _left(self, key: Any, state: Any, patience: float, now: float) -> float:
        known = self._quiet.get(key)
        if state is None or known is None or known[0] != state:
            self._quiet[key] = (state, now)
            return patience
        return max(0.0, known[1] + patience - now)

    def _threads(self, waiting: AbstractSet[int]) -> Iterator[tuple[Any, Any, float]]:
        me = threading.get_ident()
        frames = sys._current_frames()
        for ident, frame in frames.items():
            if ident != me and ident not in waiting and not is_idle(frame):
                state = (id(frame), id(frame.f_code), frame.f_lasti)
                yield ("thread", ident), _state(_task(ident), state), THREAD_PATIENCE

    def _queued(self) -> Iterator[tuple[Any, Any, float]]:
        """Work that no thread of its pool has begun: one may be about to."""
        self.queued = {future for future in set(self.queued) if not (future.running() or future.done())}
        if self.queued:
            yield ("queued",), frozenset(map(id, self.queued)), THREAD_PATIENCE


def _task(ident: int) -> str:
    thread = threading._active.get(ident)  # type: ignore[attr-defined]
    return f"/proc/self/task/{getattr(thread, 'native_id', None)}/stat"


def _state(path: str, more: Any) -> Any:
    """How far a thread or a process has got, as far as the system tells; None if it runs right now."""
    try:
        with open(path, "rb") as file:
            fields = file.read().rpartition(b")")[2].split()
    except OSError:  # not Linux, or it has just ended
        return more
    if fields[0] in {b"Z", b"X"}:  # it has ended
        return more
    return None if fields[0] == b"R" else (fields[11], fields[12], more)


def _children() -> Iterator[tuple[Any, Any, float]]:
    if not _has_children():
        return
    try:
        tasks = os.listdir("/proc/self/task")
        pids = {pid for task in tasks for pid in _children_of(task)}
    except OSError:
        yield ("children",), "unknown", CHILD_PATIENCE
        return
    for pid in pids:
        state = _state(f"/proc/{pid}/stat", "gone")
        if state != "gone":
            yield ("child", pid), state, CHILD_PATIENCE


def _children_of(task: str) -> list[str]:
    with open(f"/proc/self/task/{task}/children") as file:
        return file.read().split()


def _has_children() -> bool:
    """Whether there are any, without reaping one that has ended."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except (AttributeError, ChildProcessError):
        return False
    return True
