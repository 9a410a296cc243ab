"""YAML to plain data and back, for cassettes: quick, and safe on any input.

`yaml_reader` reads what Unspool has written itself. Of any other text, data is built straight from the
events of libyaml's parser; PyYAML's nodes and constructors, which take most of its time, are left out.
Scalars mean what they mean to PyYAML, and so to vcrpy, except that times (`2026-01-01`) and sexagesimal
numbers (`12:30:45`) are text. Of the tags, those that vcrpy's own loader takes are known; each gives plain
data.

A hostile text costs no more than one of its length should: its nesting ends at 100 levels, and what its
aliases repeat is counted as if it stood there again.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import yaml
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.reader import ReaderError

from unspool.cassette.yaml_emit import yaml_pieces
from unspool.errors import CassetteFormatError

_LOADER: Callable[[str], Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_LEVELS = 100
_MOST_REPEATED = 50_000_000  # characters
_ADVICE = "if the file was cut off or edited by hand, restore it from version control or record it again"


def format_yaml(data: Mapping[str, Any], *, ascii: bool = False) -> str:  # noqa: A002 - as in repr
    """Format a mapping; see `yaml_emit.yaml_pieces`, which yields the same text piece by piece."""
    return "".join(yaml_pieces(data, ascii=ascii))


def parse_yaml(text: str) -> Any:
    """The data of a text with one document; None if it's blank.

    Raises:
        CassetteFormatError: it isn't YAML, is hostile, or uses what no cassette needs; says where.
    """
    try:
        return _Builder().build(_LOADER(text).get_event)
    except MarkedYAMLError as error:
        raise _misspelt(error) from error
    except ReaderError as error:
        raise _unprintable(error, text) from error
    except UnicodeEncodeError as error:
        raise CassetteFormatError(
            f"expected text, got a lone surrogate at character {error.start}"
        ) from error


class _Builder:
    """What has been built of the document: the collection that's open, and those around it."""

    def __init__(self) -> None:
        self._items: list[Any] = []  # of a mapping: names and values in turn
        self._start: Any = None
        self._outer: list[tuple[list[Any], Any, int]] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._repeated = 0  # characters that aliases have stood for

    def build(self, next_event: Callable[[], Any]) -> Any:
        while True:
            event = next_event()
            kind = type(event)
            if kind is not ScalarEvent:
                if kind is StreamEndEvent:
                    return self._items[0] if self._items else None
                _HANDLERS[kind](self, event)
            elif event.tag is None and event.anchor is None:
                text = event.value
                plain = event.implicit[0] and text[:1] in SUSPECT
                self._items.append(read_plain(text) if plain else text)
            else:
                value = read_plain(event.value) if event.implicit[0] else event.value
                self._keep(_tagged(value, SCALARS, event), event, event, self._repeated)

    def _keep(self, value: Any, start: Any, end: Any, repeated: int) -> None:
        if start.anchor is not None:
            size = end.end_mark.index - start.start_mark.index
            self._anchors[start.anchor] = value, size + self._repeated - repeated
        self._items.append(value)

    def _open(self, event: Any) -> None:
        if len(self._outer) == _MOST_LEVELS:
            _refuse(event, f"expected at most {_MOST_LEVELS} levels of nesting, got more")
        self._outer.append((self._items, self._start, self._repeated))
        self._items, self._start = [], event

    def _close_sequence(self, event: Any) -> None:
        self._close(self._items, SEQUENCES, event)

    def _close_mapping(self, event: Any) -> None:
        items = iter(self._items)
        try:
            mapping = dict(zip(items, items, strict=True))
        except TypeError:
            _refuse(self._start, "expected names for a mapping's keys, got a list or a mapping")
        if MERGE in mapping and any(name is MERGE for name in mapping):
            _refuse(self._start, "merge keys (<<) aren't read in a cassette: write out what they stand for")
        self._close(mapping, MAPPINGS, event)

    def _close(self, value: Any, readers: Readers, event: Any) -> None:
        start = self._start
        self._items, self._start, repeated = self._outer.pop()
        self._keep(_tagged(value, readers, start), start, event, repeated)

    def _repeat(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            _refuse(event, f"the alias *{event.anchor} stands for nothing that ends before it")
        value, size = self._anchors[event.anchor]
        self._repeated += size
        if self._repeated > _MOST_REPEATED:
            _refuse(event, f"expected aliases to repeat at most {_MOST_REPEATED:,} characters, got more")
        self._items.append(value)

    def _start_document(self, event: Any) -> None:
        if self._items:
            _refuse(event, "expected one document, got another after it: keep each in a file of its own")

    def _ignore(self, event: Any) -> None:
        """The ends of the stream and of a document say nothing."""


_HANDLERS: dict[type[Event], Callable[[_Builder, Any], None]] = {
    AliasEvent: _Builder._repeat,
    DocumentEndEvent: _Builder._ignore,
    DocumentStartEvent: _Builder._start_document,
    MappingEndEvent: _Builder._close_mapping,
    MappingStartEvent: _Builder._open,
    SequenceEndEvent: _Builder._close_sequence,
    SequenceStartEvent: _Builder._open,
    StreamStartEvent: _Builder._ignore,
}


def _tagged(value: Any, readers: Readers, event: Any) -> Any:
    if event.tag is None:
        return value
    if event.tag not in readers:
        _refuse(event, f"the tag {event.tag} isn't read, nor executed: take it out, or record again")
    try:
        return readers[event.tag](value)
    except ValueError as error:
        _refuse(event, f"what stands there isn't what the tag {event.tag} says: {error}")


def _refuse(event: Any, problem: str) -> NoReturn:
    raise CassetteFormatError(f"{_place(event.start_mark)}: {problem}")


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


def _misspelt(error: MarkedYAMLError) -> CassetteFormatError:
    within = f" {error.context} that begins at {_place(error.context_mark)}" if error.context_mark else ""
    return CassetteFormatError(
        f"{_place(error.problem_mark)}: expected YAML, got an error{within}: {error.problem}; {_ADVICE}"
    )


def _unprintable(error: ReaderError, text: str) -> CassetteFormatError:
    # Its own position counts bytes or characters, depending on who reads.
    before = text[: text.index(chr(error.character))]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return CassetteFormatError(
        f"line {line}, column {column}: YAML has no character U+{error.character:04X}; {_ADVICE}"
    )


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
