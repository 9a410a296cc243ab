"""A fault that is in force for all cassettes at once, whichever is in use: a test under `stream_torture`.

It holds for the whole process, because a test's threads, and what it opened before, are broken too. A
cassette with a fault of its own keeps to that one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from unspool.clock import Clock, lent
from unspool.transports.breaker import Breaker


@dataclass(frozen=True, slots=True)
class InForce:
    """A fault, and the clock that its pauses pass on where a cassette has no clock of its own.

    Attributes:
        breaker: the fault.
        clock: the clock.
        positions: whether requests that the fault has changed are answered by their place in the
            conversation.
    """

    breaker: Breaker
    clock: Clock
    positions: bool = False


_stack: list[InForce | None] = []


def in_force() -> InForce | None:
    """The fault that is in force now; None if there is none."""
    return _stack[-1] if _stack else None


@contextmanager
def force(fault: InForce | None) -> Iterator[None]:
    """Have a fault in force to the end of the block; None suspends the one that is.

    Where its clock is virtual, the application's timers are on virtual time.
    """
    _stack.append(fault)
    try:
        with lent(None if fault is None else fault.clock):
            yield
    finally:
        _stack.remove(fault)
