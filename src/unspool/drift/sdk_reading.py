"""Compare what an SDK's user gets of a stream with what is in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from os.path import commonprefix
from typing import Any

from unspool.drift.findings import Finding
from unspool.drift.json_leaves import counted_leaves
from unspool.drift.sdks.seen import Seen, is_kind
from unspool.drift.streams import Result, Stream, arguments_of, events_of, kind_of, result_of

_MOST_SHOWN = 60
_CONTEXT = 16
Found = tuple[str, str, str]
"""A rule, the place and the detail."""


def compare(stream: Stream, seen: Seen) -> list[Found]:
    """Return what an SDK loses of a stream, or reads otherwise.

    Args:
        stream: what is in it.
        seen: what the SDK made of it.
    """
    ours = stream.result
    found = list(_errors(ours, seen))
    if seen.error is None:
        found += _events(stream.wire_format, stream.sent, seen.items)
        found += _values(stream.sent, seen.items)
    if seen.error is None and ours.error is None:
        items = events_of(stream.wire_format, seen.items)
        found += _result(ours, result_of(stream.wire_format, items))
        found += _helper(ours, seen)
    return [*found, *_models(seen)]


def _errors(ours: Result, seen: Seen) -> Iterator[Found]:
    if seen.error is not None and ours.error is None:
        yield "sdk-raises", _class(seen.error), seen.error
    elif ours.error is not None and seen.error is None and seen.helper_error is None:
        yield "sdk-misses-error", "", _short(ours.error)


def _class(error: str) -> str:
    return error.partition(":")[0]


def _events(wire_format: str, sent: Sequence[Any], items: Sequence[Any]) -> Iterator[Found]:
    there = Counter(kind_of(wire_format, item) for item in items if isinstance(item, dict))
    wanted = Counter(kind_of(wire_format, one) for one in sent)
    for kind, count in wanted.items():
        if there[kind] < count:
            yield "event-dropped", kind, f"{count - there[kind]} of {count}"


def _values(sent: Sequence[Any], items: Sequence[Any]) -> Iterator[Found]:
    wanted, there = counted_leaves(sent), counted_leaves(items)
    for path, values in wanted.items():
        lost = values - there.get(path, Counter())
        if not lost:
            continue
        if sum(there.get(path, Counter()).values()) >= sum(values.values()):
            new = there[path] - values
            yield "value-changed", path, f"{_first(lost)}, read as {_first(new)}"
        else:
            yield "field-dropped", path, f"such as {_first(lost)}"


def _result(ours: Result, theirs: Result) -> Iterator[Found]:
    for aspect, value in ours.aspects.items():
        read = theirs.aspects.get(aspect)
        if value != read and not (aspect == "usage" and value is None):
            yield "result-differs", aspect, _difference(value, theirs.error or read)


def _helper(ours: Result, seen: Seen) -> Iterator[Found]:
    if seen.helper_error is not None:
        yield "sdk-helper-raises", _class(seen.helper_error), seen.helper_error
    for aspect, value in (seen.result or {}).items():
        read = [(name, arguments_of(text)) for name, text in value] if aspect == "calls" else value
        recorded = ours.aspects.get(aspect)
        if recorded is not None and recorded != read:
            yield "helper-differs", aspect, _difference(recorded, read)


def _models(seen: Seen) -> Iterator[Found]:
    for path in seen.unmodelled:
        yield "field-unmodelled", path, ""
    for found in seen.unknown:
        yield ("event-unknown" if is_kind(found) else "value-unknown"), found, ""


def _difference(recorded: Any, read: Any) -> str:
    """Show both values from shortly before the place where they begin to differ."""
    old, new = (value if isinstance(value, str) else repr(value) for value in (recorded, read))
    start = max(0, len(commonprefix([old, new])) - _CONTEXT)  # noqa: RUF071 - texts, not paths
    mark = "…" if start else ""
    return f"{_short(mark + old[start:])!r}, read as {_short(mark + new[start:])!r}"


def _first(values: Counter[str]) -> str:
    return _short(next(iter(values), "nothing"))


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"


def findings_of(
    found: Sequence[Found], subject: str, file: str, number: int, wire_format: str
) -> list[Finding]:
    """Name the SDK and the recording of what was found."""
    return [Finding(subject, rule, where, file, number, detail, wire_format) for rule, where, detail in found]
