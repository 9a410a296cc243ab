"""What the loop guards cost: the stream core's work on the same stream without and with them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.rounds import Contest, Prepared, timed
from benchmarks.streams import KINDS, stream

if TYPE_CHECKING:
    from unspool.streaming.core import Guard

_GUARDS = ("no guard", "RepetitionGuard", "CycleGuard")


def contests(count: int) -> Iterator[Contest]:
    for kind in KINDS:
        sides = {name: partial(timed, prepare, name, kind, count) for name in _GUARDS}
        yield Contest(f"stream core, {kind}", count, sides)


def prepare(name: str, kind: str, count: int) -> Prepared:
    from unspool.models import ModelResponseStream
    from unspool.streaming.core import StreamCore, StreamOptions

    chunks = [ModelResponseStream(**chunk) for chunk in stream(kind, count)]
    core = StreamCore(StreamOptions(model="m"), now=time.time, guards=_guards(name), build=lambda _: None)
    return lambda: [out for chunk in chunks for out in core.feed(chunk)]


def _guards(name: str) -> list[Guard]:
    from unspool.guards.cycle import CycleGuard
    from unspool.guards.repetition import RepetitionGuard

    guards: dict[str, list[Guard]] = {
        "no guard": [],
        "RepetitionGuard": [RepetitionGuard(100)],
        "CycleGuard": [CycleGuard()],
    }
    return guards[name]
