"""Faults, alone, one after another, or for some attempts only; each prints as the code that makes it."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from unspool import faults as known
from unspool.faults import Fault

_places = st.integers(0, 20)
_seeds = st.integers(0, 1_000)
_seconds = st.sampled_from([1.0, 5.0, 60.0])
_statuses = st.sampled_from([429, 500, 503, 529, 400, 401, 404])


_errors = st.sampled_from(["ReadError", "ConnectError", "ReadTimeout", "RemoteProtocolError"])
_ends: SearchStrategy[Any] = st.sampled_from(["complete", "reset", "protocol_error", "read_timeout"])
_texts = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=8)


def _one_of(*values: str) -> SearchStrategy[Any]:
    return st.sampled_from(values)


def _some(**given: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """Draw settings, each explicit or left at its default."""
    return st.fixed_dictionaries({}, optional=given)


_AFTER = _some(after=_places)

# The simplest one is first: Hypothesis shrinks to it.
KINDS: dict[type[Fault], SearchStrategy[dict[str, Any]]] = {
    known.CutEvents: st.fixed_dictionaries({"after": _places}, optional={"end": _ends}),
    known.CutInEvent: _some(after=_places, end=_ends),
    known.Cut: st.fixed_dictionaries({"after": st.integers(0, 2_000)}, optional={"end": _ends}),
    known.CutInCharacter: _some(after=_places, end=_ends),
    known.CutBeforeDone: _some(end=_ends),
    known.Break: _some(after=_places, error=_errors),
    known.BreakAfterFinish: _some(error=_errors),
    known.Malformed: _AFTER,
    known.Drop: _AFTER,
    known.Duplicate: _some(after=_places, times=st.integers(2, 4)),
    known.Swap: _AFTER,
    known.Corrupt: _some(after=_places, seed=_seeds),
    known.BadChecksum: _AFTER,
    known.BadGzip: _AFTER,
    known.UnknownEvent: _some(after=_places, kind=_one_of("unspool.unknown", "ping")),
    known.Inject: st.fixed_dictionaries(
        {"data": st.sampled_from([b": note\n\n", b"retry: 3000\n\n"])}, optional={"after": _places}
    ),
    known.Hang: _some(after=_places, seconds=_seconds),
    known.Stall: _some(after=_places, seconds=_seconds),
    known.SlowStart: st.fixed_dictionaries({"seconds": _seconds}, optional={"headers": st.booleans()}),
    known.Drip: st.fixed_dictionaries({"seconds": _seconds}),
    known.Jitter: _some(most=_seconds, seed=_seeds),
    known.NoFinish: _some(),
    known.EarlyFinish: _some(),
    known.RepeatFinish: _some(),
    known.FinishAs: _some(reason=_one_of("stop", "length", "content_filter", "tool_calls")),
    known.ErrorEvent: _some(after=_places, status=_statuses, message=_texts),
    known.Rechunk: _some(size=st.integers(1, 64)),
    known.Shred: _some(seed=_seeds, most=st.integers(1, 20)),
    known.Merge: _some(count=st.integers(1, 5)),
    known.Split: _some(at=_one_of("characters", "crlf", "data", "lines")),
    known.LineEnds: _some(ends=_one_of("\n", "\r\n", "\r")),
    known.MultilineData: _some(),
    known.ByteOrderMark: _some(),
    known.KeepAlives: _some(text=_one_of("keep-alive", "OPENROUTER PROCESSING"), count=st.integers(1, 3)),
    known.NoFinalBlankLine: _some(),
    known.Loop: _some(after=_places, period=st.integers(1, 4), times=st.integers(2, 200)),
    known.ShuffledLoop: _some(after=st.integers(1, 20), times=st.integers(2, 40), seed=_seeds),
    known.EmptyChoices: _AFTER,
    known.NullChoices: _AFTER,
    known.NoDelta: _AFTER,
    known.UsageOn: _some(at=_one_of("first", "every", "finish", "after", "twice", "choice", "nowhere")),
    known.RepeatMessage: _some(),
    known.RepeatStart: _some(),
    known.NoStart: _some(),
    known.ChangingIds: _AFTER,
    known.WrongIds: _some(how=_one_of("rotated", "missing", "shared")),
    known.WrongIndices: _some(how=_one_of("missing", "shared", "shifted")),
    known.WrongOutput: _some(how=_one_of("empty", "short", "reversed")),
    known.OverlappingBlocks: _some(),
    known.BrokenArguments: _some(),
    known.CumulativeArguments: _some(),
    known.SplitArguments: _some(size=st.integers(1, 8)),
    known.UnfinishedCall: _some(after=_places, reason=_one_of("length", "tool_calls")),
    known.EmptyCalls: _some(),
    known.CallsWithout: _some(key=_one_of("id", "index")),
    known.SharedIndex: _some(),
    known.Refuse: _some(error=_errors),
    known.NoAnswer: _some(error=_errors),
    known.Status: st.fixed_dictionaries({"status": _statuses}, optional={"message": _texts}),
    known.HtmlPage: _some(content_type=_one_of("text/html", "text/event-stream")),
    known.ContentType: _some(value=_one_of("text/plain", "application/json")),
    known.Answer: _some(status=_statuses, body=st.binary(max_size=8)),
    known.NoFault: _some(),
}
"""Every fault, with its drawn settings."""


def _built(kind: type[Fault], settings: SearchStrategy[dict[str, Any]]) -> SearchStrategy[Fault]:
    return settings.map(lambda given: kind(**given))


def _single() -> SearchStrategy[Fault]:
    return st.one_of([_built(kind, settings) for kind, settings in KINDS.items()])


@st.composite
def faults(draw: DrawFn, *, max_size: int = 3) -> Fault:
    """Draw a fault: single ones, and compositions of them by `|` and by `.on(1)`.

    It may find nothing to break in a response, and then raises `FaultError`: call `hypothesis.reject()`.

    Args:
        max_size: how many may be composed.
    """
    some = draw(st.lists(_single(), min_size=1, max_size=max_size))
    fault = reduce(or_, some)
    attempts = draw(st.lists(st.integers(1, 3), max_size=2, unique=True))
    return fault.on(*attempts) if attempts else fault
