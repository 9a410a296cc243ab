"""Which threads are on virtual time: those that were lent it, and those that they start."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from unspool.virtual_time.timeline import Party, Timeline

TIMELINE = Timeline()
"""The timeline of this process."""

INHERITED = "_unspool_party"
"""The attribute of a thread that was started by a party."""

_here = threading.local()


def here() -> Party | None:
    """The party that this thread is; None if its time is real."""
    if getattr(_here, "is_starting", False):
        return None
    party: Party | None = getattr(_here, "party", None)
    if party is None:
        thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
        parent: Party | None = getattr(thread, INHERITED, None)
        if parent is None or parent.epoch != TIMELINE.epoch:
            return None
        party = _here.party = Party(parent.base, parent.epoch, is_behind_answer=False)
    return party if party.epoch == TIMELINE.epoch else None


def join(party: Party | None = None) -> Party:
    """Put this thread on virtual time, which begins as real time."""
    known = here()
    if known is not None:
        return known
    _here.party = party or Party(TIMELINE.offset, TIMELINE.epoch)
    joined: Party = _here.party
    return joined


def leave() -> None:
    """Give this thread its real time back."""
    _here.party = None


@contextmanager
def starting() -> Iterator[None]:
    """Inside the block this thread starts another one, and doesn't count as waiting."""
    _here.is_starting = True
    try:
        yield
    finally:
        _here.is_starting = False


def bequeath(thread: threading.Thread) -> None:
    """Put a thread that is about to start on the virtual time of this one."""
    party = here()
    if party is not None:
        setattr(thread, INHERITED, party)


def ahead() -> float:
    """How many seconds this thread's time is ahead of real time."""
    party = here()
    return 0.0 if party is None else TIMELINE.offset - party.base


_SHORTEST_BACK_OFF = 0.1
"""Shorter sleeps poll for something, or pace an output: they take real time."""


def is_back_off(seconds: float) -> bool:
    """Whether a sleep of this thread is a virtual pause."""
    party = here()
    if party is None:
        return False
    return TIMELINE.is_eager or (party.is_behind_answer and seconds >= _SHORTEST_BACK_OFF)
