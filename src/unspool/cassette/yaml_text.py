"""YAML to plain data and back, for cassettes: quick, and safe on any input.

Data is built straight from the events of libyaml's parser; PyYAML's nodes and constructors, which take
most of its time, are left out. What scalars and tags stand for is in `yaml_values`: plain data only.

A hostile text costs no more than one of its length should: its nesting ends at 100 levels, and what its
aliases repeat is counted as if it stood there again.
"""

from __future__ import annotations

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
from unspool.cassette.yaml_values import MAPPINGS, MERGE, SCALARS, SEQUENCES, SUSPECT, Readers, read_plain
from unspool.errors import CassetteFormatError

_LOADER: Callable[[str], Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MOST_LEVELS = 100
_MOST_REPEATED = 50_000_000  # characters
_ADVICE = "if the file was cut off or edited by hand, restore it from version control or record it anew"


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
        _refuse(event, f"the tag {event.tag} isn't read, nor executed: take it out, or record anew")
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
