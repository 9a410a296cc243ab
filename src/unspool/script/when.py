"""Conditions on the requests that a turn or an agent answers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from unspool.errors import ScriptError
from unspool.script.seen import Seen
from unspool.script.turns import When
from unspool.script.wanted import schema_of

_TEXTS: dict[str, Callable[[Seen], str]] = {
    "system": lambda seen: seen.system,
    "user": lambda seen: seen.user,
    "model": lambda seen: seen.model,
    "format": lambda seen: seen.format,
    "result": lambda seen: "\n".join(result.text for result in seen.results),
}


def _has_result(seen: Seen) -> bool:
    """Whether a tool's result has come since the user's last message."""
    for message in reversed(seen.messages):
        if message.results:
            return True
        if message.role == "user":
            return False
    return False


def _call_id(seen: Seen) -> str:
    last = seen.messages[-1].results if seen.messages else ()
    return last[-1].id if last else ""


def _response_format(seen: Seen) -> str:
    """What the answer is to be, in OpenAI's words, whatever the format."""
    schema = schema_of(seen)
    return "text" if schema is None else "json_schema" if schema else "json_object"


_VALUES: dict[str, Callable[[Seen], Any]] = {
    "has_result": _has_result,
    "turn": lambda seen: sum(one.role == "assistant" for one in seen.messages),
    "call_id": _call_id,
    "response_format": _response_format,
}
_KEYS = (*_TEXTS, *_VALUES, "tool", "tools")


def check_when(when: When) -> None:
    """Check a condition.

    Raises:
        ScriptError: it is invalid.
    """
    if when is None or isinstance(when, str) or callable(when):
        return
    if not isinstance(when, Mapping):
        raise ScriptError(
            f"expected when= to be a text, a dict or a function of the request, got {when!r:.200}"
        )
    unknown = when.keys() - set(_KEYS)
    if unknown or not when:
        raise ScriptError(
            f"expected when= with some of {', '.join(_KEYS)}, got {', '.join(map(str, unknown)) or '{}'}"
        )


def unlike(when: When, seen: Seen) -> str | None:
    """Return how a request differs from a condition; None if it matches."""
    if when is None:
        return None
    if isinstance(when, str):
        return None if _mentions(seen, when) else _not_mentioned(seen, when)
    if callable(when):
        return None if when(seen) else f"{getattr(when, '__name__', repr(when))} doesn't hold for it"
    return next((wrong for key, wanted in when.items() if (wrong := _unlike(key, wanted, seen))), None)


def _not_mentioned(seen: Seen, text: str) -> str:
    return (
        f"{text!r} stands neither in the system prompt ({_short(seen.system)}) nor in the user's last text"
        f" ({_short(seen.user)}), and is no tool or model ({', '.join(seen.tool_names) or 'no tools'};"
        f" {seen.model})"
    )


def _mentions(seen: Seen, text: str) -> bool:
    return text in seen.system or text in seen.user or text == seen.model or text in seen.tool_names


def _unlike(key: str, wanted: Any, seen: Seen) -> str | None:
    if key in {"tool", "tools"}:
        names = [wanted] if isinstance(wanted, str) else list(wanted)
        missing = [name for name in names if name not in seen.tool_names]
        return (
            f"it offers no tool {', '.join(missing)} but {', '.join(seen.tool_names) or 'none'}"
            if missing
            else None
        )
    if key in _VALUES:
        value = _VALUES[key](seen)
        return None if value == wanted else f"its {key} is {value!r}, not {wanted!r}"
    got = _TEXTS[key](seen)
    if _is_like(got, wanted, exact=key in {"model", "format"}):
        return None
    return f"its {key} is {_short(got)}, not {getattr(wanted, 'pattern', wanted)!r}"


def _is_like(got: str, wanted: Any, *, exact: bool) -> bool:
    if isinstance(wanted, re.Pattern):
        return wanted.search(got) is not None
    if callable(wanted):
        return bool(wanted(got))
    if isinstance(wanted, list | tuple):
        return all(str(one) in got for one in wanted)
    return fnmatchcase(got, str(wanted)) if exact else str(wanted) in got


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "…")
