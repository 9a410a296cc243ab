"""httpx and httpx2, which differ only in their classes: a request determines the library of its response.

A response must be of the client's own library, and so must an error, or the client's `except` doesn't catch
it.
`httpx2.alias_httpx()` makes `import httpx` import httpx2, so a family goes by where its classes are defined
and not by the name they were imported under.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from types import ModuleType
from typing import Any, Protocol

from unspool.cassette.cassette import Cassette
from unspool.cassette.failures import RAISED_AS, end_by_bases
from unspool.cassette.model import End, Failure, Request
from unspool.cassette.outcomes import interrupted
from unspool.headers import Headers


class HttpxURL(Protocol):
    """A URL of httpx or httpx2."""

    @property
    def host(self) -> str: ...

    @property
    def port(self) -> int | None: ...


class HttpxHeaders(Protocol):
    """The headers of httpx or httpx2."""

    def get(self, key: str, /) -> str | None: ...

    @property
    def raw(self) -> list[tuple[bytes, bytes]]: ...

    @property
    def encoding(self) -> str: ...


class HttpxMessage(Protocol):
    """What a request and a response have in common."""

    @property
    def headers(self) -> HttpxHeaders: ...

    @property
    def extensions(self) -> Mapping[str, Any]: ...

    @property
    def content(self) -> bytes: ...


class HttpxRequest(HttpxMessage, Protocol):
    """A request of httpx or httpx2."""

    @property
    def method(self) -> str: ...

    @property
    def url(self) -> HttpxURL: ...

    def read(self) -> bytes: ...

    async def aread(self) -> bytes: ...


class HttpxResponse(HttpxMessage, Protocol):
    """A response of httpx or httpx2."""

    stream: Any

    @property
    def status_code(self) -> int: ...

    def close(self) -> None: ...

    async def aclose(self) -> None: ...


Send = Callable[[HttpxRequest], HttpxResponse]
ASend = Callable[[HttpxRequest], Awaitable[HttpxResponse]]

REQUEST = "unspool_request"
"""The extension of a request that contains it as another client sends it."""


def family_of(request: HttpxRequest) -> ModuleType:
    """Return the library of a request, httpx or httpx2.

    Raises:
        TypeError: it's from another library.
    """
    name = type(request).__module__.partition(".")[0]
    if name not in {"httpx", "httpx2"}:
        raise TypeError(f"expected a request of httpx or httpx2, got {type(request)!r}")
    return sys.modules[name]


def to_request(request: HttpxRequest) -> Request:
    """Convert an httpx or httpx2 request, whose body has been read, to a cassette's."""
    asked: Request | None = request.extensions.get(REQUEST)
    return asked or Request(request.method, str(request.url), headers_of(request), request.content)


def headers_of(message: HttpxMessage) -> Headers:
    """Return the headers of a request or response, in the case in which they were sent."""
    encoding = message.headers.encoding
    return tuple((name.decode(encoding), value.decode(encoding)) for name, value in message.headers.raw)


def reason_of(response: HttpxResponse) -> str:
    """Return the status line's reason, as the client shows it; empty over HTTP/2."""
    reason: bytes = response.extensions.get("reason_phrase", b"")
    return reason.decode("ascii", "ignore")


def http_version_of(response: HttpxResponse) -> str:
    """Return the version, such as `HTTP/1.1`."""
    version: bytes = response.extensions.get("http_version", b"HTTP/1.1")
    return version.decode("ascii", "replace")


def read_timeout_of(request: HttpxRequest) -> float | None:
    """Return how many seconds without a byte the client waits; None for no limit."""
    timeout: dict[str, float | None] = request.extensions.get("timeout", {})
    return timeout.get("read")


_CANCELLED = {"CancelledError", "Cancelled", "GeneratorExit", "GreenletExit"}


def is_cancelled(error: BaseException) -> bool:
    """Whether the client cancelled the request, which isn't an error."""
    return any(kind.__name__ in _CANCELLED for kind in type(error).__mro__)


def is_interruption(error: BaseException) -> bool:
    """Whether the exception ends the run or the test: Ctrl-C, an exit, a timeout, and pytest's own."""
    if type(error).__module__.partition(".")[0] in {"_pytest", "pytest"}:
        return True
    return not isinstance(error, Exception) and not is_cancelled(error)


def mark_failed(cassette: Cassette, error: BaseException) -> None:
    """Note that the block that uses a cassette ended with this exception."""
    cassette.mark_failed(interruption=type(error).__name__ if is_interruption(error) else None)


def end_of(error: BaseException) -> tuple[End, Failure | None]:
    """Return how a response ended that broke with this exception; a cancelled one was closed by the
    client.
    """
    if is_interruption(error):
        return End.FAILED, interrupted(type(error).__name__)
    if is_cancelled(error):
        return End.CLOSED, None
    end = end_by_bases(kind.__name__ for kind in type(error).__mro__)
    return end, Failure(type(error).__name__, str(error))


def exception(family: ModuleType, request: HttpxRequest, end: End, failure: Failure) -> Exception:
    """Make the library's exception for a recorded failure, recorded by either library."""
    found = getattr(family, failure.type, None)
    if isinstance(found, type) and issubclass(found, family.TransportError):
        return found(failure.message, request=request)  # type: ignore[no-any-return]
    stand_in = getattr(family, RAISED_AS.get(end, "ReadError"))
    return stand_in(f"{failure.type}: {failure.message}", request=request)  # type: ignore[no-any-return]


def read_timeout(family: ModuleType, request: HttpxRequest, message: str) -> Exception:
    """Make the library's `ReadTimeout`."""
    return family.ReadTimeout(message, request=request)  # type: ignore[no-any-return]


@cache
def stream_class(family: ModuleType, mixin: type) -> type:
    """Make a class that behaves like the mixin and is a sync and async stream of the library."""
    return type(mixin.__name__, (mixin, family.SyncByteStream, family.AsyncByteStream), {})
