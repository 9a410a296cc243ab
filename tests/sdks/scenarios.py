"""What can happen to an answer on its way."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import cycle

from tests.loopback import Answer
from tests.sdks.answers import Format

GAPS = (0.03, 0.02, 0.05, 0.04)
"""Seconds between two pieces, so that the network joins none."""

SSE = {"content-type": "text/event-stream; charset=utf-8"}


@dataclass(frozen=True)
class Scenario:
    """One thing that can happen.

    Attributes:
        title: its column's head.
        answers: what the server says to the first request, to the second, ….
        streaming: whether a stream is asked for.
        leave_after: the item after which the client hangs up.
        patience: the client's read timeout, in seconds.
    """

    name: str
    title: str
    answers: Callable[[Format], list[Answer]]
    streaming: bool = True
    leave_after: int | None = None
    patience: float = 5.0

    def __str__(self) -> str:
        return self.name


def with_gaps(pieces: Iterable[bytes]) -> Iterator[bytes | float]:
    """The pieces, with a pause before each."""
    for gap, piece in zip(cycle(GAPS), pieces):
        yield gap
        yield piece


def _whole(form: Format) -> list[Answer]:
    return [Answer(list(with_gaps(form.events)), headers=SSE)]


def _half(form: Format) -> list[bytes | float]:
    return list(with_gaps(form.events[: len(form.events) // 2]))


def _reset(form: Format) -> list[Answer]:
    # The pause lets the client read what came before: a reset throws away what it hasn't read.
    return [Answer([*_half(form), GAPS[0]], headers=SSE, ending="reset")]


def _cut(form: Format) -> list[Answer]:
    return [Answer(_half(form), headers=SSE, ending="cut")]


def _stalled(form: Format) -> list[Answer]:
    return [Answer(_half(form), headers=SSE, ending="stall")]


def _gzipped(form: Format) -> list[Answer]:
    packed = zlib.compressobj(wbits=31)
    pieces = [packed.compress(event) + packed.flush(zlib.Z_SYNC_FLUSH) for event in form.events]
    return [Answer(list(with_gaps([*pieces, packed.flush()])), headers={**SSE, "content-encoding": "gzip"})]


def _split(form: Format) -> list[Answer]:
    return [Answer(list(with_gaps(inside_characters(form.events))), headers=SSE)]


def inside_characters(events: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes, cut inside the first character of each event that has more than one byte."""
    kept = b""
    for event in events:
        at = next((i for i, byte in enumerate(event) if byte > 0xBF), None)
        if at is None:
            kept += event
        else:
            yield kept + event[: at + 1]
            kept = event[at + 1 :]
    yield kept


def _refused_once(form: Format) -> list[Answer]:
    # The milliseconds are for those who know them; the others wait a second, or as long as they please.
    after = {"retry-after-ms": "20", "retry-after": "1"}
    return [Answer.json(form.refusal, 429, after), *_whole(form)]


def _json(form: Format) -> list[Answer]:
    return [Answer.json(form.whole)]


SCENARIOS = (
    Scenario("gaps", "gaps", _whole),
    Scenario("reset", "reset", _reset),
    Scenario("cut", "cut off", _cut),
    Scenario("stall", "stall", _stalled, patience=0.3),
    Scenario("gzip", "gzip", _gzipped),
    Scenario("split", "split characters", _split),
    Scenario("hang-up", "early hang-up", _whole, leave_after=2),
    Scenario("retry", "429, retried", _refused_once),
    Scenario("json", "no stream", _json, streaming=False),
)
