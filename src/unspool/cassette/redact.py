"""Secrets taken out of what a cassette is to hold, before anything reaches the disk.

In requests a secret becomes `REDACTED`, so that a request with another key is the same one after it. In
responses it becomes a text of its own length, so that the sizes of the network's pieces, content-length
and the frames of binary formats stay true.

To be cheap where there is nothing to find, a body is gone over with few and fast means: long words are
found by one search for twenty word bytes in a row, and every other expression begins with a literal.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import unquote_plus

from unspool.cassette.encoding import decoded, frame_texts, reframed, sized
from unspool.cassette.model import Failure, Headers, Interaction, Request, Response, Timeline, header
from unspool.cassette.secrets import ALLOWED_HEADERS, FIELDS, PARAMETERS, PATTERNS, URL_HEADERS, Pattern
from unspool.errors import CassetteFormatError

REDACTED = "REDACTED"
"""What stands in a secret's place; in responses it's cut, or filled up with `*`, to the secret's length."""

Span = tuple[int, int, str]
"""Where a secret begins and ends, and its kind."""

Value = TypeVar("Value", Failure, Interaction, Request, Response, Timeline)

_MOST_PASSES = 9
_FORM = "x-www-form-urlencoded"
_LOG = logging.getLogger("unspool")


@dataclass(frozen=True)
class Redactor:
    """Takes secrets out of requests and responses. What holds none comes back as the same object.

    What has been through it once, it leaves alone the next time.

    Attributes:
        allow_headers: names, in lower case, of headers whose values may be kept; a trailing `*` stands for
            any ending. All other values become `REDACTED`.
        patterns: what is looked for anywhere; add to `PATTERNS` what your own secrets look like.
        fields: names of JSON fields and of parameters whose text is a secret, written as in `FIELDS`.
        parameters: names that are secret in a query or a form only, written as in `PARAMETERS`.
    """

    allow_headers: frozenset[str] = ALLOWED_HEADERS
    patterns: tuple[Pattern, ...] = PATTERNS
    fields: frozenset[str] = FIELDS
    parameters: frozenset[str] = PARAMETERS

    def interaction(self, interaction: Interaction) -> Interaction:
        """Both sides without their secrets, and what else the cassette holds of them."""
        return _changed(
            interaction,
            request=self.request(interaction.request),
            response=self.response(interaction.response),
            extra=self._extra(interaction.extra, {}),
        )

    def request(self, request: Request) -> Request:
        """The request without its secrets.

        A body that held one is kept decoded, if it was compressed, and its content-length is corrected.
        """
        plain = self._plain(Response(0, headers=request.headers, body=request.body))
        body = self._constant(plain.body, by_name=_is(plain.headers, _FORM))
        kept = request
        if body != plain.body:
            kept = replace(request, headers=sized(plain.headers, len(body)), body=body)
        return _changed(kept, uri=self._url(kept.uri), headers=self._headers(kept.headers))

    def response(self, response: Response) -> Response:
        """The response without its secrets: as many bytes as before, in the same pieces.

        A body that held one is kept decoded, if it was compressed.
        """
        plain = self._plain(response)
        body = self._body(plain)
        kept = response if body == plain.body else replace(plain, body=body)
        return _changed(
            kept,
            reason=self.text(kept.reason),
            headers=self._headers(kept.headers),
            timeline=self._timeline(kept.timeline),
            extra=self._extra(kept.extra, {}),
        )

    def text(self, text: str) -> str:
        """A text, such as an error's, without its secrets."""
        return self._constant(_to_bytes(text)).decode("utf-8", "surrogatepass")

    def same_length(self, data: bytes) -> bytes:
        """The bytes with a text of the same length in each secret's place."""
        return self._scrubbed(data, _padded)

    def secrets_in(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """The secrets in some bytes, each with its kind; none in what has been redacted."""
        return ((kind, data[start:end]) for start, end, kind in self._spans(data))

    def _constant(self, data: bytes, *, by_name: bool = False) -> bytes:
        return self._scrubbed(data, lambda _: REDACTED.encode(), by_name=by_name)

    def _url(self, url: str) -> str:
        return self._constant(_to_bytes(url), by_name=True).decode("utf-8", "surrogatepass")

    def _body(self, plain: Response) -> bytes:
        if _is(plain.headers, "vnd.amazon.eventstream"):
            texts = (plain.body, frame_texts(plain.body))
            return reframed(plain.body, self.same_length) if any(map(self._spans, texts)) else plain.body
        return self._scrubbed(plain.body, _padded, by_name=_is(plain.headers, _FORM))

    def _plain(self, message: Response) -> Response:
        """The message with its body decoded, if that can be done."""
        try:
            return decoded(message) if message.body else message
        except CassetteFormatError as error:
            _LOG.warning("a body was searched for secrets as it stands, not decoded: %s", error)
            return message

    def _headers(self, headers: Headers) -> Headers:
        kept = tuple((name, value if self._allows(name.lower()) else REDACTED) for name, value in headers)
        together = "\n".join(value for _, value in kept)
        if not self._spans(_to_bytes(together), by_name=True):  # one search instead of twenty
            return kept
        return tuple(
            (name, self._url(value) if name.lower() in URL_HEADERS else self.text(value))
            for name, value in kept
        )

    def _allows(self, name: str) -> bool:
        return name in self.allow_headers or name.startswith(self._allowed_prefixes)

    def _timeline(self, timeline: Timeline | None) -> Timeline | None:
        if timeline is None or timeline.failure is None:
            return timeline
        failure = _changed(timeline.failure, message=self.text(timeline.failure.message))
        return _changed(timeline, failure=failure)

    def _extra(self, value: Any, done: dict[int, Any]) -> Any:
        """A tree of dicts and lists without its secrets. `done` is for one whose branches meet or loop."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            return self._constant(value)
        if not isinstance(value, Mapping | list) or id(value) in done:
            return done.get(id(value), value)
        done[id(value)] = value
        if isinstance(value, Mapping):
            new: Any = {key: self._member(key, item, done) for key, item in value.items()}
        else:
            new = [self._extra(item, done) for item in value]
        done[id(value)] = value if new == value else new
        return done[id(value)]

    def _member(self, key: object, item: Any, done: dict[int, Any]) -> Any:
        if isinstance(item, str) and item and self._is_secret_name(str(key), self.fields):
            return REDACTED
        return self._extra(item, done)

    def _scrubbed(self, data: bytes, fill: Callable[[int], bytes], *, by_name: bool = False) -> bytes:
        """The bytes with what `fill` gives for a secret's length in its place."""
        for _ in range(_MOST_PASSES):  # a key may have hidden another that follows it with nothing between
            spans = self._spans(data, by_name=by_name)
            if not spans:
                break
            data = _filled(data, spans, fill)
        return data

    def _spans(self, data: bytes, *, by_name: bool = False) -> list[Span]:
        """Where the secrets are, in order and apart from each other.

        Args:
            data: what is looked through.
            by_name: it's a URL or a form, whose parameters count by their name.
        """
        found = [*self._at_words(data), *self._in_context(data), *_named(data, self._names)]
        if by_name:
            found += self._parameters(data)
        return list(_merged(span for span in found if not _is_redacted(data[span[0] : span[1]])))

    def _at_words(self, data: bytes) -> Iterator[Span]:
        begins_key = self._any_word.match
        for word in _long_words(data):
            if begins_key(data, word):
                yield from self._at_word(data, _after_escape(data, word))

    def _at_word(self, data: bytes, start: int) -> Iterator[Span]:
        for pattern in self.patterns:
            match = pattern.regex.match(data, start) if pattern.at_word else None
            if match:
                yield *match.span(), pattern.kind
                return

    def _in_context(self, data: bytes) -> Iterator[Span]:
        for pattern in self._contexts:
            for match in pattern.regex.finditer(data):
                yield *match.span(match.lastindex or 0), pattern.kind

    def _parameters(self, data: bytes) -> Iterator[Span]:
        names = self.fields | self.parameters
        for match in _PARAMETER.finditer(data):
            if match[2] and self._is_secret_name(unquote_plus(match[1].decode("latin-1")), names):
                yield *match.span(2), "parameter"

    def _is_secret_name(self, name: str, names: frozenset[str]) -> bool:
        word = _joined(name.lower())
        return any(
            word.endswith(_joined(known[1:])) if known.startswith("*") else word == _joined(known)
            for known in names
        )

    @cached_property
    def _allowed_prefixes(self) -> tuple[str, ...]:
        return tuple(name[:-1] for name in self.allow_headers if name.endswith("*"))

    @cached_property
    def _contexts(self) -> tuple[Pattern, ...]:
        return tuple(pattern for pattern in self.patterns if not pattern.at_word)

    @cached_property
    def _any_word(self) -> re.Pattern[bytes]:
        """Matches where any of the words begins, be it after the rest of an escape, as of a line feed."""
        regexes = [b"(?:%b)" % pattern.regex.pattern for pattern in self.patterns if pattern.at_word]
        return re.compile(_ESCAPE.pattern + b"(?:%b)" % b"|".join(regexes or [b"(?!)"]))

    @cached_property
    def _names(self) -> tuple[Pattern, ...]:
        return tuple(_name_patterns(self.fields, self.parameters))


def redactions_in(interaction: Interaction) -> int:
    """How many secrets have been taken out of an interaction, as far as what stands in their places tells."""
    request, response = interaction.request, interaction.response
    texts = [request.uri, *(value for _, value in (*request.headers, *response.headers))]
    bodies = request.body.count(REDACTED.encode()) + response.body.count(REDACTED.encode())
    return bodies + sum(text.count(REDACTED) for text in texts)


def _changed(value: Value, **changes: Any) -> Value:
    """A changed copy, or the value itself where nothing changes."""
    changed = replace(value, **changes)
    return value if changed == value else changed


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is(headers: Headers, content_type: str) -> bool:
    return content_type in (header(headers, "content-type") or "").lower()


# --- spans


def _filled(data: bytes, spans: Iterable[Span], fill: Callable[[int], bytes]) -> bytes:
    pieces: list[bytes] = []
    kept = 0
    for start, end, _ in spans:
        pieces += data[kept:start], fill(end - start)
        kept = end
    return b"".join([*pieces, data[kept:]])


def _padded(length: int) -> bytes:
    return REDACTED.encode().ljust(length, b"*")[:length]


def _is_redacted(data: bytes) -> bool:
    return data in (REDACTED.encode(), _padded(len(data)))


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans in order; those that overlap become one, of the kind that begins first."""
    current: Span | None = None
    for start, end, kind in sorted(spans):
        if current and start < current[1]:
            current = (current[0], max(end, current[1]), current[2])
        else:
            if current:
                yield current
            current = (start, end, kind)
    if current:
        yield current


# --- long words

_LONG = 20
_WORD_BYTES = b"-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = bytes(ord("w") if byte in _WORD_BYTES else ord(" ") for byte in range(256))
# The rest of an escape of JSON or of a URL. No key begins inside it, so it's taken at once or not at all.
_ESCAPE = re.compile(rb"(?>(?<=\\)(?:u[0-9A-Fa-f]{4}|[bfnrt])|(?<=%)[0-9A-Fa-f]{2}|)")


def _long_words(data: bytes) -> Iterator[int]:
    """Where runs of at least 20 word bytes begin; a search for twenty such bytes skips nearly all others."""
    shape, long = data.translate(_SHAPE), b"w" * _LONG
    start = shape.find(long)
    while start >= 0:
        yield start
        end = shape.find(b" ", start)
        start = shape.find(long, end) if end >= 0 else -1


def _after_escape(data: bytes, start: int) -> int:
    match = _ESCAPE.match(data, start)
    return match.end() if match else start


# --- names

_PARAMETER = re.compile(rb"(?:^|[?&#])([^=&#?\s]*+)=([^&#\s<>\"]*+)")
# What may follow a name: `": "` of JSON, at any depth of escaping; the lines before a part of a multipart
# body; an equals sign or a colon in text, where only what looks like a secret counts.
_QUOTED = rb"(?P<slashes>\\{0,15}+)(?P<quote>[\"'])\s*+:\s*+(?P=slashes)(?P=quote)"
_PART = rb"\"(?:\r\n[^\r\n]{1,200}+){0,3}+\r\n\r\n(?P<part>[^\r\n]++)"
_ASSIGNED = (
    rb"\s{0,9}+(?:[=:]|\\u003d|%3d)\s{0,9}+(?:\\{0,15}+[\"'])?+(?:(?:bearer|basic|token|api-?key)\s++)?+"
    rb"(?=[a-z_.~+/%-]*+[0-9])(?P<assigned>[\w.~+/%-]{16,}+={0,2})(?![(\[])"
)
_IN_QUERY = rb"=(?P<value>[^&\s\"'<>\\#]{16,}+)"
_QUOTE = re.compile(rb"(?<!\\)(\\*+)([\"'])|[\r\n]")


def _name_patterns(fields: frozenset[str], parameters: frozenset[str]) -> Iterator[Pattern]:
    """For each last word of the names, with which the regex begins so as to be fast, all that end with it."""
    anywhere = {name[1:] for name in fields if name.startswith("*")}
    exact = fields - {f"*{name}" for name in anywhere}
    names = anywhere | exact | parameters
    for word in sorted({name.rpartition("_")[2] for name in names}):
        ways = (
            (
                b"[\\\\\"']",
                [*_behind(word, "", anywhere), *_behind(word, "[\"']", exact)],
                b"(?:%b|%b)" % (_QUOTED, _PART),
            ),
            (b"=", [*_behind(word, "[?&;]", names), *_behind(word, r"\\u0026", names)], _IN_QUERY),
            (b"[\\s=:\\\\%]", _behind(word, "", anywhere), _ASSIGNED),
        )
        # What follows is looked at first, because most words are followed by something else.
        branches = (
            b"(?=%b)(?:%b)%b" % (follows, b"|".join(behind), rest) for follows, behind, rest in ways if behind
        )
        yield Pattern(f"{word} by name", re.compile(b"%b(?:%b)" % (word.encode(), b"|".join(branches))))


def _behind(word: str, start: str, names: Iterable[str]) -> list[bytes]:
    """Expressions that hold where one of these names ends, for those that end with the word."""
    ending = sorted(name for name in names if name.endswith(word))
    spellings = ([start + re.escape(name).replace("_", joint) for joint in ("[_-]", "")] for name in ending)
    return [b"(?<=%b)" % spelling.encode() for pair in spellings for spelling in dict.fromkeys(pair)]


def _joined(name: str) -> str:
    return name.replace("_", "").replace("-", "")


def _named(data: bytes, patterns: Iterable[Pattern]) -> Iterator[Span]:
    lowered = data.lower()
    for pattern in patterns:
        match = pattern.regex.search(lowered)
        while match:
            start, end = _text_after(lowered, match)
            if start < end:
                yield start, end, pattern.kind
            match = pattern.regex.search(lowered, max(end, match.end()))


def _text_after(data: bytes, match: re.Match[bytes]) -> tuple[int, int]:
    if match.lastgroup != "quote":
        return match.span(match.lastgroup or 0)
    return match.end(), _string_end(data, match.end(), len(match["slashes"]), match["quote"])


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
