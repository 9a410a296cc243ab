"""YAML read by its lines: the layout that Unspool, vcrpy and PyYAML write, several times as fast as by events.

In block YAML an indented line belongs to the entry above it, so that a few regular expressions tell the
entries of a mapping, the items of a list and the lines of a literal block. Whatever isn't of the plainest
kind, such as an escape or a folded line, is handed to a real parser, each entry for itself. Nothing is
guessed: where the lines don't add up, or a part can't be read alone, the answer is `Unreadable`, and the
text is for a real parser as a whole.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections.abc import Callable
from functools import cache
from typing import Any

from unspool.cassette.yaml_values import SUSPECT, read_plain

_KEY = r"[A-Za-z_][\w.-]{,99}|'[^'\n]{,99}'"
_STRANGE = re.compile(r"[^\n -~]")
_PLAIN = re.compile(r"[A-Za-z0-9_/](?>[^:#\n]|:(?=[!-~])|(?<! )#)*+(?<! )")
_QUOTED = re.compile(r"'((?>[^']|'')*+)'")
_FOLD = re.compile(r" *\n([ \n]*)")
_DEEPEST = 20  # in columns: what is deeper is seldom, and would be looked at once for each level

Parse = Callable[[str], Any]


class Unreadable(Exception):
    """The text is YAML for a real parser, or none at all."""


@cache
def _entries(indent: int) -> re.Pattern[str]:
    margin = " " * indent
    return re.compile(rf"{margin}({_KEY}):(.*\n(?>{margin} .*\n|{margin}- .*\n|\n)*+)")


@cache
def _single_items(indent: int) -> re.Pattern[str]:
    margin = " " * indent
    return re.compile(rf"{margin}({_KEY}):\n{margin}- (.*)\n")


@cache
def _items(indent: int) -> re.Pattern[str]:
    margin = " " * indent
    return re.compile(rf"{margin}- (.*\n(?>{margin}  .*\n|\n)*+)")


@cache
def _literal(indent: int) -> re.Pattern[str]:
    margin = " " * indent
    return re.compile(rf"\|([-+]?)\n({margin}[!-~].*\n(?>{margin}.*\n|\n)*+)")


def read_lines(text: str, parse: Parse) -> Any:
    """The data of a text.

    Args:
        text: one document.
        parse: reads a part of it: raises Unreadable where it isn't whole.

    Raises:
        Unreadable: see there.
    """
    text = text[:-4] if text.endswith("\n...\n") else text
    if not text.endswith("\n") or _STRANGE.search(text):
        raise Unreadable
    return _Reader(parse).mapping(text, 0)


class _Reader:
    def __init__(self, parse: Parse) -> None:
        self._parse = parse

    def mapping(self, block: str, indent: int) -> dict[Any, Any]:
        found = _single_items(indent).findall(block)
        if found and _covers(found, 2 * indent + 5, block):
            return {_key(name): [self._line(text)] for name, text in found}
        found = _entries(indent).findall(block)
        if not _covers(found, indent + 1, block):
            raise Unreadable
        return {_key(name): self._value(text, indent) for name, text in found}

    def _line(self, text):
        kind = text[:1]
        if kind == "'" ...
