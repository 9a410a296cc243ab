"""The one virtual time of this process: who waits on it, and when it moves.

Virtual time is real time plus an offset that only grows, so that whatever takes real time takes virtual time
too. It jumps only while a virtual pause is pending, and only once everybody waits:

- A *party* is a thread whose timers read virtual time. It is blocked where it sleeps, waits for a lock, or
  selects in its event loop with nothing ready; `due` says until when.
- A *driver* is a virtual pause: of a stream, or of an application that backs off. Without one, time is real.
- Before each jump every blocked party looks once more for what may have arrived meanwhile, and all else
  that may run gets its time (`others`). Then time jumps to the earliest moment that a party waits for.

No thread wakes another: blocked parties look at the clock in short real intervals, and one that is alone
never waits at all.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from unspool.virtual_time.others import Others
from unspool.virtual_time.real import Real

T = TypeVar("T")

_HANDOFF = 0.0005
"""Seconds of real time until a blocked party looks again while time is about to move."""

_PASTIME = 0.005
"""Seconds of real time until it looks again while nothing virtual is pending."""

_EPSILON = 1e-9


class Moving(Protocol):
    """A clock that shows how much virtual time has passed."""

    elapsed: float


@dataclass(eq=False, slots=True)
class Party:
    """A thread on virtual time.

    Attributes:
        base: the timeline's offset when it joined: its own time began as real time.
        epoch: of the timeline; a party of an earlier one is a party no more.
        is_behind_answer: whether it has received a virtual answer, so that its sleeps are back-offs.
        ident: the thread that is blocked.
        due: the moment for which it's blocked; None while it runs.
        looked: real time at which it last found nothing ready.
    """

    base: float
    epoch: int
    is_behind_answer: bool = False
    ident: int = 0
    due: float | None = None
    looked: float = 0.0


@dataclass(eq=False, slots=True)
class Driver:
    """A virtual pause that is pending.

    Attributes:
        due: when it ends.
        clock: the clock that shows it.
        end: what the clock will show then.
    """

    due: float
    clock: Moving | None = None
    end: float = 0.0

    def show(self, elapsed: float) -> None:
        """Let the clock show that so much has passed; it never goes back."""
        if self.clock is not None:
            self.clock.elapsed = max(self.clock.elapsed, elapsed)


@dataclass(eq=False)
class Timeline:
    """Virtual time. All moments are on it: real monotonic seconds plus `offset`."""

    offset: float = 0.0
    epoch: int = 0
    lent: list[tuple[Moving, bool]] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)
    others: Others = field(default_factory=Others)
    on_jump: list[Callable[[float], None]] = field(default_factory=list)
    _blocked: set[Party] = field(default_factory=set)
    _drivers: list[Driver] = field(default_factory=list)
    _accounted: dict[Moving, float] = field(default_factory=dict)
    _all_wait_since: float | None = None

    def now(self) -> float:
        """The present moment."""
        return Real.monotonic() + self.offset

    # Clocks

    def lend(self, clock: Moving, *, eager: bool) -> None:
        """Let a clock show what passes. With `eager`, every sleep of a party is a virtual pause."""
        with self.lock:
            self.lent.append((clock, eager))
            self._accounted[clock] = self.now()

    def take_back(self, clock: Moving, *, eager: bool) -> None:
        """Undo `lend`."""
        with self.lock:
            self.lent.remove((clock, eager))
            self._forget_clocks()

    @property
    def is_eager(self) -> bool:
        """Whether every sleep of a party is a virtual pause."""
        return any(eager for _, eager in self.lent)

    def _forget_clocks(self) -> None:
        live = {clock for clock, _ in self.lent} | {one.clock for one in self._drivers}
        for clock in self._accounted.keys() - live:
            del self._accounted[clock]

    def end_epoch(self) -> None:
        """Give every party real time back; pauses that are still pending pass in real time."""
        with self.lock:
            self.epoch += 1
            self._blocked.clear()
            self._drivers.clear()
            self._all_wait_since = None

    # Pauses

    @contextmanager
    def driving(self, seconds: float, *, clock: Moving | None = None, spent: float = 0.0) -> Iterator[Driver]:
        """Inside the block a virtual pause is pending.

        Args:
            seconds: how long.
            clock: on which clock; None for the one that was lent last.
            spent: how many of the seconds have passed already.
        """
        with self.lock:
            now = self.now()
            if clock is None and self.lent:
                clock = self.lent[-1][0]
            driver = Driver(now + max(0.0, seconds - spent), clock)
            if clock is not None:
                self._accounted.setdefault(clock, now)
                driver.end = clock.elapsed + seconds
            self._drivers.append(driver)
        is_over = False
        try:
            yield driver
            is_over = True
        finally:
            with self.lock:
                if driver in self._drivers:
                    self._drivers.remove(driver)
                if is_over:
                    driver.show(driver.end)
                self._forget_clocks()

    def advance(self, clock: Moving, seconds: float) -> None:
        """Jump by hand, as far as a clock was moved by hand."""
        with self.lock:
            if any(clock is one for one, _ in self.lent):
                self._move(seconds)

    # Waiting

    def waiting(self) -> set[int]:
        """The threads that wait."""
        return {party.ident for party in self._blocked}

    def wait(self, party: Party, due: float, block: Callable[[float], T], *, is_pause: bool = False) -> T:
        """Block a party until a moment, or until what it waits for has arrived.

        Args:
            party: who waits.
            due: the moment; may be infinite.
            block: waits so many real seconds at most and returns what has arrived, or something falsy.
            is_pause: whether it's a virtual pause, which ends when virtual time does.
        """
        came = block(0.0)
        if came or due <= self.now():
            return came
        with self._blocking(party, due):
            while True:
                pace = self._pace(party, due)
                if pace is None or (is_pause and party.epoch != self.epoch):
                    return came
                looked = Real.monotonic()
                came = block(pace)
                if came:
                    return came
                party.looked = looked

    @contextmanager
    def _blocking(self, party: Party, due: float) -> Iterator[None]:
        before = (party.due, party.ident)
        self._set(party, due, threading.get_ident())
        try:
            yield
        finally:
            self._set(party, *before)

    def _set(self, party: Party, due: float | None, ident: int) -> None:
        with self.lock:
            party.due, party.ident, party.looked = due, ident, 0.0
            self._all_wait_since = None
            if due is None:
                self._blocked.discard(party)
            else:
                self._blocked.add(party)

    def _pace(self, party: Party, due: float) -> float | None:
        """How many real seconds to block before asking again; None at the moment that was waited for."""
        with self.lock:
            left = due - self.now()
            if left <= 0:
                return None
            if party.epoch != self.epoch or not self._drivers:
                alone = len(threading._active) <= 1  # type: ignore[attr-defined]
                return left if alone or party.epoch != self.epoch else min(left, _PASTIME)
            return min(left, self._time_or_pace())

    def _time_or_pace(self) -> float:
        """Move time if everybody waits; else how long to wait before asking again."""
        earliest = min(one.due for one in self._blocked if one.due is not None)
        now = self.now()
        if earliest <= now or earliest == math.inf:
            return _HANDOFF if earliest <= now else _PASTIME
        pace = self.others.pace(self.waiting())
        if pace:
            self._all_wait_since = None
            return min(pace, _PASTIME)
        if self._all_wait_since is None:
            self._all_wait_since = Real.monotonic()
        if any(one.looked < self._all_wait_since for one in self._blocked):
            return 0.0 if len(self._blocked) == 1 else _HANDOFF
        self._jump(earliest)
        return 0.0

    def _jump(self, due: float) -> None:
        """Move to a moment: that of a pause's end, or of another timer, which pending pauses show as well."""
        reached = [driver for driver in self._drivers if driver.due <= due + _EPSILON]
        clocks = {driver.clock for driver in reached}
        for driver in self._drivers:
            if driver in reached:
                driver.show(driver.end)
            elif driver.clock is not None and driver.clock not in clocks:
                clocks.add(driver.clock)
                driver.show(driver.clock.elapsed + max(0.0, due - self._accounted[driver.clock]))
        self._move(due - self.now())

    def _move(self, seconds: float) -> None:
        self.offset += seconds
        self._all_wait_since = None
        now = self.now()
        for clock in self._accounted:
            self._accounted[clock] = now
        for call in self.on_jump:
            call(seconds)
