"""vcrpy's matchers and requests among ours: the one place that knows both.

vcrpy is imported when one of these functions needs it: to match by names needs none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from unspool.cassette.match import Matcher
from unspool.cassette.model import Request


def adapt(matcher: Callable[[Any, Any], object]) -> Matcher:
    """A matcher of vcrpy's, such as `vcr.matchers.body` or one of your own, for `Matching.match_on`.

    It gets two of vcrpy's requests, as there: the one that came and the recorded one.
    """

    @wraps(matcher, updated=())
    def adapted(came: Request, recorded: Request) -> object:
        return matcher(to_vcr(came), to_vcr(recorded))

    return adapted


def to_vcr(request: Request) -> Any:
    """The request as vcrpy's: a `vcr.request.Request`, whose body is bytes."""
    from vcr.request import Request as VcrRequest  # noqa: PLC0415

    return VcrRequest(request.method, request.uri, request.body, _joined(request))


def _joined(request: Request) -> dict[str, str]:
    """Headers as vcrpy holds them; of one that comes twice, the values have a comma between them."""
    found: dict[str, list[str]] = {}
    for name, value in request.headers:
        found.setdefault(name.lower(), []).append(value)
    return {name: ", ".join(values) for name, values in found.items()}


def from_vcr(request: Any) -> Request:
    """The request of vcrpy's as ours, whatever its body is: None, text, bytes, a file or pieces of these."""
    headers = tuple((_text(name), _text(value)) for name, value in request.headers.items())
    return Request(request.method, request.uri, headers, _bytes(request.body))


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _bytes(body: Any) -> bytes:
    if hasattr(body, "read"):
        body = body.read()
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    return _pieces(body)


def _pieces(body: Iterable[Any]) -> bytes:
    """Pieces joined, be they text, bytes, or the numbers of single bytes."""
    return b"".join(bytes([piece]) if isinstance(piece, int) else _bytes(piece) for piece in body)
