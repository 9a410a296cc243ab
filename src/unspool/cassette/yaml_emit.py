r"""Write data as YAML that people can review, and that every YAML parser reads as the same data.

A text is written in the first of these styles that preserves it exactly: plain; single-quoted, which
leaves JSON as it is; a literal block, if it has several lines; double-quoted, one event a line, where a
line ends in `\n\`. Double quotes escape only what YAML can't contain (control characters, U+2028 and
U+2029, noncharacters) and what a reviewer can't see (byte order marks, bidirectional controls). With
`ascii=True` every other character beyond ASCII is escaped too.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator, Mapping
from typing import Any

from unspool.errors import CassetteFormatError

# Starts like a word, a path or a list of chunks, thus like no number; contains no `: ` and no ` #`.
PLAIN = re.compile(r"(?>[A-Za-z_/]|\d+(?:\*\d+)?@)(?>[!\"$-9;-~]|:(?=[!-~])|[ ]+(?=[!-~]))*+", re.ASCII)
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
_INVISIBLE = r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff"  # bidirectional controls, byte order mark
ESCAPED = f"[{_CONTROLS}{_INVISIBLE}]"
"""Matches a character that a cassette escapes: YAML can't contain it, or a reviewer can't see it."""

_ESCAPED_IN_ASCII = r"[\x00-\x08\x0b-\x1f\x7f-\U0010ffff]"
_BLANK_AT_THE_END = re.compile(r"[^\S\n](?:\n|\Z)")
_EVENT = re.compile(r"[^\r\n]*[\r\n]+|[^\r\n]+")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LONGEST_KEY = 1000  # a reader looks for the colon within 1,024 characters
_EMPTY = {bytes: "!!binary ''", Mapping: "{}", list: "[]", tuple: "[]"}
_TEXT_PIECE = 64 * 1024  # characters
_BINARY_PIECE = 57 * 1024  # in bytes; 57 of them make a line of 76 characters


def yaml_pieces(data: Mapping[str, Any], *, ascii: bool = False) -> Iterator[str]:  # noqa: A002 - as in repr
    """Yield the text of a mapping, piece by piece, so that a large text need not be in memory whole.

    Takes str, bytes, int, float, bool, None, and mappings, lists and tuples of these.

    Args:
        data: the mapping.
        ascii: escape every character beyond ASCII, for readers that open files under another locale.

    Raises:
        CassetteFormatError: the data contains something else, or a text that UTF-8 can't encode.
    """
    piece = ""
    escaped = re.compile(_ESCAPED_IN_ASCII if ascii else ESCAPED)  # slow, and no reader needs it
    for piece in _Emitter(escaped).document(data):
        yield piece
    if piece.endswith("\n\n"):  # an editor that trims the end of a file would trim the text there
        yield "...\n"


class _Emitter:
    """Writes values; `escaped` finds the characters that only double quotes can express."""

    def __init__(self, escaped: re.Pattern[str]) -> None:
        self._escaped = escaped

    def document(self, data: Mapping[str, Any]) -> Iterator[str]:
        yield from self._mapping(data, "") if data else ("{}\n",)

    def _mapping(self, data: Mapping[Any, Any], indent: str) -> Iterator[str]:
        deeper = indent + "  "
        for name, value in data.items():
            head = indent + self._key(name, indent)
            if _is_collection(value):
                yield head + "\n"
                yield from self._collection(value, deeper if isinstance(value, Mapping) else indent)
            else:
                yield from self._leaf(head, value, deeper)

    def _sequence(self, items: list[Any] | tuple[Any, ...], indent: str) -> Iterator[str]:
        deeper = indent + "  "
        for item in items:
            if _is_collection(item):
                lines = self._collection(item, deeper)
                yield f"{indent}- {next(lines).lstrip(' ')}"
                yield from lines
            else:
                yield from self._leaf(indent + "-", item, deeper)

    def _collection(self, value: Any, indent: str) -> Iterator[str]:
        is_mapping = isinstance(value, Mapping)
        return self._mapping(value, indent) if is_mapping else self._sequence(value, indent)

    def _leaf(self, head: str, value: Any, indent: str) -> Iterator[str]:
        if isinstance(value, bytes) and value:
            yield head + " !!binary |\n"
            yield from _base64(value, indent)
        elif isinstance(value, str) and "\n" in value and self._fits_literal(value):
            yield f"{head} {_literal_header(value)}\n"
            yield from _literal(value, indent)
        elif isinstance(value, str) and ("\n" in value or "\r" in value):
            yield head + " "
            yield from self._quoted(value, indent)
        else:
            yield f"{head} {self._line(value) if isinstance(value, str) else _plain_scalar(value)}\n"

    def _key(self, name: Any, indent: str) -> str:
        key = self._line(name) if isinstance(name, str) else _plain_scalar(name)
        return f"{key}:" if len(key) < _LONGEST_KEY else f"? {key}\n{indent}:"

    def _line(self, text: str) -> str:
        """Any text on one line, as a key must be."""
        if PLAIN.fullmatch(text) and text.lower() not in WORDS:
            return text
        if "\n" not in text and "\t" not in text and not self._escaped.search(text):
            return "'" + text.replace("'", "''") + "'"
        return f'"{self._escape(text)}"'

    def _fits_literal(self, text: str) -> bool:
        """Whether a literal block preserves it, even in an editor that trims the ends of lines."""
        return (
            text[0] not in " \t\n" and not self._escaped.search(text) and not _BLANK_AT_THE_END.search(text)
        )

    def _quoted(self, text: str, indent: str) -> Iterator[str]:
        """The lines of a double-quoted text, many at a time."""
        held, size, joint = ['"'], 0, ""
        for event in _EVENT.finditer(text):
            line = self._escape(event[0])
            if joint and line.startswith(" "):  # a blank at the start of a line would count as its indent
                line = "\\" + line
            held.append(joint + line)
            joint = "\\\n" + indent
            size += len(line)
            if size > _TEXT_PIECE:
                yield "".join(held)
                held, size = [], 0
        yield "".join(held) + '"\n'

    def _escape(self, text: str) -> str:
        if not text.isascii() and _SURROGATE.search(text):
            raise CassetteFormatError(
                f"UTF-8 can't encode a lone surrogate, as in {text!r:.100}: store such a text as bytes"
            )
        for character, escape in _NAMED_ESCAPES.items():
            text = text.replace(character, escape)
        return self._escaped.sub(_numbered_escape, text)


_NAMED_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}  # the backslash first


def _numbered_escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _literal_header(text: str) -> str:
    if not text.endswith("\n"):
        return "|-"
    return "|+" if text.endswith("\n\n") else "|"


def _literal(text: str, indent: str) -> Iterator[str]:
    """The lines of a literal block, many at a time."""
    start = 0
    while start < len(text):
        end = text.find("\n", start + _TEXT_PIECE) + 1
        if not end or len(text) - end < _TEXT_PIECE:  # so that the last piece has all blank lines at the end
            end = len(text)
        lines = text[start:end].removesuffix("\n").split("\n")
        yield "".join([f"{indent}{line}\n" if line else "\n" for line in lines])
        start = end


def _is_collection(value: Any) -> bool:
    return not isinstance(value, str) and isinstance(value, (Mapping, list, tuple)) and bool(value)


def _base64(data: bytes, indent: str) -> Iterator[str]:
    view = memoryview(data)
    for start in range(0, len(view), _BINARY_PIECE):
        lines = encodebytes(view[start : start + _BINARY_PIECE]).decode("ascii")
        yield indent + lines[:-1].replace("\n", "\n" + indent) + "\n"


def _plain_scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number(value)
    for kind, empty in _EMPTY.items():
        if isinstance(value, kind):
            return empty
    raise CassetteFormatError(
        f"a cassette contains text, bytes, numbers, booleans, None, mappings and lists, not {value!r:.100}: "
        "convert it to one of these first"
    )


def _number(value: float) -> str:
    text = repr(value)
    if text[-1] in "nf":  # nan, inf, -inf
        return text.replace("nan", ".nan").replace("inf", ".inf")
    # YAML 1.1 wants a point in every float: 1e+16 would be text.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
