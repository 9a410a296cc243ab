"""Read the YAML that `yaml_emit` writes, in one pass and several times as fast as through libyaml.

The reader knows that form only: block mappings and sequences, plain words and numbers, single quotes, literal
blocks and base64. At the first line that might be anything else (a comment, an anchor, double quotes, flow
style, odd indentation, a control character) it gives up, and the caller asks libyaml, which also explains
what is wrong with a file. What the reader returns is what libyaml would have returned.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from functools import cache, lru_cache
from typing import Any

from unspool.cassette.yaml_emit import PLAIN, WORDS


class DoubtError(Exception):
    """The text isn't in the form that is known here."""


_KEY = r"([A-Za-z_][\w.-]*+|'(?:[^'\n]|'')*+'):(?=[ \n])"
_INDENT = re.compile(" *+")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,15})(\.\d{1,17})?", re.ASCII)
_CONSTANTS: dict[str, Any] = {"null": None, "true": True, "false": False}
_BLOCKS = {"|": "clip", "|-": "strip", "|+": "keep"}
_MOST_LEVELS = 80  # libyaml's limit is a little more, in another count
_ALLOWED = bytes([0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)])
# UTF-8 of what YAML takes for a line's end, a mark or no character: C1, U+2028 and U+2029, U+FEFF, U+FFFE
# and U+FFFF.
_ODD = re.compile(rb"\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef(?:\xbb\xbf|\xbf[\xbe\xbf])")


def read(text: str) -> Any:
    """Return the data of a text.

    Raises:
        DoubtError: it isn't in the form that `yaml_emit` writes; it may be YAML all the same.
    """
    if not text.endswith("\n") or not _is_plain(text):
        raise DoubtError
    data, end = _mapping({}, text, 0, 0, 0)
    if not data or text[end:] not in {"", "...\n"}:
        raise DoubtError
    return data


def _is_plain(text: str) -> bool:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        return False
    return not data.translate(None, _ALLOWED) and (text.isascii() or _ODD.search(data) is None)


# Each of these reads a part of the text that begins at a position, and returns its data and where it ends.


def _mapping(found: dict[str, Any], text: str, at: int, level: int, depth: int) -> tuple[dict[str, Any], int]:
    """Add to a mapping the lines that are indented by `level`."""
    if depth > _MOST_LEVELS:
        raise DoubtError
    pair = _pair(level).match
    while (line := pair(text, at)) is not None:
        key, rest = line.groups()
        found[_key(key)], at = _value(rest, text, line.end(), level, depth)
    return found, at


def _value(rest: str, text: str, at: int, level: int, depth: int) -> tuple[Any, int]:
    """What follows a key: on its line, or on the next ones."""
    if rest:
        return _scalar(rest, text, at, level)
    indent = _INDENT.match(text, at)
    deeper = len(indent[0]) if indent else 0
    if deeper == level and text.startswith("- ", at + level):
        return _sequence(text, at, level, depth + 1)
    if deeper > level:
        found, end = _mapping({}, text, at, deeper, depth + 1)
        if found:
            return found, end
    raise DoubtError


def _sequence(text: str, at: int, level: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    item = _item(level).match
    while (line := item(text, at)) is not None:
        key, rest = line.groups()
        if key is None:
            value, at = _scalar(rest or _doubt(), text, line.end(), level)
        else:
            first, at = _value(rest, text, line.end(), level + 2, depth)
            value, at = _mapping({_key(key): first}, text, at, level + 2, depth + 1)
        found.append(value)
    return found, at


def _scalar(rest: str, text: str, at: int, level: int) -> tuple[Any, int]:
    if rest[0] == "'":
        return _quoted(rest), at
    if rest in _BLOCKS:
        return _block(text, at, level, _BLOCKS[rest])
    if rest == "!!binary |":
        block, at = _block(text, at, level, "clip")
        try:
            return a2b_base64(block), at
        except ValueError as error:
            raise DoubtError from error
    if rest[0] in "{[":
        return {} if rest == "{}" else [] if rest == "[]" else _doubt(), at
    return (_known_plain(rest) if len(rest) < _SHORT else _plain(rest)), at


def _block(text: str, start: int, level: int, chomping: str) -> tuple[str, int]:
    match = _INDENT.match(text, start)
    indent = len(match[0]) if match else 0
    if indent <= level or text.startswith("\n", start + indent):
        raise DoubtError
    last = _block_end(indent).search(text, start)
    if last is None:
        raise DoubtError
    content = text[start + indent : last.end()].replace("\n" + " " * indent, "\n")
    if chomping == "clip":
        content = content.rstrip("\n") + "\n"
    return content.rstrip("\n") if chomping == "strip" else content, last.end()


@cache
def _pair(level: int) -> re.Pattern[str]:
    return re.compile(rf" {{{level}}}{_KEY} ?([^\n]*+)\n", re.ASCII)


@cache
def _item(level: int) -> re.Pattern[str]:
    return re.compile(rf" {{{level}}}- (?:{_KEY} ?)?+([^\n]*+)\n", re.ASCII)


@cache
def _block_end(indent: int) -> re.Pattern[str]:
    """The end of a line that is followed by one of another indentation, and not by a blank one."""
    return re.compile(rf"\n(?!\n| {{{indent}}})")


_SHORT = 80  # characters


@lru_cache(1024)
def _key(text: str) -> str:
    if text[0] == "'":
        return text[1:-1].replace("''", "'")
    return text if text.lower() not in WORDS and len(text) < _LONGEST_KEY else _doubt()


_LONGEST_KEY = 1000


def _quoted(text: str) -> str:
    inner = text[1:-1]
    if len(text) < 2 or text[-1] != "'":
        raise DoubtError
    if "'" not in inner:
        return inner
    if "'" in inner.replace("''", ""):
        raise DoubtError
    return inner.replace("''", "'")


def _plain(text: str) -> Any:
    if PLAIN.fullmatch(text):
        return _CONSTANTS[text] if text in _CONSTANTS else text if text.lower() not in WORDS else _doubt()
    number = _NUMBER.fullmatch(text)
    if number is None:
        raise DoubtError
    return float(text) if number[1] else int(text)


_known_plain = lru_cache(1024)(_plain)  # methods, types and versions come again and again


def _doubt() -> Any:
    raise DoubtError
