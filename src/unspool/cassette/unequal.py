"""Every place in which two requests are unequal, with both values, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

from unspool.cassette.body import by_name, read_body
from unspool.cassette.excerpts import Absent
from unspool.cassette.ignore_paths import Gone, Ignored, format_step
from unspool.cassette.match import Matching, headers_of, part_of, query_of
from unspool.cassette.model import Request
from unspool.cassette.stand_ins import REDACTED

Unequal = tuple[str, Any, Any]
"""Where it is, such as `query.alt` or `body.messages[1].content`, the first value, and the second."""


def unequal(part: str, recorded: Request, came: Request, ignored: Ignored) -> Iterator[Unequal]:
    """The places of one part of a request, a name in `PARTS`. There is none where the parts are equal."""
    if part == "body":
        yield from _unequal_bodies(recorded, came, ignored)
    elif part == "query":
        yield from _unequal_pairs(part, query_of(recorded, ignored), query_of(came, ignored))
    elif part == "headers":
        yield from _unequal_pairs(part, headers_of(recorded), headers_of(came))
    else:
        old, new = (part_of(part, request, ignored) for request in (recorded, came))
        if old != new and not _is_redacted_form(old, new):
            yield part, *(_or_absent(part, value) for value in (old, new))


def _or_absent(part: str, value: Any) -> Any:
    return Absent.ABSENT if value is None and part.startswith("headers.") else value


def _unequal_pairs(
    part: str, recorded: Iterable[tuple[str, str]], came: Iterable[tuple[str, str]]
) -> Iterator[Unequal]:
    old, new = by_name(recorded), by_name(came)
    for name in {**old, **new}:
        if old.get(name) != new.get(name) and not _is_redacted_form(old.get(name), new.get(name)):
            yield f"{part}.{name}", old.get(name, Absent.ABSENT), new.get(name, Absent.ABSENT)


def _unequal_bodies(recorded: Request, came: Request, ignored: Ignored) -> Iterator[Unequal]:
    old, new = (read_body(request, ignored.paths) for request in (recorded, came))
    if old.kind == new.kind:
        yield from _walk("body", old.document, new.document)
    else:
        yield "body", old, new


def _walk(where: str, recorded: Any, came: Any) -> Iterator[Unequal]:
    if isinstance(recorded, dict) and isinstance(came, dict):
        for key in {**recorded, **came}:
            old, new = recorded.get(key, Absent.ABSENT), came.get(key, Absent.ABSENT)
            yield from _walk(where + format_step(key), old, new)
    elif isinstance(recorded, list) and isinstance(came, list):
        for (old_at, old), (new_at, new) in zip_longest(_items(recorded), _items(came), fillvalue=_NO_ITEM):
            yield from _walk(f"{where}[{old_at if new is Absent.ABSENT else new_at}]", old, new)
    elif not _same(recorded, came):
        yield where, recorded, came


_NO_ITEM = (-1, Absent.ABSENT)


def _items(values: list[Any]) -> Iterator[tuple[int, Any]]:
    return ((index, value) for index, value in enumerate(values) if value is not Gone.GONE)


def _same(recorded: Any, came: Any) -> bool:
    """Whether two values are equal to JSON: `1` and `1.0` are, `1` and `true` aren't, NaN is NaN."""
    if _is_redacted_form(recorded, came):
        return True
    if type(recorded) is not type(came) and not {type(recorded), type(came)} <= {int, float}:
        return False
    return bool(recorded == came or (recorded != recorded and came != came))  # noqa: PLR0124 - that's NaN


def _is_redacted_form(recorded: Any, came: Any) -> bool:
    """Whether a recorded text is one that came, but for what was redacted: any text may stand there.

    Which values were known as credentials when it was recorded depends on the environment of that run; which
    request it matches mustn't.
    """
    if isinstance(recorded, list) and isinstance(came, list) and len(recorded) == len(came):
        return all(old == new or _is_redacted_form(old, new) for old, new in zip(recorded, came, strict=True))
    if isinstance(recorded, str) and isinstance(came, str):
        return REDACTED in recorded and _fits(recorded.split(REDACTED), came)
    if isinstance(recorded, bytes) and isinstance(came, bytes):
        return _is_redacted_form(recorded.decode("latin-1"), came.decode("latin-1"))
    return False


def _fits(kept: list[str], text: str) -> bool:
    """Whether a text begins and ends with the first and last of these, with the others between in order."""
    first, *others, last = kept
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    at, end = len(first), len(text) - len(last)
    for part in others:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def is_redacted_form(recorded: Request, came: Request, matching: Matching) -> bool:
    """Whether a recorded request is one that came, but for what was redacted in it."""
    texts = (recorded.uri, *(value for _, value in recorded.headers))
    if REDACTED.encode() not in recorded.body and not any(REDACTED in text for text in texts):
        return False
    return not any(
        next(unequal(part, recorded, came, matching.ignored), None) is not None for part in matching.names
    )
