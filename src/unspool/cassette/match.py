"""Match requests to recordings: by a key, built from the parts that must match.

The names are vcrpy's. Some comparisons differ from vcrpy's: a query's parameters may be in any order and may
be empty, hosts are case-insensitive, and `body` compares a body's content, not its spelling (`raw_body`
does).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlsplit

from unspool.cassette.body import JSON, Body, digest, read_body
from unspool.cassette.ignore_paths import Ignored, parse_ignore
from unspool.cassette.model import Request
from unspool.cassette.rules import RULES, Rule, forgiven, parse_rules, undated_model
from unspool.headers import header, values_of

DEFAULT_MATCH_ON = ("method", "scheme", "host", "port", "path", "query", "body")

Matcher = Callable[[Request, Request], object]
"""A custom matcher: called with the request and the recorded one.

It rejects by returning a false value other than None, or by raising an AssertionError with the reason, like
vcrpy's matchers.
"""


_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SAFE_IN_SEGMENT = ":@!$&'()*+,;="


class Address(NamedTuple):
    """A request's target.

    Attributes:
        scheme: in lower case.
        host: in lower case, without credentials.
        port: the scheme's default if the URI has none; None if that is unknown.
        path: `/` if there is none; `%7e` and `~` are the same, `%2F` and `/` are not.
        query: names and values, decoded and sorted: a name may occur twice, a value may be empty.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)  # a cassette has few addresses, and each is compared on every request
def address(uri: str) -> Address:
    """Split a URI. A broken one becomes the host, so that it equals only itself."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return Address("", uri, None, "", ())
    port = _DEFAULT_PORTS.get(parts.scheme) if port is None else port
    return Address(parts.scheme, parts.hostname or "", port, _path(parts), _query(parts))


def _path(parts: SplitResult) -> str:
    segments = parts.path.split("/")
    return "/".join(quote(unquote_to_bytes(segment), safe=_SAFE_IN_SEGMENT) for segment in segments) or "/"


def _query(parts: SplitResult) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(parse_qsl(parts.query, keep_blank_values=True, errors="surrogateescape")))


def query_of(request: Request, ignored: Ignored) -> tuple[tuple[str, str], ...]:
    """Return the query's names and values, sorted, without the parameters to ignore."""
    query = address(request.uri).query
    if not ignored.parameters:
        return query
    return tuple(pair for pair in query if pair[0] not in ignored.parameters)


def body_of(request: Request, ignored: Ignored) -> Body:
    """What the body says, without what is to be ignored, and as the rules rewrite it."""
    body = read_body(request, ignored.paths)
    if not ignored.rules or body.kind != JSON:
        return body
    return Body(JSON, forgiven(body.document, ignored.rules))


def path_of(request: Request, ignored: Ignored) -> str:
    """The path; without a model's date, where the rule `models` says so."""
    path = address(request.uri).path
    if RULES["models"] not in ignored.rules:
        return path
    return "/".join(map(undated_model, path.split("/")))


def headers_of(request: Request) -> tuple[tuple[str, str], ...]:
    """Return all headers, sorted, their names in lower case."""
    return tuple(sorted((name.lower(), value) for name, value in request.headers))


PARTS: dict[str, Callable[[Request, Ignored], Hashable]] = {
    "method": lambda request, _: request.method.upper(),
    "scheme": lambda request, _: address(request.uri).scheme,
    "host": lambda request, _: address(request.uri).host,
    "port": lambda request, _: address(request.uri).port,
    "path": path_of,
    "query": query_of,
    "headers": lambda request, _: headers_of(request),
    "body": lambda request, ignored: digest(body_of(request, ignored)),
    "raw_body": lambda request, _: request.body,
}
"""How to read each part of a request that can be matched on, such that equal parts compare equal."""

_ONE_HEADER = "headers."


def part_of(name: str, request: Request, ignored: Ignored) -> Hashable:
    """Return a part of a request by its name: one of `PARTS`, or `headers.` with a header's name, in lower
    case.
    """
    if name.startswith(_ONE_HEADER):
        values = values_of(request.headers, name.removeprefix(_ONE_HEADER))
        return ", ".join(values) if values else None
    return PARTS[name](request, ignored)


_URI = ("scheme", "host", "port", "path", "query")
_SHORTHANDS = {"uri": _URI, "url": _URI}


@dataclass(frozen=True)
class Matching:
    """The parts of a request that must match its recording.

    Args:
        match_on: any of method, scheme, host, port, path, query, uri (these five; url is the same),
            headers, headers.NAME for one of them, body, raw_body, and matchers of one's own.
        ignore: what doesn't matter in the body and the query, as in `unspool.cassette.ignore_paths`.
        match: what else is forgiven: the rules of `unspool.cassette.rules` by name, and functions.

    Attributes:
        names: the parts to compare, each once.
        others: the matchers of one's own.
        ignored: what `ignore` and `match` say, read.

    Raises:
        ValueError: an unknown name in `match_on` or `match`, or a malformed path in `ignore`.
    """

    match_on: tuple[str | Matcher, ...] = DEFAULT_MATCH_ON
    ignore: tuple[str, ...] = ()
    match: tuple[Rule, ...] = ()
    names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    others: tuple[Matcher, ...] = field(init=False, repr=False, compare=False)
    ignored: Ignored = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = [name for item in self.match_on if not callable(item) for name in _parts_named(item)]
        object.__setattr__(self, "names", tuple(dict.fromkeys(names)))
        object.__setattr__(self, "others", tuple(item for item in self.match_on if callable(item)))
        object.__setattr__(self, "ignored", _ignored(self.ignore, self.match))

    def key(self, request: Request) -> Hashable:
        """Return a key that is equal for two requests if, and only if, all the named parts match."""
        return tuple([part_of(name, request, self.ignored) for name in self.names])

    def is_same(self, one: Request, other: Request) -> bool:
        """Whether two requests certainly have the same key: a quick check for the usual case."""
        if one.method != other.method or one.uri != other.uri or one.body != other.body:
            return False
        if any(name.startswith("headers") for name in self.names):
            return one.headers == other.headers
        return header(one.headers, "content-type") == header(other.headers, "content-type")

    def others_agree(self, came: Request, recorded: Request) -> bool:
        """Whether every custom matcher accepts the two."""
        return all(objection(matcher, came, recorded) is None for matcher in self.others)


_NOTHING_IGNORED = parse_ignore(())


def _ignored(ignore: tuple[str, ...], match: tuple[Rule, ...]) -> Ignored:
    if not (ignore or match):
        return _NOTHING_IGNORED  # most cassettes ignore nothing, and every test opens one
    return replace(parse_ignore(ignore), rules=parse_rules(match))


def _parts_named(name: str) -> tuple[str, ...]:
    if name in PARTS:
        return (name,)
    if name in _SHORTHANDS:
        return _SHORTHANDS[name]
    if name.lower().startswith(_ONE_HEADER) and len(name) > len(_ONE_HEADER):
        return (name.lower(),)
    known = ", ".join([*PARTS, *_SHORTHANDS, "headers.NAME"])
    raise ValueError(f"expected match_on to name some of {known}, or to hold functions; got {name!r}")


def objection(matcher: Matcher, came: Request, recorded: Request) -> str | None:
    """Return why a matcher rejects the two; None if it accepts them."""
    try:
        verdict = matcher(came, recorded)
    except AssertionError as error:
        return str(error) or "it says no"
    return None if verdict is None or verdict else "it says no"
