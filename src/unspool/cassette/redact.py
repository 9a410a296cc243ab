"""Redact secrets in a cassette's contents, before anything is written.

A secret is known by its shape (`secrets`), by its name (`secret_names`), or by its value (`known_values`).
In requests it becomes `REDACTED`, so that a request with another key is the same one after it. In responses
it becomes a text of its own length (`stand_ins`), so that the sizes of the network's pieces, content-length
and the frames of binary formats stay true.

To be cheap without secrets, a body is searched with few and fast means: long words are
found by one search for twenty word bytes in a row, and every other expression begins with a literal.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, unquote_to_bytes

from unspool.cassette.channels import allowed_ranges, format_path, scrub_channels, strings_of
from unspool.cassette.content_coding import (
    decoded,
    frames_with_lines,
    gunzipped,
    lines_of_frames,
    regzipped,
    sized,
)
from unspool.cassette.known_values import KnownValues
from unspool.cassette.model import Failure, Headers, Interaction, Request, Response, Timeline, header
from unspool.cassette.secret_names import SecretNames
from unspool.cassette.secrets import (
    ADDRESS_PATTERNS,
    ALLOWED_HEADERS,
    FIELDS,
    PARAMETERS,
    PATTERNS,
    URL_HEADERS,
    Pattern,
)
from unspool.cassette.stand_ins import REDACTED, Alphabet, cookies, is_stand_in, same_length
from unspool.errors import CassetteFormatError

__all__ = ["REDACTED", "Redactor", "redacted_paths", "redactions_in"]


class Span(NamedTuple):
    """The place of a secret.

    Attributes:
        start: its first byte.
        end: the byte after it.
        kind: its kind.
        keep: the bytes of a prefix that may stay in a response.
        alphabet: the characters of its stand-in.
    """

    start: int
    end: int
    kind: str
    keep: int = 0
    alphabet: Alphabet = Alphabet.ANY


Value = TypeVar("Value", Failure, Interaction, Request, Response, Timeline)

_MOST_PASSES = 9
_MOST_REMEMBERED, _MOST_REMEMBERED_BYTES = 128, 32 * 1024
_FORM = "x-www-form-urlencoded"
_COOKIES = frozenset({"cookie", "set-cookie"})
_LOG = logging.getLogger("unspool")


@dataclass(frozen=True)
class Redactor:
    """Takes secrets out of requests and responses. What holds none comes back as the same object.

    What has been through it once, it leaves alone the next time.

    Attributes:
        allow_headers: names, in lower case, of headers whose values are stored; a trailing `*` stands for
            any ending. All other values become `REDACTED`.
        patterns: shapes to search for everywhere; add the shapes of your own secrets to `PATTERNS`.
        fields: names of JSON fields and of parameters whose value is a secret, written as in `FIELDS`.
        parameters: names that are secret in a query or a form only, written as in `PARAMETERS`.
        allow_paths: JSON paths of response bodies that are stored unchanged, such as
            `choices[*].delta.content`; `*` stands for any name or place.
    """

    allow_headers: frozenset[str] = ALLOWED_HEADERS
    patterns: tuple[Pattern, ...] = PATTERNS
    fields: frozenset[str] = FIELDS
    parameters: frozenset[str] = PARAMETERS
    allow_paths: tuple[str, ...] = ()
    known: KnownValues = field(default_factory=KnownValues, repr=False, compare=False)

    def __repr__(self) -> str:
        own = (one for one in fields(self) if one.repr and getattr(self, one.name) != one.default)
        return f"Redactor({', '.join(f'{one.name}=…' for one in own)})"

    def knowing(self, known: KnownValues) -> Redactor:
        """Return a redactor that searches for these values too, in any place."""
        other = copy.copy(self)  # with all that was compiled
        object.__setattr__(other, "known", known)
        return other

    @cached_property
    def names(self) -> SecretNames:
        """The names whose values are secrets."""
        return SecretNames(self.fields, self.parameters)

    def interaction(self, interaction: Interaction) -> Interaction:
        """Redact the request and the response, and their other keys in the cassette."""
        return _changed(
            interaction,
            request=self.request(interaction.request),
            response=self.response(interaction.response),
            extra=self._extra(interaction.extra, {}),
        )

    def request(self, request: Request) -> Request:
        """Redact a request before it is compared or stored.

        A compressed body that held a secret is stored decoded, and its content-length is corrected.
        """
        plain = self._plain(Response(0, headers=request.headers, body=request.body))
        by_name = _is(plain.headers, _FORM)
        zipped = gunzipped(plain.body)
        body = self._constant(plain.body if zipped is None else zipped, by_name=by_name)
        kept = request
        if body not in {plain.body, zipped}:
            kept = replace(request, headers=sized(plain.headers, len(body)), body=body)
        elif (
            body is not request.body
            and (raw := self._constant(request.body, by_name=by_name)) != request.body
        ):  # behind compressed bytes
            kept = replace(request, headers=sized(request.headers, len(raw)), body=raw)
        return _changed(kept, uri=self._url(kept.uri), headers=self._headers(kept.headers))

    def response(self, response: Response) -> Response:
        """Redact a response: as many bytes as before, in the same pieces.

        A body that held a secret is stored decoded, if it was compressed.
        """
        plain = self._plain(response)
        body = self._body(plain)
        kept = response if body == plain.body else replace(plain, body=body)
        if kept is response and plain is not response:  # behind compressed bytes
            kept = _changed(response, body=self.same_length(response.body))
        return _changed(
            kept,
            reason=self.text(kept.reason),
            headers=self._headers(kept.headers),
            timeline=self._timeline(kept.timeline),
            extra=self._extra(kept.extra, {}),
        )

    def text(self, text: str) -> str:
        """Redact a text, such as an error's."""
        return self._constant(_to_bytes(text)).decode("utf-8", "surrogatepass")

    def same_length(self, data: bytes) -> bytes:
        """Replace each secret by a text of the same length."""
        return self._scrubbed(data, _stand_in)

    def secrets_in(self, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield the secrets in some bytes, each with its kind; none in redacted data."""
        return ((span.kind, data[span.start : span.end]) for span in self._spans(data))

    def is_quiet(self, data: bytes) -> bool:
        """Whether no secret can end, or have begun, in the last bytes of a text: a cheap first look."""
        if not _CALM.fullmatch(data):
            if _LONG_RUN.search(data) or self._has_own_patterns:
                return False
            lowered = data.lower()
            if any(word in lowered for word in self._opening_words):
                return False
        elif _SCHEME.search(data):
            return False
        if next(self.known.spans(data), None) is not None:
            return False
        return self._in_plain_word(data) == len(data)

    def begins_at(self, data: bytes) -> int:
        """Return the start of a possible secret that the end of the data cuts; the data's length if there is
        none.
        """
        known = self.known.begins_at(data)
        key = data.rfind(b"-----BEGIN ")
        if key >= 0 and data.find(b"-----END", key) < 0:
            return min(key, known)
        tail = data[-_TAIL:]
        recent = tail[-_RECENT:]
        lowered = recent.lower()
        if any(word in lowered for word in self._opening_words):
            return min(known, len(data) - len(tail) + self._probed(tail))
        run = _run_size(tail)
        if run and _PLAIN_RUN.fullmatch(tail, len(tail) - run):
            return min(known, self._in_plain_word(data))
        return min(known, len(data) - run + self._probed(tail[-run:])) if run else known

    def _in_plain_word(self, data: bytes) -> int:
        """Like `begins_at`, for the end of plain words: only the last one can begin a key."""
        size = _run_size(data[-_LONGEST_PREFIX:])
        for match in _WORD_STARTS.finditer(data, len(data) - size):
            word = data[match.end() :]
            if word and (word in self._beginnings or word.startswith(self._long_prefixes)):
                return match.end()
        return self.known.begins_at(data, most=size)

    def _begins_prefix(self, word: bytes) -> bool:
        return any(prefix.startswith(word) for prefix in self._prefixes) or word.startswith(self._prefixes)

    def _probed(self, tail: bytes) -> int:
        """Where in a text's end a secret may have begun: with some more of the same it would be one."""
        at = len(tail)
        for probe in _PROBES:
            for span in self._spans(tail + probe):
                if span.start < len(tail) < span.end:
                    at = min(at, span.start)
        login = _LOGIN.search(tail)
        if login is not None:
            at = min(at, login.start() + 3)
        start = len(tail) - _run_size(tail)
        if start == len(tail):
            return at
        if self._has_own_patterns or _OPAQUE_RUN.match(tail, start):
            return min(at, start)
        words = (match.end() for match in _WORD_STARTS.finditer(tail, start))
        return min([at, *(word for word in words if word < len(tail) and self._begins_prefix(tail[word:]))])

    def _constant(self, data: bytes, *, by_name: bool = False) -> bytes:
        return self._scrubbed(data, _request_stand_in, by_name=by_name, is_asked=True)

    def _url(self, url: str) -> str:
        data = self._in_parameters(self._constant(_to_bytes(url), by_name=True))
        spans = [*self._search(data, ADDRESS_PATTERNS)]
        if not spans:
            return data.decode("utf-8", "surrogatepass")
        return _filled(data, _merged(spans), _request_stand_in).decode("utf-8", "surrogatepass")

    def _in_parameters(self, url: bytes) -> bytes:
        """Redact quoted values of a URL's parameters: JSON, or another URL with its own parameters."""
        head, mark, query = url.partition(b"?")
        if b"%" not in query:
            return url
        return head + mark + b"&".join(map(self._in_parameter, query.split(b"&")))

    def _in_parameter(self, parameter: bytes) -> bytes:
        name, mark, value = parameter.partition(b"=")
        plain = unquote_to_bytes(value)
        clean = plain if plain == value else self._constant(plain, by_name=True)
        return parameter if clean == plain else name + mark + quote(clean, safe="").encode()

    def _body(self, plain: Response) -> bytes:
        if _is(plain.headers, "vnd.amazon.eventstream"):
            return self._frames(plain.body)
        zipped = gunzipped(plain.body)
        if zipped is not None:
            clean = self._text_body(zipped, plain.headers)
            if clean != zipped:
                return regzipped(clean, len(plain.body))
        return self._text_body(plain.body, plain.headers)

    def _text_body(self, body: bytes, headers: Headers) -> bytes:
        by_name = _is(headers, _FORM)
        allowed = allowed_ranges(body, self.allow_paths) if self.allow_paths else []
        clean = self._scrubbed(body, _stand_in, by_name=by_name)
        joined = scrub_channels(body, self.same_length, allowed=allowed)
        if joined is not body:  # of a secret in two pieces, the first may look like a whole one
            clean = _overlaid(body, clean, joined)
        if clean != body:
            for start, end in allowed:
                clean = clean[:start] + body[start:end] + clean[end:]
        return clean

    def _frames(self, body: bytes) -> bytes:
        """Scrub an AWS event stream: its payloads are lines of one text, for frames may cut a secret."""
        whole = lines_of_frames(body)
        clean = self._text_body(whole, ())
        return body if clean == whole else frames_with_lines(body, clean)

    def _plain(self, message: Response) -> Response:
        """Return the message with its body decoded, if possible."""
        try:
            return decoded(message) if message.body else message
        except CassetteFormatError as error:
            _LOG.warning("a body was searched for secrets as it stands, not decoded: %s", error)
            return message

    def _headers(self, headers: Headers) -> Headers:
        kept = tuple((name, self._header(name, value)) for name, value in headers)
        together = "\n".join(value for _, value in kept)
        if not self._spans(_to_bytes(together), by_name=True, is_asked=True):  # one search instead of twenty
            return kept
        return tuple(
            (name, self._url(value) if name.lower() in URL_HEADERS else self.text(value))
            for name, value in kept
        )

    def _header(self, name: str, value: str) -> str:
        if self._allows(name.lower()):
            return value
        return cookies(value) if name.lower() in _COOKIES else REDACTED

    def _allows(self, name: str) -> bool:
        return name in self.allow_headers or name.startswith(self._allowed_prefixes)

    def _timeline(self, timeline: Timeline | None) -> Timeline | None:
        if timeline is None or timeline.failure is None:
            return timeline
        failure = _changed(timeline.failure, message=self.text(timeline.failure.message))
        return _changed(timeline, failure=failure)

    def _extra(self, value: Any, done: dict[int, Any]) -> Any:
        """Redact a tree of dicts and lists. `done` is for one whose branches meet or loop."""
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
        if isinstance(item, str) and item and self.names.is_secret(str(key), item):
            return REDACTED
        return self._extra(item, done)

    def _scrubbed(self, data: bytes, fill: Fill, *, by_name: bool = False, is_asked: bool = False) -> bytes:
        """Replace each secret by the result of `fill`."""
        for _ in range(_MOST_PASSES):  # a key may have hidden another that follows it with nothing between
            spans = self._spans(data, by_name=by_name, is_asked=is_asked)
            if not spans:
                break
            data = _filled(data, spans, fill)
        return data

    def _spans(self, data: bytes, *, by_name: bool = False, is_asked: bool = False) -> list[Span]:
        """Return the places of secrets, in order and without overlaps.

        Args:
            data: the data to search.
            by_name: it's a URL or a form, whose parameters count by their name.
            is_asked: it's part of a request, which is searched when it's asked and again when it's found.
        """
        found = [
            Span(start, end, "known value", 0, alphabet) for start, end, alphabet in self.known.spans(data)
        ]
        if not is_asked:
            found += self._by_shape(data, by_name=by_name)
        elif (data, by_name) not in self._clean:
            shapes = self._by_shape(data, by_name=by_name)
            if not shapes and len(data) <= _MOST_REMEMBERED_BYTES:
                self._remember(data, by_name=by_name)
            found += shapes
        return list(_merged(span for span in found if not is_stand_in(data[span.start : span.end])))

    def _by_shape(self, data: bytes, *, by_name: bool) -> list[Span]:
        found = [*self._at_words(data), *self._search(data, self._contexts), *self._by_name(data)]
        if by_name:
            found += [Span(*span) for span in self.names.in_query(data)]
        return found

    @cached_property
    def _clean(self) -> set[tuple[bytes, bool]]:
        """Parts of requests without secrets."""
        return set()

    def _remember(self, data: bytes, *, by_name: bool) -> None:
        if len(self._clean) >= _MOST_REMEMBERED:
            self._clean.clear()
        self._clean.add((data, by_name))

    def _by_name(self, data: bytes) -> Iterator[Span]:
        for start, end, kind in self.names.in_text(data):
            is_number = data[start - 1 : start] not in _BEFORE_TEXT and data[start:end].lstrip(b"-").isdigit()
            alphabet = Alphabet.NUMBER if is_number else Alphabet.ANY
            if not (is_number and set(data[start:end]) == {ord("9")}):
                yield Span(start, end, kind, 0, alphabet)

    def _at_words(self, data: bytes) -> Iterator[Span]:
        by_letter = self._by_letter
        for word in _long_words(data):
            start = _after_escape(data, word)
            letter = data[start] if start < len(data) else _ANY_LETTER
            any_of, patterns = by_letter.get(letter) or self._beginning_with(letter)
            if any_of.match(data, start):
                match, pattern = next(_matches(patterns, data, start))
                yield Span(*match.span(), pattern.kind, _prefix_size(match[0], pattern))

    def _search(self, data: bytes, patterns: Iterable[Pattern]) -> Iterator[Span]:
        for pattern in patterns:
            for match in pattern.compiled.finditer(data):
                yield Span(*match.span(match.lastindex or 0), pattern.kind)

    @cached_property
    def _allowed_prefixes(self) -> tuple[str, ...]:
        return tuple(name[:-1] for name in self.allow_headers if name.endswith("*"))

    @cached_property
    def _contexts(self) -> tuple[Pattern, ...]:
        return tuple(pattern for pattern in self.patterns if not pattern.at_word)

    @cached_property
    def _has_own_patterns(self) -> bool:
        return not set(self.patterns) <= set(PATTERNS)

    @cached_property
    def _prefixes(self) -> tuple[bytes, ...]:
        """Prefixes of keys, as far as they are the same for all of a kind."""
        begins = (_LITERAL.match(pattern.text) for pattern in self.patterns)
        found = {match[0] for match in begins if match and len(match[0]) > 1}
        return tuple(sorted({*found, *_MORE_PREFIXES}))

    @cached_property
    def _beginnings(self) -> frozenset[bytes]:
        """The proper beginnings of `_prefixes`."""
        return frozenset(prefix[:size] for prefix in self._prefixes for size in range(1, len(prefix) + 1))

    @cached_property
    def _long_prefixes(self) -> tuple[bytes, ...]:
        return tuple(one for one in self._prefixes if len(one) > 2 or one.endswith((b"-", b"_")))

    @cached_property
    def _opening_words(self) -> tuple[bytes, ...]:
        """Texts before a secret, in lower case: its name, its scheme, an address."""
        names = {name.lstrip("*").rpartition("_")[2] for name in self.fields | self.parameters}
        shortest = {name for name in names if not any(other != name and other in name for other in names)}
        return (*map(str.encode, sorted(shortest)), b"bearer", b"basic", b"://", b"aws4-", b"hook", b"-----")

    @cached_property
    def _first_letters(self) -> tuple[tuple[int, Pattern], ...]:
        """The patterns of words, each with the byte that it begins with."""
        return tuple((_first_letter(pattern), pattern) for pattern in self.patterns if pattern.at_word)

    @cached_property
    def _by_letter(self) -> dict[int, tuple[re.Pattern[bytes], tuple[Pattern, ...]]]:
        """What `_beginning_with` has returned: compiling the regexes of all letters takes long."""
        return {}

    def _beginning_with(self, letter: int) -> tuple[re.Pattern[bytes], tuple[Pattern, ...]]:
        """Return the patterns of words that can begin with a byte, and a regex that is any of them."""
        patterns = tuple(pattern for first, pattern in self._first_letters if first in (letter, _ANY_LETTER))
        found = self._by_letter[letter] = (_any_of(patterns), patterns)
        return found


Fill = Callable[[bytes, Span], bytes]
"""Makes a stand-in for the secret in some data."""


def redactions_in(interaction: Interaction) -> int:
    """Count the redacted secrets of an interaction, by their stand-ins."""
    request, response = interaction.request, interaction.response
    texts = [request.uri, *(value for _, value in (*request.headers, *response.headers))]
    bodies = request.body.count(REDACTED.encode()) + response.body.count(REDACTED.encode())
    return bodies + sum(text.count(REDACTED) for text in texts)


def redacted_paths(response: Response) -> list[str]:
    """Return the JSON paths in a response's body at which redaction changed it.

    Each is one that `Redactor.allow_paths` takes: `choices[*].delta.content`.
    """
    mark = REDACTED.encode()
    try:
        body = decoded(response).body
    except CassetteFormatError:
        body = response.body
    if _is(response.headers, "vnd.amazon.eventstream"):
        body = lines_of_frames(body)
    if mark not in body:
        return []
    places = (path for path, start, end in strings_of(body) if mark[:4] in body[start:end])
    return list(dict.fromkeys(map(format_path, places)))


def _changed(value: Value, **changes: Any) -> Value:
    """Return a changed copy, or the value itself if nothing changes."""
    changed = replace(value, **changes)
    return value if changed == value else changed


def _to_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _is(headers: Headers, content_type: str) -> bool:
    return content_type in (header(headers, "content-type") or "").lower()


# --- spans

_BEFORE_TEXT = {b'"', b"'", b"=", b"\n", b";"}


def _stand_in(data: bytes, span: Span) -> bytes:
    return same_length(data[span.start : span.end], span.alphabet, keep=span.keep)


def _request_stand_in(_data: bytes, span: Span) -> bytes:
    return b"0" if span.alphabet is Alphabet.NUMBER else REDACTED.encode()


def _filled(data: bytes, spans: Iterable[Span], fill: Fill) -> bytes:
    pieces: list[bytes] = []
    kept = 0
    for span in spans:
        pieces += data[kept : span.start], fill(data, span)
        kept = span.end
    return b"".join([*pieces, data[kept:]])


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Return the spans in order; overlapping ones are joined, with the kind of the first."""
    current: Span | None = None
    for span in sorted(spans, key=lambda span: (span.start, -span.keep, span.end)):
        if current and span.start < current.end:
            current = current._replace(end=max(span.end, current.end))
        else:
            if current:
                yield current
            current = span
    if current:
        yield current


def _overlaid(original: bytes, first: bytes, second: bytes) -> bytes:
    """Merge the changes of both into the original; the second takes precedence."""
    if first == original:
        return second
    triples = zip(original, first, second, strict=True)
    return bytes(new if new != old else other for old, other, new in triples)


_ANY_LETTER = -1


def _first_letter(pattern: Pattern) -> int:
    match = _LITERAL.match(pattern.text)
    return match[0][0] if match and b"|" not in _outside_groups(pattern.text) else _ANY_LETTER


def _outside_groups(regex: bytes) -> bytes:
    """Return a regex without its parts in parentheses."""
    while (shorter := re.sub(rb"\([^()]*\)", b"", regex)) != regex:
        regex = shorter
    return regex


def _any_of(patterns: tuple[Pattern, ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join(b"(?:%b)" % pattern.text for pattern in patterns) or b"(?!)")


def _matches(
    patterns: Iterable[Pattern], data: bytes, start: int
) -> Iterator[tuple[re.Match[bytes], Pattern]]:
    for pattern in patterns:
        if match := pattern.compiled.match(data, start):
            yield match, pattern


# --- prefixes

# What a pattern's regex begins with, up to its first special character.
_LITERAL = re.compile(rb"[A-Za-z0-9_-]+(?![*+?{])")
_MORE_PREFIXES = (
    b"xoxb-",
    b"xoxp-",
    b"xoxa-",
    b"xoxe-",
    b"glpat-",
    b"AKIA",
    b"ASIA",
    b"ABIA",
    b"ghp_",
    b"gho_",
    b"ghs_",
    b"ghu_",
)
_REST_OF_PREFIX = re.compile(rb"[a-z]{1,7}[-_]")


def _prefix_size(secret: bytes, pattern: Pattern) -> int:
    """How many bytes of a key are the same for all of its kind: code may look at them."""
    match = _LITERAL.match(pattern.text)
    if match is None or not secret.startswith(match[0]):
        return 0
    size = len(match[0])
    if not match[0].endswith((b"-", b"_")):
        rest = _REST_OF_PREFIX.match(secret, size)
        size = rest.end() if rest else size
    return size if size < len(secret) - 8 else 0


# --- a secret that has begun

_TAIL = 4096
_RECENT = 256
_LONGEST_PREFIX = 64
_PROBES = (
    b"a1B2c3D4e5F6a7B8c9D0" * 4,
    b"1234567890" * 7,
    b"A1B2C3D4E5F6A7B8C9D0" * 4,
    b"0a1b2c3d4e5f6a7b8c9d" * 4,
)
# Words that hold no secret if no more follows, unless the name of a scheme is among them.
_CALM = re.compile(rb"[A-Za-z ,.!?'\n]*")
_SCHEME = re.compile(rb"earer|asic|oken|key|ass", re.IGNORECASE)
_LONG_RUN = re.compile(rb"[^\s\"'<>(){}\[\],;|`\x80-\xff]{16}")
# The characters of a key, from the text's end on, in reverse.
_RUN_BACKWARDS = re.compile(rb"[^\s\"'<>(){}\[\],;|`\x80-\xff]++")
# What code and prose end with: words and small numbers with signs between them.
_PLAIN_RUN = re.compile(rb"(?:[A-Za-z]?[a-z]{0,18}[0-9]{0,4}[-_.:!?=+*/#&$@%^~]*+){0,4}")
_WORD_STARTS = re.compile(rb"(?<![A-Za-z0-9_-])")
_OPAQUE_RUN = re.compile(
    rb"(?=[A-Za-z_/+.:=@%~-]*+[0-9])(?=[0-9_/+.:=@%~-]*+[A-Za-z])[\w/+.:=@%~-]{8,}\Z|[A-Za-z0-9_/+=:-]{20,}\Z"
)
_LOGIN = re.compile(rb"://[^/@\s\"'<>\\?#]{0,200}\Z")


def _run_size(tail: bytes) -> int:
    """The size of the last word."""
    run = _RUN_BACKWARDS.match(tail[::-1])
    return 0 if run is None else run.end()


# --- long words

_LONG = 20
_WORD_BYTES = b"-_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SHAPE = bytes(ord("w") if byte in _WORD_BYTES else ord(" ") for byte in range(256))
# The rest of an escape of JSON or of a URL. No key begins inside it, so it's taken at once or not at all.
_ESCAPE = re.compile(rb"(?>(?<=\\)(?:u[0-9A-Fa-f]{4}|[bfnrt])|(?<=%)[0-9A-Fa-f]{2}|)")


def _long_words(data: bytes) -> Iterator[int]:
    """Where runs of at least 20 word bytes begin; a search for twenty such bytes skips nearly all others."""
    long = b"w" * _LONG
    for at, shape in _shapes(data):
        start = shape.find(long)
        while start >= 0:
            yield at + start
            end = shape.find(b" ", start)
            start = shape.find(long, end) if end >= 0 else -1


def _shapes(data: bytes, window: int = 1024 * 1024) -> Iterator[tuple[int, bytes]]:
    """The shapes of a text's parts, none of which ends within a word, and where each begins.

    Parts of at least `window` bytes, as the shape of a large body would take as much memory again.
    """
    at, size = 0, window
    while at < len(data):
        shape = data[at : at + size].translate(_SHAPE)
        if at + size < len(data):
            shape = shape[: shape.rfind(b" ") + 1]
        if shape:
            yield at, shape
            at, size = at + len(shape), window
        else:  # one word as large as this
            size *= 2


def _after_escape(data: bytes, start: int) -> int:
    match = _ESCAPE.match(data, start)
    return match.end() if match else start
