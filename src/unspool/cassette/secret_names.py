"""Secrets that are known by their name: of a JSON field, a header, a form's part, a query's parameter.

All regular expressions here begin with the last word of a name, which a fast search finds, and look back
from there. They work on text in lower case, and at any depth of escaping: JSON inside JSON has its quotes
behind backslashes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote_to_bytes

from unspool.cassette.secrets import CERTAIN, GUARDED, HARMLESS_NAMES, HARMLESS_VALUES

Found = tuple[int, int, str]
"""Start and end of a value, and its kind."""


@dataclass(frozen=True)
class SecretNames:
    """The names whose values are secrets.

    Attributes:
        fields: as `unspool.cassette.secrets.FIELDS`.
        parameters: as `unspool.cassette.secrets.PARAMETERS`.
    """

    fields: frozenset[str]
    parameters: frozenset[str]

    def in_text(self, data: bytes) -> Iterator[Found]:
        """Find values behind a secret name in JSON, multipart bodies, queries and assignments."""
        lowered = data.lower()
        for word, regex in self._regexes:
            if word in lowered:
                yield from self._after_word(data, lowered, word, regex)
        if b"value" in lowered:
            yield from self._before_name(data, lowered)

    def in_query(self, data: bytes) -> Iterator[Found]:
        """Find the values of a URL's or a form's parameters with a secret name."""
        for match in _PARAMETER.finditer(data):
            if match[2] and self._counts(_unquoted(match[1]), _unquoted(match[2]), in_query=True):
                yield *match.span(2), "parameter"

    def is_secret(self, name: str, value: str, *, in_query: bool = False) -> bool:
        """Whether a value under this name is a secret."""
        return self._counts(
            name.encode("utf-8", "replace"), value.encode("utf-8", "replace"), in_query=in_query
        )

    def _after_word(
        self, data: bytes, lowered: bytes, word: bytes, regex: re.Pattern[bytes]
    ) -> Iterator[Found]:
        kind = f"{word.decode()} by name"
        match = regex.search(lowered)
        while match:
            end = match.end()
            name = _name_at(lowered, match.start() + len(word))
            in_query = match.lastgroup in _FORM_GROUPS
            for start, stop in _values(lowered, match):
                if start < stop and self._counts(name, data[start:stop], in_query=in_query):
                    yield start, stop, kind
                end = max(end, stop)
            match = regex.search(lowered, end)

    def _before_name(self, data: bytes, lowered: bytes) -> Iterator[Found]:
        for match in _VALUE_THEN_NAME.finditer(lowered):
            start, stop = match.span("text")
            if self._counts(match["name"], data[start:stop], in_query=False):
                yield start, stop, "value by name"

    def _counts(self, name: bytes, value: bytes, *, in_query: bool) -> bool:
        word = _joined(name.decode("latin-1").lower())
        certain, guarded = self._query_endings if in_query else self._field_endings
        if word.endswith(_HARMLESS) or (word == "token" and not in_query):
            return False
        if certain.fits(word):
            return True
        return guarded.fits(word) and _looks_secret(word, value)

    @cached_property
    def _field_endings(self) -> tuple[_Endings, _Endings]:
        return _tiers(self.fields)

    @cached_property
    def _query_endings(self) -> tuple[_Endings, _Endings]:
        return _tiers(self.fields | self.parameters)

    @cached_property
    def _regexes(self) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
        return tuple(_regexes(self.fields, self.parameters))


@dataclass(frozen=True, slots=True)
class _Endings:
    """Names, joined, and endings of names."""

    whole: frozenset[str]
    endings: tuple[str, ...]

    def fits(self, word: str) -> bool:
        return word in self.whole or word.endswith(self.endings)


def _tiers(names: frozenset[str]) -> tuple[_Endings, _Endings]:
    """The names that are secret in any case, and those whose value must look like a secret."""
    guarded = names & GUARDED
    certain = names - GUARDED
    if "*token" in names:
        certain |= {f"*{name}" for name in CERTAIN}
    if "*secret" in names:
        certain |= {f"*_{name}_secret" for name in ("client", "api", "app", "access", "consumer", "webhook")}
    return _endings(certain), _endings(guarded)


def _endings(names: Iterable[str]) -> _Endings:
    names = frozenset(names)
    whole = frozenset(_joined(name) for name in names if not name.startswith("*"))
    return _Endings(whole, tuple(_joined(name[1:]) for name in sorted(names) if name.startswith("*")))


def _joined(name: str) -> str:
    return name.replace("_", "").replace("-", "")


_HARMLESS = tuple(map(_joined, sorted(HARMLESS_NAMES)))


# --- values

# Words of letters, as a title or a slug has them.
_WORDS = re.compile(rb"[A-Za-z][a-z']*(?:(?:[ _+-]|%20)[A-Za-z'][a-z']*)+[.!?]?")
_PLACEHOLDER = re.compile(
    rb"(?is)<[^>]*>|\[[^\]]*\]|\{\{?[^}]*\}?\}|\$\{?[\w.]+\}?|%[\w.()]+%?|[*.x_-]+|(?:your|my|the)[-_ ].*"
)
_ANY_SPACE = re.compile(rb"\s|\\+[nrt]|%20")
_TOO_SHORT = 3


def looks_like_words(value: bytes) -> bool:
    """Whether a value is some words, a placeholder, or a local server's dummy key."""
    text = value.strip()
    lowered = text.lower()
    if lowered.decode("latin-1") in HARMLESS_VALUES:
        return True
    return _WORDS.fullmatch(text) is not None or _PLACEHOLDER.fullmatch(text) is not None


def _looks_secret(word: str, value: bytes) -> bool:
    """Whether the value of a name with ordinary uses is a secret."""
    if looks_like_words(value):
        return False
    if word.endswith("cookie"):
        return b"=" in value
    if word.endswith(("dsn", "connectionstring", "databaseurl")):
        return b"@" in value or b";" in value
    if word.endswith("secret"):
        return not (b" " in value and _is_plain(value))
    if _ANY_SPACE.search(value):
        return False
    if word in {"key", "code"}:
        return (len(value) > _TOO_SHORT or word == "key") and not value.startswith((b"/", b"."))
    return not _is_path(value) and (len(value) >= 12 or (len(value) > _TOO_SHORT and not _is_plain(value)))


def _is_plain(value: bytes) -> bool:
    """Whether a value has neither a digit nor a sign, nor a capital letter behind a small one."""
    return re.fullmatch(rb"[A-Za-z][a-z ,.'-]*", value) is not None


def _is_path(value: bytes) -> bool:
    return value.startswith((b"/", b"./", b"~", b"..", b"\\")) or value[1:3] in {b":\\", b":/"}


# --- names in text

_PARAMETER = re.compile(rb"(?:^|[?&#])([^=&#?\s]*+)=([^&#\s<>\"]*+)")
# A name that ends there, behind the rest of an escape.
_NAME = re.compile(rb"(?:(?<=\\)(?:u[0-9a-f]{4}|[nrt])|(?<=%)[0-9a-f]{2})?+([\w.-]+)\Z")
_LONGEST_NAME = 80

# What follows a name: `": "` of JSON, a list or an object with the value, at any depth of escaping; the
# lines before a part of a multipart body; an equals sign or a colon in text, where only what looks like a
# secret counts.
_QUOTE_MARK = rb"(?P=slashes)(?P=quote)"
_VALUE_NAMES = rb"(?:value|val|secret_?value|plain_?text|default)"
_QUOTED = (
    rb"(?P<slashes>\\{0,15}+)(?P<quote>[\"'])\s*+(?:"
    rb":\s*+(?:" + _QUOTE_MARK + rb"|(?P<number>-?[0-9]{4,}+)(?=\s*+[,}\]])"
    rb"|(?P<list>\[\s*+)(?=" + _QUOTE_MARK + rb")"
    rb"|\{\s*+" + _QUOTE_MARK + _VALUE_NAMES + _QUOTE_MARK + rb"\s*+:\s*+" + _QUOTE_MARK + rb"(?P<in_object>)"
    rb")|,\s*+" + _QUOTE_MARK + _VALUE_NAMES + _QUOTE_MARK + rb"\s*+:\s*+" + _QUOTE_MARK + rb"(?P<beside>))"
)
_PART = rb"\"(?:\r\n[^\r\n]{1,200}+){0,3}+\r\n\r\n(?P<part>[^\r\n]++)"
_FORM_PART = rb"\"(?:\r\n[^\r\n]{1,200}+){0,3}+\r\n\r\n(?P<form_part>[^\r\n]++)"
_BARE_PART = rb"(?:;[^\r\n]{0,200}+)?+(?:\r\n[^\r\n]{1,200}+){0,3}+\r\n\r\n(?P<bare_part>[^\r\n]++)"
_ASSIGNED = (
    rb"\s{0,9}+(?:[=:]|\\u003d|%3d)\s{0,9}+(?:\\{0,15}+[\"'])?+(?:(?:bearer|basic|token|api-?key)\s++)?+"
    rb"(?=[a-z_.~+/%-]*+[0-9])(?P<assigned>[\w.~+/%-]{16,}+={0,2})(?![(\[])"
)
# `Server=db;User Id=app;Pwd=…;`: pairs with a semicolon on one side at least.
_IN_PAIRS = rb"=(?P<pair>[^;&\s\"'<>\\]{1,200}+)(?=;\s?[a-z][a-z ]{0,30}=)"
_LAST_OF_PAIRS = rb"=(?P<last_pair>[^;&\s\"'<>\\]{1,200}+)"
_IN_QUERY = rb"=(?P<value>[^&\s\"'<>\\#]{16,}+)"
_QUOTE = re.compile(rb"(?<!\\)(\\*+)([\"'])|[\r\n]")
_FORM_GROUPS = {"value", "form_part", "bare_part"}
_VALUE_THEN_NAME = re.compile(
    rb"value(?P<slashes>\\{0,15}+)(?P<quote>[\"'])\s*+:\s*+(?P=slashes)(?P=quote)(?P<text>[^\"'\\\r\n]{1,4000}+)"
    rb"(?P=slashes)(?P=quote)\s*+,\s*+(?P=slashes)(?P=quote)(?:name|key|header)(?P=slashes)(?P=quote)\s*+:\s*+"
    rb"(?P=slashes)(?P=quote)(?P<name>[\w-]{1,80}+)(?P=slashes)(?P=quote)"
)


def _regexes(fields: frozenset[str], parameters: frozenset[str]) -> Iterator[tuple[bytes, re.Pattern[bytes]]]:
    """For each last word of the names, with which the regex begins so as to be fast, all that end with it."""
    anywhere = {name[1:] for name in fields if name.startswith("*")}
    exact = {name for name in fields if not name.startswith("*")} - anywhere
    names = anywhere | exact | parameters
    for word in sorted({name.rpartition("_")[2] for name in names}):
        quoted = [*_behind(word, "", anywhere), *_behind(word, "[\"']", exact)]
        pairs = _behind(word, "", names & _IN_CONNECTION_STRINGS)
        ways = (
            (b"[\\\\\"']", quoted, b"(?:%b|%b)" % (_QUOTED, _PART)),
            (b'"', _behind(word, "[\"']", parameters), _FORM_PART),
            (b"[\r;]", _behind(word, "name=", names), _BARE_PART),
            (b"=", pairs, _IN_PAIRS),
            (b"=", _behind(word, ";", names & _IN_CONNECTION_STRINGS), _LAST_OF_PAIRS),
            (b"=", [*_behind(word, "[?&;]", names), *_behind(word, r"\\u0026", names)], _IN_QUERY),
            (b"[\\s=:\\\\%]", _behind(word, "", anywhere), _ASSIGNED),
        )
        # What follows is looked at first, because most words are followed by something else.
        branches = (
            b"(?=%b)(?:%b)%b" % (follows, b"|".join(behind), rest) for follows, behind, rest in ways if behind
        )
        yield word.encode(), re.compile(b"%b(?:%b)" % (word.encode(), b"|".join(branches)))


_IN_CONNECTION_STRINGS = frozenset({"pwd", "password", "passwd", "account_key", "shared_key", "access_key"})


def _behind(word: str, start: str, names: Iterable[str]) -> list[bytes]:
    """Expressions that hold where one of these names ends, for those that end with the word."""
    ending = sorted(name for name in names if name.endswith(word))
    spellings = ([start + re.escape(name).replace("_", joint) for joint in ("[_-]", "")] for name in ending)
    return [b"(?<=%b)" % spelling.encode() for pair in spellings for spelling in dict.fromkeys(pair)]


def _name_at(lowered: bytes, end: int) -> bytes:
    """The whole name that ends there."""
    match = _NAME.search(lowered[max(0, end - _LONGEST_NAME) : end])
    return match[1].rpartition(b".")[2] if match else b""


def _unquoted(data: bytes) -> bytes:
    return unquote_to_bytes(data.replace(b"+", b" ")) if b"%" in data or b"+" in data else data


def _values(data: bytes, match: re.Match[bytes]) -> Iterator[tuple[int, int]]:
    group = match.lastgroup
    if group in {"quote", "in_object", "beside"}:
        yield match.end(), _string_end(data, match.end(), len(match["slashes"]), match["quote"])
    elif group == "list":
        yield from _list_items(data, match.end(), match["slashes"], match["quote"])
    else:
        yield match.span(group or 0)


def _list_items(data: bytes, at: int, slashes: bytes, quote: bytes) -> Iterator[tuple[int, int]]:
    mark = slashes + quote
    while data.startswith(mark, at):
        start = at + len(mark)
        end = _string_end(data, start, len(slashes), quote)
        yield start, end
        comma = _COMMA.match(data, end + len(mark))
        if comma is None:
            return
        at = comma.end()


_COMMA = re.compile(rb"\s*+,\s*+")


def _string_end(data: bytes, start: int, depth: int, quote: bytes) -> int:
    """Where a string ends that has begun with that many backslashes and that quote.

    A JSON string inside one is escaped: its quotes have a backslash each, and a quote in its text has
    three. An outer string's end is the end of this one too, and so is a line's.
    """
    for match in _QUOTE.finditer(data, start):
        if match[2] is None:
            return match.start()
        slashes = len(match[1])
        if match[2] in (quote, b'"') and (slashes < depth or slashes % (2 * depth + 2) == depth):
            return match.end() - 1 - min(slashes, depth)
    return len(data)
