"""A function call's arguments as Vertex AI streams them: one value, or a piece of a text, at a time.

https://docs.cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling (streaming function
call arguments). Each piece says in a JSON path where it belongs. The model writes its JSON from start to
end, so the pieces come in that order, and the text of the JSON can be written as they come.
"""

from __future__ import annotations

import json
import re
from typing import Any

from unspool.providers.json_events import JSON, text_in

_Step = str | int

_VALUES = ("stringValue", "numberValue", "boolValue", "nullValue")
_STEP = re.compile(
    r"""
      \.([^.\[]+)
    | \[(\d+)\]
    | \['((?:[^'\\]|\\.)*)'\]
    | \["((?:[^"\\]|\\.)*)"\]
    """,
    re.VERBOSE,
)


class ArgumentsWriter:
    """Partial arguments to the text of their JSON, as `json.dumps` would write the whole."""

    def __init__(self) -> None:
        self._path: list[_Step] = []  # of the value that was written last
        self._started = False
        self._in_text = False

    def write(self, piece: JSON) -> str:
        """What this piece adds to the text.

        Raises:
            ValueError: its path leads nowhere.
        """
        path = _steps(text_in(piece, "jsonPath"))
        value = next((piece[key] for key in _VALUES if key in piece), None)
        value = None if "nullValue" in piece else value
        if self._in_text and path == self._path:
            return self._end_text(_inner(value), more=bool(piece.get("willContinue")))
        written = self._close_text() + self._move_to(path)
        if not isinstance(value, str):
            return written + json.dumps(value, ensure_ascii=False)
        return written + '"' + self._end_text(_inner(value), more=bool(piece.get("willContinue")))

    def close(self) -> str:
        """Return the missing end of the text."""
        if not self._started:
            return "{}"
        closing = self._close_text() + _brackets(self._path[1:]) + "}"
        self._path = []
        return closing

    def _end_text(self, text: str, *, more: bool) -> str:
        self._in_text = more
        return text if more else text + '"'

    def _close_text(self) -> str:
        closing = '"' if self._in_text else ""
        self._in_text = False
        return closing

    def _move_to(self, path: list[_Step]) -> str:
        """Close the containers that end, and open those on the path."""
        shared = 0
        while shared < min(len(path), len(self._path)) - 1 and path[shared] == self._path[shared]:
            shared += 1
        start = ", " if self._started else "{"
        closed = _brackets(self._path[shared + 1 :]) if self._started else ""
        self._path, self._started = path, True
        opened = [
            _key(step) + _opening(after)
            for step, after in zip(path[shared:], path[shared + 1 :], strict=False)
        ]
        return closed + start + "".join(opened) + _key(path[-1])


def _steps(path: str) -> list[_Step]:
    steps: list[_Step] = []
    rest = path.removeprefix("$")
    while rest:
        match = _STEP.match(rest)
        if match is None:
            break
        name, place, *quoted = match.groups()
        steps.append(int(place) if place else name or re.sub(r"\\(.)", r"\1", next(filter(None, quoted), "")))
        rest = rest[match.end() :]
    if rest or not steps:
        raise ValueError(f"'jsonPath' must lead to an argument, such as $.a[0].b, not {path!r:.100}")
    return steps


def _brackets(steps: list[_Step]) -> str:
    """The closing brackets of the containers that these steps lead into, innermost first."""
    return "".join("]" if isinstance(step, int) else "}" for step in reversed(steps))


def _opening(step: _Step) -> str:
    return "[" if isinstance(step, int) else "{"


def _key(step: _Step) -> str:
    return "" if isinstance(step, int) else json.dumps(step, ensure_ascii=False) + ": "


def _inner(value: Any) -> str:
    """A text as it stands between its quotes."""
    return json.dumps(str(value), ensure_ascii=False)[1:-1]
