"""httpx and httpx2, alike in all but their classes: whose request it is decides whose answer it gets.

An answer must be of the client's own family, and so must an error, or the client's `except` doesn't see it.
`httpx2.alias_httpx()` makes `import httpx` import httpx2, so a family goes by where its classes are defined
and not by the name they were imported under.
"""

from __future__ import annotations

import sys
from functools import cache
from types import ModuleType
from typing import Any

from unspool.cassette.cassette import Cassette
from unspool.cassette.failures import RAISED_AS, end_by_bases
from unspool.cassette.model import End, Failure, Headers, Request
from unspool.cassette.outcomes import interrupted

REQUEST = "unspool_request"
"""The extension of a family's request that holds the request as another client sends it."""


def family_of(request: Any) -> ModuleType:
    """The library, httpx or httpx2, that a request belongs to.

    Raises:
        TypeError: it's neither's.
    """
    name = type(request).__module__.partition(".")[0]
    if name not in {"httpx", "httpx2"}:
        raise TypeError(f"expected a request of httpx or httpx2, got {type(request)!r}")
    return sys.modules[name]


def to_request(request: Any) -> Request:
    """A family's request, whose body has been read, as a cassette has it."""
    asked: Request | None = request.extensions.get(REQUEST)
    return asked or Request(request.method, str(request.url), headers_of(request), request.content)


def headers_of(message: Any) -> Headers:
    """The headers of a family's request or response, in the case in which they were sent."""
    encoding = message.headers.encoding
    return tuple((name.decode(encoding), value.decode(encoding)) for name, value in message.headers.raw)


def reason_of(response: Any) -> str:
    """The status line's text, as the client shows it; empty over HTTP/2, which has none."""
    reason: bytes = response.extensions.get("reason_phrase", b"")
    return reason.decode("ascii", "ignore")


def http_version_of(response: Any) -> str:
    """As in `HTTP/1.1`."""
    version: bytes = response.extensions.get("http_version", b"HTTP/1.1")
    return version.decode("ascii", "replace")


def read_timeout_of(request: Any) -> float | None:
    """How many seconds without a byte the client waits; None: for ever."""
    timeout: dict[str, float | None] = request.extensions.get("timeout", {})
    return timeout.get("read")


_CANCELLED = {"CancelledError", "Cancelled", "GeneratorExit", "GreenletExit"}


def is_cancelled(error: BaseException) -> bool:
    """Whether the client gave the request up, which isn't an error of its own."""
    return any(kind.__name__ in _CANCELLED for kind in type(error).__mro__)


def is_interruption(error: BaseException) -> bool:
    """Whether the run or the test ends here: Ctrl-C, an exit, a timeout, and what pytest raises."""
    if type(error).__module__.partition(".")[0] in {"_pytest", "pytest"}:
        return True
    return not isinstance(error, Exception) and not is_cancelled(error)


def mark_failed(cassette: Cassette, error: BaseException) -> None:
    """Note that the block that uses a cassette ended with this exception."""
    cassette.mark_failed(interruption=type(error).__name__ if is_interruption(error) else None)


def end_of(error: BaseException) -> tuple[End, Failure | None]:
    """How an answer ended that broke with this exception; cancelled, it was closed by the client."""
    if is_interruption(error):
        return End.FAILED, interrupted(type(error).__name__)
    if is_cancelled(error):
        return End.CLOSED, None
    end = end_by_bases(kind.__name__ for kind in type(error).__mro__)
    return end, Failure(type(error).__name__, str(error))


def exception(family: ModuleType, request: Any, end: End, failure: Failure) -> Exception:
    """The family's own exception for a failure that was recorded, whichever family recorded it."""
    found = getattr(family, failure.type, None)
    if isinstance(found, type) and issubclass(found, family.TransportError):
        return found(failure.message, request=request)  # type: ignore[no-any-return]
    stand_in = getattr(family, RAISED_AS.get(end, "ReadError"))
    return stand_in(f"{failure.type}: {failure.message}", request=request)  # type: ignore[no-any-return]


def read_timeout(family: ModuleType, request: Any, message: str) -> Exception:
    """The family's `ReadTimeout`."""
    return family.ReadTimeout(message, request=request)  # type: ignore[no-any-return]


@cache
def stream_class(family: ModuleType, mixin: type) -> type:
    """A class that behaves as the mixin and that the family takes for a stream of its own, sync and async."""
    return type(mixin.__name__, (mixin, family.SyncByteStream, family.AsyncByteStream), {})
