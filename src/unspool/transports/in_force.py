"""A fault for all cassettes at once: a test under `stream_torture`.

It applies to the whole process, because it breaks a test's threads and earlier connections too. A cassette
with its own fault uses that one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from unspool.clock import Clock, lent
from unspool.transports.breaker import Breaker


@dataclass(frozen=True, slots=True)
class InForce:
    """A fault, and the clock of its pauses for a cassette without its own clock.

    Attributes:
        breaker: the fault.
        clock: the clock.
        positions: whether requests that the fault has changed are answered by their position in the
            conversation.
    """

    breaker: Breaker
    clock: Clock
    positions: bool = False


_stack: list[InForce | None] = []


def in_force() -> InForce | None:
    """Return the active fault; None if there is none."""
    return _stack[-1] if _stack else None


@contextmanager
def force(fault: InForce | None) -> Iterator[None]:
    """Activate a fault to the end of the block; None suspends the active one.

    If its clock is virtual, the application's timers are on virtual time.
    """
    _stack.append(fault)
    try:
        with lent(None if fault is None else fault.clock):
            yield
    finally:
        _stack.remove(fault)
