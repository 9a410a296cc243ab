"""Faults, alone, one after another, or for some attempts only; each prints as the code that makes it."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from unspool import faults as known
from unspool.faults import Fault

_places = st.integers(0, 20)
_seeds = st.integers(0, 1_000)
_seconds = st.sampled_from([1.0, 5.0, 60.0])
_statuses = st.sampled_from([429, 500, 503, 529, 400, 401, 404])


# What is simplest to think about comes first: that is what is shrunk to.
_AIMED: tuple[Callable[[int], Fault], ...] = (
    known.CutEvents,
    known.CutInEvent,
    known.Cut,
    known.Break,
    known.Malformed,
    known.Drop,
    known.Duplicate,
    known.Swap,
    known.Corrupt,
    known.UnknownEvent,
    known.Hang,
)
_WHOLE: tuple[Callable[[], Fault], ...] = (
    known.NoFinish,
    known.EarlyFinish,
    known.RepeatFinish,
    known.CutInCharacter,
    known.Merge,
    known.BreakAfterFinish,
    known.Refuse,
    known.NoAnswer,
    known.HtmlPage,
    known.BrokenArguments,
)


def _single() -> SearchStrategy[Fault]:
    kinds: list[SearchStrategy[Fault]] = [
        *(st.builds(kind, _places) for kind in _AIMED),
        *(st.builds(kind) for kind in _WHOLE),
        st.builds(known.ErrorEvent, _places, status=_statuses),
        st.builds(known.Stall, _places, _seconds),
        st.builds(known.Drip, _seconds),
        st.builds(known.Jitter, _seconds, _seeds),
        st.builds(known.Rechunk, st.integers(1, 64)),
        st.builds(known.Shred, seed=_seeds),
        st.builds(known.Split, st.sampled_from(["characters", "crlf", "data", "lines"])),
        st.builds(known.Status, _statuses),
    ]
    return st.one_of(kinds)


@st.composite
def faults(draw: DrawFn, *, max_size: int = 3) -> Fault:
    """A fault: single ones, and compositions of them by `|` and by `.on(1)`.

    It may find nothing to break in an answer, and says so with a `FaultError`: `hypothesis.reject()` then.

    Args:
        max_size: how many may happen one after another.
    """
    some = draw(st.lists(_single(), min_size=1, max_size=max_size))
    fault = reduce(or_, some)
    attempts = draw(st.lists(st.integers(1, 3), max_size=2, unique=True))
    return fault.on(*attempts) if attempts else fault
