"""Faults at random, on the bytes of a stream."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.conformance.corpus import RecordedStream
from tests.faults.every import EVERY_FAULT

from unspool.cassette.model import Interaction, Request, Response
from unspool.errors import FaultError
from unspool.faults import (
    CATALOGUE,
    Corrupt,
    Cut,
    CutEvents,
    CutInEvent,
    Drop,
    Duplicate,
    ErrorEvent,
    Fault,
    Malformed,
    Rechunk,
    Shred,
    Swap,
    UnknownEvent,
)

AIMED: tuple[Callable[[int], Fault], ...] = (
    Corrupt, Cut, CutEvents, CutInEvent, Drop, Duplicate, ErrorEvent, Malformed, Swap, UnknownEvent,
)  # fmt: skip


def broken(data: bytes, stream: RecordedStream, random: Random) -> bytes:
    """The bytes with one fault or two; as they were if there is no place for those."""
    recorded = Interaction(
        Request("POST", f"https://{stream.provider}.invalid/v1"),
        Response(200, "OK", (("content-type", "text/event-stream"),), data),
    )
    fault = a_fault(random)
    if random.random() < 0.3:
        fault = fault | a_fault(random)
    try:
        made = fault.apply(recorded).response
    except FaultError:
        return data
    return made.body


def a_fault(random: Random) -> Fault:
    kind = random.randrange(4)
    if kind == 0:
        return random.choice(CATALOGUE)
    if kind == 1:
        return random.choice(EVERY_FAULT)
    if kind == 2:
        return random.choice([Rechunk(random.randint(1, 50)), Shred(seed=random.randrange(10**6))])
    return random.choice(AIMED)(random.choice([0, 1, 2, 3, 5, 10, 50, 200]))
