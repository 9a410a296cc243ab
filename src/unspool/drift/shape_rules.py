"""Compare the shapes of a recorded response and of today's."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unspool.cassette.model import End
from unspool.cassette.rules import undated_model
from unspool.drift.shape import USAGE, Shape

Found = tuple[str, str, str]
"""A rule, the place and the detail."""

_TIMES = 4.0  # by how much a duration or a size has to change to be worth a note
_SECONDS = 2.0
_BYTES = 64


def compare(old: Shape, new: Shape) -> list[Found]:
    """Return what differs in the shapes of two responses to the same request, by rule."""
    if old.status != new.status:
        return [("status", "", f"{old.status}, now {new.status}"), *_broken(new)]
    found = [found for rule in _ALWAYS for found in rule(old, new)]
    if old.media_type != new.media_type:
        return found
    if (old.error is None) != (new.error is None):  # which a field of another type may be the reason of
        return [*found, *(one for one in _fields(old, new) if one[0] == "field-type")]
    if old.output != new.output:
        return [*found, *_output(old, new)]
    return [*found, *(one for rule in _SAME_OUTPUT for one in rule(old, new))]


def _head(old: Shape, new: Shape) -> Iterator[Found]:
    if old.media_type != new.media_type:
        yield "wire-format", "content-type", f"{old.media_type or 'none'}, now {new.media_type or 'none'}"
    if (old.error is None) != (new.error is None):
        yield "stream-error", "", new.error or f"{old.error}, and now it ends well"


def _broken(new: Shape) -> Iterator[Found]:
    if new.end not in {"", str(End.COMPLETE)}:
        yield "stream-broken", "", f"it ended with {new.end}"


def _both_whole(old: Shape, new: Shape) -> bool:
    """Whether neither response was cut: a client that has left doesn't see the end."""
    return {old.end, new.end} <= {"", str(End.COMPLETE)} and old.error is None and new.error is None


def _ends(old: Shape, new: Shape) -> Iterator[Found]:
    yield from _broken(new)
    if not _both_whole(old, new):
        return
    if old.has_end_mark != new.has_end_mark and None not in (old.has_end_mark, new.has_end_mark):
        yield "end-mark", "", "it is no longer sent" if old.has_end_mark else "it is new"
    yield from _moved("usage", old.usage_place, new.usage_place)
    yield from _moved("finish", old.finish_place, new.finish_place)


def _moved(what: str, old: str, new: str) -> Iterator[Found]:
    if old and not new:
        yield f"{what}-gone", old, ""
    elif old != new:
        yield f"{what}-moved", new, f"{old or 'nowhere'}, now {new}"


def _model(old: Shape, new: Shape) -> Iterator[Found]:
    if old.model == new.model or not (old.model and new.model):
        return
    same = undated_model(old.model) == undated_model(new.model)
    yield ("model-date" if same else "model"), "", f"{old.model}, now {new.model}"


def _network(old: Shape, new: Shape) -> Iterator[Found]:
    if _far(old.chunk_bytes, new.chunk_bytes, _BYTES):
        yield "chunk-sizes", "", f"a median of {old.chunk_bytes:.0f} bytes, now {new.chunk_bytes:.0f}"
    for what, before, now in (
        ("headers", old.first_at, new.first_at),
        ("end", old.ended_at, new.ended_at),
    ):
        if _far(before, now, _SECONDS):
            yield "times", what, f"after {before:.1f} s, now after {now:.1f} s"


def _far(old: float | None, new: float | None, least: float) -> bool:
    if old is None or new is None:
        return False
    return abs(old - new) > least and max(old, new) > _TIMES * min(old, new)


def _output(old: Shape, new: Shape) -> Iterator[Found]:
    before, now = (", ".join(sorted(shape.output)) or "none" for shape in (old, new))
    yield ("content-kind" if new.output else "content-gone"), "", f"{before}, now {now}"


def _reason(old: Shape, new: Shape) -> Iterator[Found]:
    if old.finish_reason and new.finish_reason and old.finish_reason != new.finish_reason:
        yield "finish-reason", "", f"{old.finish_reason}, now {new.finish_reason}"


def _kinds(old: Shape, new: Shape) -> Iterator[Found]:
    for kind in old.kinds:
        if kind not in new.kinds:
            yield "event-gone", kind, ""
    for kind in new.kinds:
        if kind not in old.kinds:
            yield "event-new", kind, ""
    before = [kind for kind in old.kinds if kind in new.kinds]
    now = [kind for kind in new.kinds if kind in old.kinds]
    if before != now:
        place = next(place for place, kind in enumerate(now) if kind != before[place])
        yield "event-order", now[place], f"it comes before {before[place]} now"


def _fields(old: Shape, new: Shape) -> Iterator[Found]:
    usage_gone = bool(old.usage_place) and not new.usage_place  # which has a rule of its own
    common = {kind for kind, _ in old.fields} & {kind for kind, _ in new.fields}
    for place in sorted({*old.fields, *new.fields}):
        kind, path = place
        if kind not in common or _below_another(place, old, new) or (usage_gone and USAGE.search(path)):
            continue
        before, now = old.fields.get(place), new.fields.get(place)
        where = path if kind in {"body", "event"} or len(common) == 1 else f"{kind} {path}"
        if now is None:
            yield "field-gone", where, ""
        elif before is None:
            yield "field-new", where, ", ".join(sorted(now))
        elif before.isdisjoint(now):
            yield "field-type", where, f"{_listed(before)}, now {_listed(now)}"


def _listed(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))


def _below_another(place: tuple[str, str], old: Shape, new: Shape) -> bool:
    """Whether a field is inside one that is new, gone or of another type itself, and so is reported once."""
    kind, path = place
    parents = [path[:end] for end in range(1, len(path)) if path[end] in ".["]
    for parent in parents:
        before, now = old.fields.get((kind, parent)), new.fields.get((kind, parent))
        if (before is None) != (now is None) or (before and now and before.isdisjoint(now)):
            return True
    return False


Rule = Callable[[Shape, Shape], Iterator[Found]]

_ALWAYS: tuple[Rule, ...] = (_head, _ends, _model, _network)
_SAME_OUTPUT: tuple[Rule, ...] = (_reason, _kinds, _fields)
"""Rules that only hold where both responses have output of the same kinds."""
