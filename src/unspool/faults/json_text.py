"""Change a value inside a JSON text, and nothing else in it.

A fault that drops one key must not touch the rest: order, spaces, escapes and the digits of a number stay as
the provider wrote them. So the text is parsed into nodes with their places, and only values that differ are
rewritten.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from json import decoder
from typing import Any

_SPACE = re.compile(r"[ \t\r\n]*")
_WORD = re.compile(r"[^\s,\]}]+")


@dataclass(slots=True)
class _Node:
    """A value in a text: its place, and the places of its members.

    Attributes:
        members: by key, of an object: where the key begins, and the value. The last one of a name counts.
        items: of an array.
    """

    start: int
    end: int
    value: Any
    members: dict[str, tuple[int, _Node]] = field(default_factory=dict)
    items: list[_Node] = field(default_factory=list)


def rewritten(text: str, new: Any) -> str:
    """Return the JSON text with another value; equal parts stay as they were written.

    Raises:
        ValueError: the text isn't JSON.
    """
    node = _read(text, _skip(text, 0))
    if text[node.end :].strip():
        raise ValueError(f"expected the end of the JSON at {node.end}")
    return text[: node.start] + _Writer(text).write(node, new) + text[node.end :]


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _read(text: str, at: int) -> _Node:
    match text[at : at + 1]:
        case "{":
            return _read_object(text, at)
        case "[":
            return _read_array(text, at)
        case '"':
            value, end = _string(text, at + 1)
            return _Node(at, end, value)
        case _:
            word = _WORD.match(text, at)
            if word is None:
                raise ValueError(f"expected a JSON value at {at}")
            return _Node(at, word.end(), json.loads(word.group()))


def _string(text: str, at: int) -> tuple[str, int]:
    """Read the text after a quote, which may contain control characters; return it and its end."""
    found: tuple[str, int] = decoder.scanstring(text, at, False)  # type: ignore[attr-defined]  # noqa: FBT003
    return found


def _read_object(text: str, start: int) -> _Node:
    node = _Node(start, start, {})
    at = _skip(text, start + 1)
    while text[at : at + 1] != "}":
        key_at = at
        key, at = _string(text, _after(text, at, '"'))
        child = _read(text, _skip(text, _after(text, _skip(text, at), ":")))
        node.members[key] = key_at, child
        node.value[key] = child.value
        at = _next(text, child.end, "}")
    node.end = at + 1
    return node


def _read_array(text: str, start: int) -> _Node:
    node = _Node(start, start, [])
    at = _skip(text, start + 1)
    while text[at : at + 1] != "]":
        child = _read(text, at)
        node.items.append(child)
        node.value.append(child.value)
        at = _next(text, child.end, "]")
    node.end = at + 1
    return node


def _after(text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        raise ValueError(f"expected {mark!r} at {at}")
    return at + 1


def _next(text: str, at: int, closing: str) -> int:
    """Return the position of the next member, or of the closing bracket."""
    at = _skip(text, at)
    return at if text[at : at + 1] == closing else _skip(text, _after(text, at, ","))


class _Writer:
    """A writer of new values into a text; in ASCII, if the text is ASCII."""

    def __init__(self, text: str) -> None:
        self._text = text

    def write(self, node: _Node, new: Any) -> str:
        if _same(node.value, new):
            return self._text[node.start : node.end]
        if isinstance(node.value, dict) and isinstance(new, dict) and node.members:
            return self._object(node, new)
        if isinstance(node.value, list) and isinstance(new, list) and node.items and new:
            return self._array(node, new)
        return self._dump(new)

    def _object(self, node: _Node, new: dict[str, Any]) -> str:
        written = [
            self._text[key_at : child.start] + self.write(child, new[key])
            for key, (key_at, child) in node.members.items()
            if key in new
        ]
        written += [
            f"{self._dump(key)}:{self._dump(value)}" for key, value in new.items() if key not in node.members
        ]
        starts = [key_at for key_at, _ in node.members.values()]
        return self._joined(node, starts, [child.end for _, child in node.members.values()], written)

    def _array(self, node: _Node, new: list[Any]) -> str:
        written = [self.write(child, value) for child, value in zip(node.items, new, strict=False)]
        written += map(self._dump, new[len(node.items) :])
        starts = [child.start for child in node.items]
        return self._joined(node, starts, [child.end for child in node.items], written)

    def _joined(self, node: _Node, starts: list[int], ends: list[int], written: list[str]) -> str:
        """Write the members between the brackets, with the spaces around the old ones."""
        if not written:
            return self._text[node.start] + self._text[node.end - 1]
        between = self._text[ends[0] : starts[1]] if len(starts) > 1 else ","
        before = self._text[node.start : starts[0]]
        return before + between.join(written) + self._text[ends[-1] : node.end]

    def _dump(self, value: Any) -> str:
        return json.dumps(value, ensure_ascii=self._text.isascii(), separators=(",", ":"))


def _same(old: Any, new: Any) -> bool:
    """Whether the two are the same JSON: 1 isn't true, and 1.0 isn't 1."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(_same(old[key], new[key]) for key in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(_same, old, new))
    return type(old) is type(new) and (old == new or old != old)  # noqa: PLR0124 - NaN is itself
