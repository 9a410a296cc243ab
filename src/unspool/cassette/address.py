"""A URI in parts that compare as a server would compare them."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_SAFE_IN_SEGMENT = ":@!$&'()*+,;="


class Address(NamedTuple):
    """Where a request goes.

    Attributes:
        scheme: in lower case.
        host: in lower case, without credentials.
        port: the scheme's own where the URI names none; None if that isn't known either.
        path: `/` if there is none; `%7e` and `~` are the same, `%2F` and `/` are not.
        query: names and values, decoded and sorted: a name may come twice, a value may be empty.
    """

    scheme: str
    host: str
    port: int | None
    path: str
    query: tuple[tuple[str, str], ...]


@lru_cache(maxsize=1024)  # a cassette knows few addresses, and each is compared on every request
def address(uri: str) -> Address:
    """The parts of a URI. One that is broken is its own host, so that it equals itself only."""
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
