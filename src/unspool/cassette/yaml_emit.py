r"""Data to YAML that people can review, and that any reader of YAML takes for the same data.

All of it is ASCII, whatever locale somebody else reads it in. A text is written in the first of these
styles that gives it back exactly: plain; single-quoted, which leaves JSON as it is; as a literal block,
if it has lines; double-quoted with escapes, where a line ends in `\n\` so that the next one starts on a
line of its own, as those of a stream with CRLF should.
"""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator, Mapping
from typing import Any

from unspool.errors import CassetteFormatError

# Starts like a word, a path or a list of chunks, thus like no number; holds no `: ` and no ` #`.
_PLAIN = re.compile(r"(?>[A-Za-z_/]|\d+(?:\*\d+)?@)(?>[!\"$-9;-~]|:(?=[!-~])|[ ]+(?=[!-~]))*+", re.ASCII)
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"}
_NOT_IN_BLOCKS = re.compile(r"[^ -~\t\n]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LONGEST_KEY = 1000  # a reader looks for the colon within 1,024 characters
_EMPTY = {bytes: "!!binary ''", Mapping: "{}", list: "[]", tuple: "[]"}
_BINARY_PIECE = 57 * 1024  # in bytes; 57 of them make a line of 76 characters


def yaml_pieces(data: Mapping[str, Any]) -> Iterator[str]:
    """The text of a mapping, piece by piece, so that a large one needn't be held whole.

    Takes str, bytes, int, float, bool, None, and mappings, lists and tuples of these.

    Raises:
        CassetteFormatError: something else is in it, or a text that UTF-8 has no bytes for.
    """
    piece = ""
    for piece in _mapping(data, "") if data else ("{}\n",):
        yield piece
    if piece.endswith("\n\n"):  # whoever trims the end of a file would trim the text that stands there
        yield "...\n"


def _mapping(data: Mapping[Any, Any], indent: str) -> Iterator[str]:
    deeper = indent + "  "
    for name, value in data.items():
        head = indent + _key(name, indent)
        if _is_collection(value):
            yield head + "\n"
            yield from _collection(value, deeper if isinstance(value, Mapping) else indent)
        else:
            yield from _leaf(head, value, deeper)


def _sequence(items: list[Any] | tuple[Any, ...], indent: str) -> Iterator[str]:
    deeper = indent + "  "
    for item in items:
        if _is_collection(item):
            lines = _collection(item, deeper)
            yield f"{indent}- {next(lines).lstrip(' ')}"
            yield from lines
        else:
            yield from _leaf(indent + "-", item, deeper)


def _is_collection(value: Any) -> bool:
    return not isinstance(value, str) and isinstance(value, (Mapping, list, tuple)) and bool(value)


def _collection(value: Any, indent: str) -> Iterator[str]:
    return _mapping(value, indent) if isinstance(value, Mapping) else _sequence(value, indent)


def _leaf(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, bytes) and value:
        yield head + " !!binary |\n"
        yield from _base64(value, indent)
    else:
        yield f"{head} {_scalar(value, indent)}\n"


def _base64(data: bytes, indent: str) -> Iterator[str]:
    view = memoryview(data)
    for start in range(0, len(view), _BINARY_PIECE):
        lines = encodebytes(view[start : start + _BINARY_PIECE]).decode("ascii")
        yield indent + lines[:-1].replace("\n", "\n" + indent) + "\n"


def _key(name: Any, indent: str) -> str:
    key = _line(name) if isinstance(name, str) else _scalar(name, indent)
    return f"{key}:" if len(key) < _LONGEST_KEY else f"? {key}\n{indent}:"


def _scalar(value: Any, indent: str) -> str:
    if isinstance(value, str):
        return _text(value, indent)
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
        f"a cassette holds text, bytes, numbers, booleans, None, mappings and lists, not {value!r:.100}: "
        "turn it into one of these before it's kept"
    )


def _number(value: float) -> str:
    text = repr(value)
    if text[-1] in "nf":  # nan, inf, -inf
        return text.replace("nan", ".nan").replace("inf", ".inf")
    # YAML 1.1 wants a point in every float: 1e+16 would be text.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _text(text: str, indent: str) -> str:
    if "\n" not in text:
        return _line(text)
    return _literal(text, indent) if _fits_literal(text) else _quoted(text, indent)


def _line(text: str) -> str:
    """Any text on one line, as a key must be."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    if text.isascii() and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return f'"{_escaped(text)}"'


def _fits_literal(text: str) -> bool:
    """Whether a literal block gives it back, even from an editor that trims the ends of lines."""
    return (
        text.isascii()
        and text[0] not in " \t\n"
        and text[-1] not in " \t"
        and " \n" not in text
        and "\t\n" not in text
        and not _NOT_IN_BLOCKS.search(text)
    )


def _literal(text: str, indent: str) -> str:
    lines = [indent + line if line else line for line in text.split("\n")]
    if lines[-1]:
        return "\n".join(["|-", *lines])
    return "\n".join(["|" if lines[-2] else "|+", *lines[:-1]])


def _quoted(text: str, indent: str) -> str:
    first, *rest = text.split("\n")
    # A blank at the start of a line would count as its indent.
    lines = [_escaped(first), *("\\" * line.startswith(" ") + _escaped(line) for line in rest)]
    end = "" if lines[-1] else "\\n"
    return '"' + ("\\n\\\n" + indent).join(lines if lines[-1] else lines[:-1]) + end + '"'


def _escaped(text: str) -> str:
    if not text.isascii() and _SURROGATE.search(text):
        raise CassetteFormatError(
            f"UTF-8 has no bytes for a lone surrogate, as in {text!r:.100}: keep such a text as bytes"
        )
    # Python's escapes are YAML's too; the quote is all that they leave out.
    return text.encode("unicode_escape").decode("ascii").replace('"', '\\"')
