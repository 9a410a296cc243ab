"""Two unequal values as short texts, cut such that one sees where they part."""

from __future__ import annotations

import json
from enum import Enum
from hashlib import blake2b
from typing import Any

from unspool.cassette.body import Body

WIDTH = 60
_LEAD = 20  # what's shown of that which is still the same


class Absent(Enum):
    """What stands for a value where there is none."""

    ABSENT = "absent"


def excerpts(recorded: Any, came: Any) -> tuple[str, str]:
    """Both values, each in about 60 characters: texts in quotes, other values as JSON, or `absent`."""
    start = 0
    if isinstance(recorded, str | bytes) and type(recorded) is type(came):
        start = max(0, same_until(recorded, came) - _LEAD)
    return _excerpt(recorded, start), _excerpt(came, start)


def same_until(first: str | bytes, second: str | bytes) -> int:
    """How many characters or bytes two texts have in common at their beginnings."""
    low, high = 0, min(len(first), len(second))
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _excerpt(value: Any, start: int) -> str:
    if isinstance(value, Absent):
        return value.value
    if isinstance(value, Body):
        return f"{value.kind} {_excerpt(value.document, 0)}"
    if isinstance(value, str | bytes):
        return _cut(value, start)
    text = _dump(value)
    return text if len(text) <= WIDTH else text[:WIDTH] + "…"


def _cut(text: str | bytes, start: int) -> str:
    """The text from a place on, with a mark wherever something has been left out."""
    if start and len(text) <= WIDTH:
        start = 0
    end = start + WIDTH
    before, after = "…" if start else "", "…" if end < len(text) else ""
    if isinstance(text, bytes):
        return f"{before}{text[start:end]!r}{after}"
    return _dump(before + text[start:end] + after)


def _dump(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=_named)
    return text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair can't be printed


def _named(value: Any) -> str:
    """Bytes in a document by their size and digest; what's to be ignored by that word."""
    if not isinstance(value, bytes):
        return "ignored"
    return f"{len(value):,} bytes, blake2b {blake2b(value, digest_size=4).hexdigest()}"


def printable(text: str) -> str:
    r"""The text on one line, with what a terminal would obey instead of show as `\n`, `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
