"""Runs of trio on virtual time: their clock, and where they wait for input and output."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

from unspool.virtual_time.event_loops import descriptor_listens, sleeping
from unspool.virtual_time.members import TIMELINE, here
from unspool.virtual_time.others import SOCKET_PATIENCE
from unspool.virtual_time.real import Real
from unspool.virtual_time.swaps import Swap
from unspool.virtual_time.timeline import Moving, Party

_joined: dict[int, VirtualRun] = {}


class VirtualRun:
    """A run's clock and its I/O manager in one, which ask the timeline where the run would block."""

    def __init__(self, runner: Any, party: Party) -> None:
        self.party = party
        self.runner = runner
        self.clock = runner.clock
        self.io = runner.io_manager
        self._wakeup = {runner.entry_queue.wakeup.wakeup_sock.fileno()}  # by which other threads wake it
        self._files: Any = None
        self._open_since = 0.0

    # As a clock

    def start_clock(self) -> None:
        self.clock.start_clock()

    def current_time(self) -> float:
        now: float = self.clock.current_time() + TIMELINE.offset - self.party.base
        return now

    def deadline_to_sleep_time(self, deadline: float) -> float:
        return deadline - self.current_time()

    # As an I/O manager

    def __getattr__(self, name: str) -> Any:
        return getattr(self.io, name)

    def get_events(self, timeout: float) -> Any:
        """What is ready; nothing at the moment of the next deadline."""
        if self.party.epoch != TIMELINE.epoch or timeout <= 0:
            return self._note(self.io.get_events(timeout))
        return TIMELINE.wait(self.party, TIMELINE.now() + timeout, self._block)

    def _block(self, seconds: float) -> Any:
        return self._note(self.io.get_events(seconds))

    def _note(self, events: Any) -> Any:
        if events:
            self._open_since = Real.monotonic()
        return events

    def pace(self) -> float:
        """How many seconds of real time its sockets and pipes should get now."""
        keys = list(getattr(self.io, "_registered", ()))
        files = {key[0] if isinstance(key, tuple) else key for key in keys} - self._wakeup
        if files != self._files:
            self._files, self._open_since = files, Real.monotonic()
        left = self._open_since + SOCKET_PATIENCE - Real.monotonic()
        return left if left > 0 and not all(map(descriptor_listens, files)) else 0.0

    def hand_back(self) -> None:
        """Give the run its own time back; deadlines keep their distance."""
        self.runner.clock = self.clock
        self.runner.io_manager = self.io


def current_run() -> Any:
    """The run of trio in this thread; None if there is none."""
    module = sys.modules.get("trio._core._run")
    return None if module is None else getattr(module.GLOBAL_RUN_CONTEXT, "runner", None)


def in_task() -> bool:
    """Whether this is a task of trio's."""
    module = sys.modules.get("trio._core._run")
    return module is not None and getattr(module.GLOBAL_RUN_CONTEXT, "task", None) is not None


def join_run(runner: Any) -> Party | None:
    """Put a run on virtual time; None if another tool moves its time."""
    party = here()
    known = _joined.get(id(runner))
    if known is not None:
        if known.party.epoch == TIMELINE.epoch and party in {None, known.party}:
            return known.party
        _leave(known)
    if type(runner.clock).__name__ != "SystemClock":
        return None
    run = VirtualRun(runner, party or Party(TIMELINE.offset, TIMELINE.epoch))
    runner.clock = runner.io_manager = run
    TIMELINE.others.sockets[id(runner)] = run.pace
    _joined[id(runner)] = run
    return run.party


def join_current_run() -> None:
    """Put the run of this thread on virtual time, if there is one."""
    runner = current_run()
    if runner is not None:
        join_run(runner)


def release_runs() -> None:
    """Give all runs their own time back."""
    for run in list(_joined.values()):
        _leave(run)


def _leave(run: VirtualRun) -> None:
    if _joined.get(id(run.runner)) is run:
        del _joined[id(run.runner)]
        TIMELINE.others.sockets.pop(id(run.runner), None)
        run.hand_back()


async def pause(seconds: float, *, clock: Moving, spent: float) -> bool:
    """Sleep for a virtual pause; whether that could be done."""
    runner = current_run()
    if join_run(runner) is None and math.isinf(getattr(runner.clock, "autojump_threshold", math.inf)):
        return False
    sleep = sys.modules["trio"].sleep
    sleep = getattr(sleep, "__wrapped__", sleep)
    with TIMELINE.driving(seconds, clock=clock, spent=spent):
        await sleep(max(0.0, seconds - spent))
    return True


def install(swap: Swap) -> None:
    """Reach the runs that are going to start in threads on virtual time."""
    module = sys.modules.get("trio._core._run")
    if module is not None:
        swap(module, "setup_runner", _setup_runner)
        for place in ("trio", "trio._timeouts"):
            swap(sys.modules[place], "sleep", sleeping)


def _setup_runner(original: Callable[..., Any]) -> Callable[..., Any]:
    def setup_runner(*args: Any, **kwargs: Any) -> Any:
        runner = original(*args, **kwargs)
        if here() is not None:
            join_run(runner)
        return runner

    return setup_runner
