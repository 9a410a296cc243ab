"""Where two requests differ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tests.litellm_bodies.capture import Sent

ABSENT = object()
"""Where the other one has something."""


def differences(ours: Sent, theirs: Sent) -> dict[str, str]:
    """By place, such as `messages.0.content`, what we send and what LiteLLM sends.

    An empty list or object says as much as none.
    """
    if ours.error or theirs.error:
        return {} if ours.error and theirs.error else {"error": _both(ours.error, theirs.error)}
    found = {place: _both(mine, its) for place, mine, its in unequal(ours.body, theirs.body)}
    for name in ("path", "key"):
        mine, its = getattr(ours, name), getattr(theirs, name)
        if mine != its:
            found[name] = _both(mine, its)
    return found


def unequal(ours: Any, theirs: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Each place where two pieces of JSON differ, and what's there in the one and in the other."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from unequal(ours.get(key, ABSENT), theirs.get(key, ABSENT), f"{place}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        for index, (mine, its) in enumerate(zip_longest(ours, theirs, fillvalue=ABSENT)):
            yield from unequal(mine, its, f"{place}.{index}")
    elif _settled(ours) != _settled(theirs):
        yield place.removeprefix("."), ours, theirs


def _settled(value: Any) -> Any:
    return ABSENT if value in ([], {}) else value


def _both(ours: Any, theirs: Any) -> str:
    return f"{_shown(ours)}, LiteLLM {_shown(theirs)}"


def _shown(value: Any) -> str:
    return "nothing" if value is ABSENT else f"{value!r:.300}"
