"""What the scalars and tags of YAML stand for: plain data, whatever the tag.

They mean what they mean to PyYAML, and so to vcrpy, except that times (`2026-01-01`) and sexagesimal
numbers (`12:30:45`) are text. Of the tags those are known that vcrpy's own loader takes.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from typing import Any

_WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
_WORDS |= dict.fromkeys(["true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON"], True)
_WORDS |= dict.fromkeys(["false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF"], False)
_WORDS |= dict.fromkeys([".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"], float("inf"))
_WORDS |= dict.fromkeys(["-.inf", "-.Inf", "-.INF"], float("-inf"))
_WORDS |= dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan"))
# More digits than Python reads stay text.
_INT = re.compile(r"[-+]?(?:0b_*[01][01_]*|0x_*[\da-fA-F][\da-fA-F_]*|0[0-7_]*|[1-9][\d_]{,4000})", re.ASCII)
_FLOAT = re.compile(r"(?:[-+]?\d[\d_]*\.[\d_]*|\.\d[\d_]*)(?:[eE][-+]\d+)?", re.ASCII)
_NUMBER_STARTS = frozenset("0123456789+-.")

MERGE = "".join(("<", "<"))
"""What a plain `<<` is read as: an object of its own, so that a quoted one is a name like any other."""

SUSPECT = _NUMBER_STARTS | {word[:1] for word in _WORDS} | {MERGE[0]}
"""The first characters of all plain scalars that may be anything but text; the empty one is among them."""


def read_plain(text: str) -> Any:
    """What a scalar without quotes and tag stands for."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in _NUMBER_STARTS:
        return _read_number(text)
    return MERGE if text == MERGE else text


def _read_number(text: str) -> Any:
    if _INT.fullmatch(text):
        digits = text.replace("_", "")
        return int(digits, 8 if re.match(r"[-+]?0\d", digits) else 0)
    return float(text.replace("_", "")) if _FLOAT.fullmatch(text) else text


def _read_as(*kinds: type) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        value = read_plain(text)
        if type(value) not in kinds:
            raise ValueError(f"{text[:40]!r}")
        return value

    return read


_read_float = _read_as(float, int)


def _read_buffer(pickled: Mapping[str, Any]) -> bytes:
    """A file-like body, as older versions of vcrpy pickled it: its content comes first in its state."""
    content = _first(pickled.get("state") or [b""], (bytes, str))
    return content.encode() if isinstance(content, str) else bytes(content)


def _read_iterator(pickled: Mapping[str, Any]) -> Any:
    """An iterator as a body: what it would have given is the only one of its arguments."""
    return _first(pickled.get("args") or [[]], (list, tuple))


def _first(items: Any, kinds: tuple[type, ...]) -> Any:
    first = items[0] if isinstance(items, list | tuple) else None
    if isinstance(first, kinds):
        return first
    raise ValueError(f"expected a list that begins with {' or '.join(kind.__name__ for kind in kinds)}")


_YAML = "tag:yaml.org,2002:"
_PYTHON = _YAML + "python/"

Readers = Mapping[str, Callable[[Any], Any]]
"""By tag, what makes data of what the tag stands before; raises ValueError where it can't."""

SCALARS: Readers = {
    "!": str,
    _YAML + "binary": a2b_base64,
    _YAML + "bool": _read_as(bool),
    _YAML + "float": lambda text: float(_read_float(text)),
    _YAML + "int": _read_as(int),
    _YAML + "null": lambda _: None,
    _YAML + "str": str,
    _PYTHON + "str": str,
    _PYTHON + "unicode": str,
}
SEQUENCES: Readers = {"!": list, _YAML + "seq": list, _PYTHON + "tuple": tuple}
MAPPINGS: Readers = {
    "!": dict,
    _YAML + "map": dict,
    _PYTHON + "object/apply:builtins.iter": _read_iterator,
    _PYTHON + "object/new:_io.BytesIO": _read_buffer,
}
