"""What differs between two runs of the same call, in words; nothing is what one hopes for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

from tests.sdks.runs import Run
from tests.sdks.watching import Exchange

from unspool.cassette.boundaries import pieces
from unspool.cassette.model import Interaction

TOLERANCE = 0.005
"""By how many seconds a replay on the real clock may be off."""

EXACT = 1e-6
"""As much for virtual time: less than a cassette can say."""


def differences(want: Run, got: Run) -> Iterator[str]:
    """What of a run isn't as in another."""
    if got.items != want.items:
        yield _items(want.items, got.items)
    if got.error != want.error:
        yield _errors(want.error, got.error)
    if len(got.exchanges) != len(want.exchanges):
        yield f"{len(got.exchanges)} requests instead of {len(want.exchanges)}"
        return
    for one, other in zip(want.exchanges, got.exchanges, strict=True):
        yield from _exchange(one, other)


def _items(want: list[Any], got: list[Any]) -> str:
    if len(got) != len(want):
        return f"{len(got)} items instead of {len(want)}"
    return "other items"


def _errors(want: str | None, got: str | None) -> str:
    return f"{_told(got, want)} instead of {_told(want, got)}"


def _told(error: str | None, other: str | None) -> str:
    """An error's class; with its text, if the other is of the same class."""
    if error is None:
        return "no error"
    return error if other is not None and kind_of(other) == kind_of(error) else kind_of(error)


def kind_of(error: str) -> str:
    """The class that a description of an error begins with."""
    return error.partition(":")[0]


_FACTS: dict[str, Callable[[Exchange], Any]] = {
    "request": lambda one: (one.method, one.path, one.body),
    "status": lambda one: (one.status, one.http_version),
    "headers": lambda one: one.headers,
    "bytes": lambda one: b"".join(one.chunks),
    "failure": lambda one: one.failure,
}


def _exchange(want: Exchange, got: Exchange) -> Iterator[str]:
    yield from (f"other {name}" for name, of in _FACTS.items() if of(want) != of(got))
    if want.chunks != got.chunks and b"".join(want.chunks) == b"".join(got.chunks):
        yield "other boundaries"


_DATE = re.compile(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")


def undated(run: Run) -> Run:
    """The run without the server's clock, which is in a header, and so in some SDKs' items and errors."""
    exchanges = [replace(one, headers=_undated(one.headers)) for one in run.exchanges]
    return replace(run, items=_undated(run.items), error=_undated(run.error), exchanges=exchanges)


def _undated(data: Any) -> Any:
    return json.loads(_DATE.sub("", json.dumps(data)))


def kept(recorded: Run, interactions: Sequence[Interaction]) -> Iterator[str]:
    """What a cassette has otherwise than the client that was recorded: all that it saw must be there."""
    if len(interactions) != len(recorded.exchanges):
        yield f"{len(interactions)} interactions of {len(recorded.exchanges)} requests"
        return
    for seen, interaction in zip(recorded.exchanges, interactions, strict=True):
        if interaction.request.body != seen.body:
            yield "another order, or another request"
        if [data for _, data in pieces(interaction.response)][: len(seen.chunks)] != seen.chunks:
            yield "other pieces than the client's"


def lateness(run: Run, interactions: Sequence[Interaction]) -> list[float]:
    """By how many seconds headers, pieces and ends came later than recorded; negative, if earlier."""
    pairs = zip(run.exchanges, interactions, strict=False)
    return [late for seen, interaction in pairs for late in _late(seen, interaction)]


def _late(seen: Exchange, interaction: Interaction) -> Iterator[float]:
    timeline = interaction.response.timeline
    if timeline is None or seen.headers_at is None or timeline.headers_at is None:
        return
    yield seen.headers_at - timeline.headers_at
    yield from (at - chunk.at for at, chunk in zip(seen.times, timeline.chunks, strict=False))
    if seen.ended_at is not None and timeline.ended_at is not None:
        yield seen.ended_at - timeline.ended_at


def lateness_of_items(want: Run, got: Run) -> list[float]:
    """The same of the items, seen from the first: for what is known of the SDK's side only."""
    return [(b - got.times[0]) - (a - want.times[0]) for a, b in zip(want.times, got.times, strict=False)]


def worst(late: Sequence[float]) -> float:
    return max(map(abs, late), default=0.0)


def middle(late: Sequence[float]) -> float:
    return median(map(abs, late)) if late else 0.0


def held_back(want: Run, got: Run) -> bool:
    """Whether items that once came one after the other come all at once."""
    return len(want.times) > 2 and _spread(got) < _spread(want) / 2


def _spread(run: Run) -> float:
    return run.times[-1] - run.times[0] if run.times else 0.0
