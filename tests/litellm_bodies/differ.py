"""Where two requests differ."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from tests.litellm_bodies.capture import Sent

_ABSENT = object()


def differences(ours: Sent, theirs: Sent) -> dict[str, str]:
    """By place, such as `messages.0.content`, what we send and what LiteLLM sends.

    An empty list or object says as much as none.
    """
    if ours.error or theirs.error:
        return {} if ours.error and theirs.error else {"error": _both(ours.error, theirs.error)}
    found = dict(_compared("", ours.body, theirs.body))
    for name in ("path", "key"):
        mine, its = getattr(ours, name), getattr(theirs, name)
        if mine != its:
            found[name] = _both(mine, its)
    return found


def _compared(place: str, ours: Any, theirs: Any) -> Iterator[tuple[str, str]]:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            yield from _compared(f"{place}.{key}", ours.get(key, _ABSENT), theirs.get(key, _ABSENT))
    elif isinstance(ours, list) and isinstance(theirs, list):
        for index, (mine, its) in enumerate(zip_longest(ours, theirs, fillvalue=_ABSENT)):
            yield from _compared(f"{place}.{index}", mine, its)
    elif _settled(ours) != _settled(theirs):
        yield place.removeprefix("."), _both(ours, theirs)


def _settled(value: Any) -> Any:
    return _ABSENT if value in ([], {}) else value


def _both(ours: Any, theirs: Any) -> str:
    return f"{_shown(ours)}, LiteLLM {_shown(theirs)}"


def _shown(value: Any) -> str:
    return "nothing" if value is _ABSENT else f"{value!r:.300}"
