"""What the loop guards cost: the stream core's work on the same stream without and with them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.rounds import Contest, Prepared, timed
from benchmarks.streams import KINDS, stream
from unspool.guards.cycle import CycleGuard
from unspool.guards.repetition import RepetitionGuard
from unspool.models import ModelResponseStream
from unspool.streaming.core import Guard, StreamCore, StreamOptions

_GUARDS: dict[str, Callable[[], list[Guard]]] = {
    "no guard": list,
    "RepetitionGuard": lambda: [RepetitionGuard(100)],
    "CycleGuard": lambda: [CycleGuard()],
}


def contests(count: int) -> Iterator[Contest]:
    for kind in KINDS:
        sides = {name: timed(partial(_core, kind, count, make)) for name, make in _GUARDS.items()}
        yield Contest(f"stream core, {kind}", count, sides)


def _core(kind: str, count: int, make_guards: Callable[[], list[Guard]]) -> Prepared:
    chunks = [ModelResponseStream(**chunk) for chunk in stream(kind, count)]
    core = StreamCore(StreamOptions(model="m"), now=time.time, guards=make_guards(), build=lambda _: None)
    return lambda: [out for chunk in chunks for out in core.feed(chunk)]
