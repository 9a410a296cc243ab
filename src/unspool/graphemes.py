"""Text split into the characters that readers see."""

from __future__ import annotations

import re
import unicodedata


def graphemes(text: str) -> list[str]:
    """Split a text into the characters that readers see: its extended grapheme clusters.

    Follows https://www.unicode.org/reports/tr29/ with what `unicodedata` knows. Where that lacks a property,
    a broader one is used (any spacing mark joins, any symbol may follow a zero-width joiner): a cluster may
    be longer than specified, but is never split.
    """
    if text.isascii() and "\r" not in text:
        return list(text)
    clusters, start = [], 0
    for at in range(1, len(text)):
        if not _joins(text, start, at):
            clusters.append(text[start:at])
            start = at
    return [*clusters, text[start:]] if text else []


_ZWNJ, _ZWJ = "\u200c", "\u200d"

# Characters that extend the one before them, beside all marks: the joiners, halfwidth voicing marks, Thai
# and Lao vowels, skin tones, and the tags that spell a region's flag.
_EXTENDING = re.compile(f"[{_ZWNJ}{_ZWJ}\uff9e\uff9f\u0e33\u0eb3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")

# Characters that extend the one after them (Prepended_Concatenation_Mark, and letters of Indic scripts).
_PREPENDED = re.compile(
    "[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2\u0d4e\u1cf5\u1cf6\U000110bd\U000110cd\U000111c2\U000111c3"
    "\U000113d1\U0001193f\U00011941\U00011a3a\U00011a84-\U00011a89\U00011d46\U00011f02]"
)

# Viramas that join two consonants (Indic_Conjunct_Break=Linker).
_LINKERS = frozenset(
    "\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d\u1039\u17d2\u1a60\u1b44\u1bab\ua9c0\uaaf6"
    "\U00010a3f\U00011133\U000113d0\U0001193e\U00011a47\U00011a99\U00011f42"
)

# Pictographs that aren't symbols by category.
_PICTOGRAPHS = re.compile("[\u203c\u2049\u2139\u3030\u303d\U0001f000-\U0001fffd]")


def _joins(text: str, start: int, at: int) -> bool:
    """Whether the character at `at` belongs to the cluster that began at `start`."""
    before, char = text[at - 1], text[at]
    if before == "\r":
        return char == "\n"
    if _is_control(before) or _is_control(char):
        return False
    if _extends(char) or _PREPENDED.match(before):
        return True
    return (
        _joins_in_hangul(before, char)
        or _joins_to_flag(text, start, at)
        or _joins_to_emoji(text, start, at)
        or _joins_to_conjunct(text, start, at)
    )


def _is_control(char: str) -> bool:
    category = unicodedata.category(char)
    if category == "Cf":
        return not (_EXTENDING.match(char) or _PREPENDED.match(char))
    return category in {"Cc", "Cs", "Zl", "Zp"}


def _extends(char: str) -> bool:
    return unicodedata.category(char) in {"Mn", "Me", "Mc"} or _EXTENDING.match(char) is not None


def _joins_in_hangul(before: str, char: str) -> bool:
    pair = _hangul_type(before) + _hangul_type(char)
    return pair in {"LL", "LV", "LS", "LC", "SV", "ST", "VV", "VT", "CT", "TT"}


def _hangul_type(char: str) -> str:
    """L, V and T are leading, vowel and trailing letters; S is an open syllable, C a closed one."""
    if "\uac00" <= char <= "\ud7a3":
        return "C" if (ord(char) - 0xAC00) % 28 else "S"
    for kind, letters in _HANGUL_LETTERS.items():
        if letters.match(char):
            return kind
    return ""


_HANGUL_LETTERS = {
    "L": re.compile("[\u1100-\u115f\ua960-\ua97c]"),
    "V": re.compile("[\u1160-\u11a7\ud7b0-\ud7c6]"),
    "T": re.compile("[\u11a8-\u11ff\ud7cb-\ud7fb]"),
}


def _joins_to_flag(text: str, start: int, at: int) -> bool:
    """Two regional letters are a flag; a third begins the next one."""
    if not (_is_regional(text[at]) and _is_regional(text[at - 1])):
        return False
    return at - 2 < start or not _is_regional(text[at - 2])


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _joins_to_emoji(text: str, start: int, at: int) -> bool:
    """A pictograph, its extenders, a zero-width joiner, and another: a family, a profession."""
    if text[at - 1] != _ZWJ or not _is_pictograph(text[at]):
        return False
    return _is_pictograph(text[_base(text, start, at)])


def _is_pictograph(char: str) -> bool:
    return unicodedata.category(char) in {"So", "Sm"} or _PICTOGRAPHS.match(char) is not None


def _joins_to_conjunct(text: str, start: int, at: int) -> bool:
    """Two consonants with a virama between them are written as one."""
    if unicodedata.category(text[at]) != "Lo" or not _extends(text[at - 1]):
        return False
    return not _LINKERS.isdisjoint(text[_base(text, start, at) : at])


def _base(text: str, start: int, at: int) -> int:
    """Return the position of the last character before `at` that extends no other; at least the cluster's
    first.
    """
    base = at - 1
    while base > start and _extends(text[base]):
        base -= 1
    return base
