"""Models sometimes say the same for ever; nobody wants to read, or pay for, all of that."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from chat_agent.errors import REPEATING, ModelError
from chat_agent.turn import CallPart

TIMES = 10
"""So many rounds of the same are a loop."""

LONGEST = 8
"""A round has up to so many parts."""


def stop_repetition(parts: Iterable[str | CallPart]) -> Iterator[str | CallPart]:
    """The parts as they come, until the last of them have been the same round again and again."""
    last: deque[str | CallPart] = deque(maxlen=TIMES * LONGEST)
    for part in parts:
        yield part
        last.append(part)
        if any(_goes_round(list(last), length) for length in range(1, LONGEST + 1)):
            raise ModelError(REPEATING)


def _goes_round(parts: list[str | CallPart], length: int) -> bool:
    tail = parts[-TIMES * length :]
    return len(tail) == TIMES * length and tail == tail[-length:] * TIMES
