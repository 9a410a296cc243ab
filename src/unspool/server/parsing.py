"""Parse requests from a connection's bytes: with httptools (llhttp), or with h11 if that isn't installed.

Both report the same events; other modules don't depend on the parser.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Any, Protocol

from unspool.headers import Headers, tokens_of, without

MOST_HEAD_BYTES = 65_536
MOST_HEADERS = 256


_OFFERS = frozenset({"upgrade", "connection", "http2-settings"})


class BadRequestError(Exception):
    """The bytes aren't an HTTP/1.x request, or are more than the server reads.

    Attributes: status: the HTTP status of the response.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class RequestHead:
    """A request line and its headers.

    Attributes:
        version: `1.0` or `1.1`.
        keep_alive: whether the client wants the connection to stay open.
    """

    method: str
    target: str
    headers: Headers
    version: str
    keep_alive: bool


class Parser(Protocol):
    """A parser that reports events to the three callables that it was made with."""

    def feed(self, data: bytes, /) -> None:
        """Parse the next bytes.

        Raises:
            BadRequestError: they aren't HTTP.
        """


OnHead = Callable[[RequestHead], None]
OnBody = Callable[[bytes], None]
OnEnd = Callable[[], None]


def make_parser(on_head: OnHead, on_body: OnBody, on_end: OnEnd) -> Parser:
    """Return the fastest parser that is installed."""
    return (HttptoolsParser if _has_httptools() else H11Parser)(on_head, on_body, on_end)


@cache
def _has_httptools() -> bool:
    return find_spec("httptools") is not None


class HttptoolsParser:
    """A parser with httptools."""

    def __init__(self, on_head: OnHead, on_body: OnBody, on_end: OnEnd) -> None:
        import httptools  # noqa: PLC0415 - an extra

        self._errors = (httptools.HttpParserError, httptools.HttpParserInvalidURLError)
        self._upgrade = httptools.HttpParserUpgrade
        self._on_head, self.on_body, self._on_end = on_head, on_body, on_end
        self._is_known = False  # the next head: it has been reported
        self._make = httptools.HttpRequestParser
        self._parser = self._make(self)  # which looks its callbacks up now
        self._reset()

    def _reset(self) -> None:
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._head_bytes = 0
        self._in_head = True

    def _decline(self) -> None:
        """Continue as if the client had offered no upgrade: llhttp stops after the head of such a request."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in without(self._headers, _OFFERS))
        head = (
            f"{self._parser.get_method().decode()} {self._target.decode('latin-1')} HTTP/1.1\r\n{lines}\r\n"
        )
        self._parser = self._make(self)
        self._is_known = True
        self._parser.feed_data(head.encode("latin-1"))

    def feed(self, data: bytes, /) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES and not self._has_room(data):
                raise BadRequestError(431, f"the request's head has more than {MOST_HEAD_BYTES:,} bytes")
        try:
            self._parser.feed_data(data)
        except self._upgrade as offer:  # an offer that a server may ignore (RFC 9110, section 7.8)
            self._decline()
            if rest := data[offer.args[0] :]:
                self.feed(rest)
        except self._errors as error:
            cause = error.__context__
            if isinstance(cause, BadRequestError):
                raise cause from None
            raise BadRequestError(400, f"not an HTTP/1.1 request: {error}") from None

    def _has_room(self, data: bytes) -> bool:
        """Whether the head ends in this data: a body follows it."""
        return b"\r\n\r\n" in data[:MOST_HEAD_BYTES]

    # What httptools calls

    def on_message_begin(self) -> None:
        self._reset()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1"), value.decode("latin-1")))
        if len(self._headers) > MOST_HEADERS:
            raise BadRequestError(431, f"the request has more than {MOST_HEADERS} headers")

    def on_headers_complete(self) -> None:
        parser = self._parser
        self._in_head = False
        self._head_bytes = 0
        head = RequestHead(
            parser.get_method().decode("latin-1"),
            self._target.decode("latin-1"),
            tuple(self._headers),
            parser.get_http_version(),
            parser.should_keep_alive(),
        )
        if not self._is_known:
            self._on_head(head)
        self._is_known = False

    def on_message_complete(self) -> None:
        if not self._parser.should_upgrade():
            self._on_end()


class H11Parser:
    """A parser with h11, in pure Python."""

    def __init__(self, on_head: OnHead, on_body: OnBody, on_end: OnEnd) -> None:
        import h11  # noqa: PLC0415 - not where httptools parses

        self._h11 = h11
        self._on_head, self._on_body, self._on_end = on_head, on_body, on_end
        self._connection = self._anew()

    def _anew(self) -> Any:
        h11 = self._h11
        return h11.Connection(h11.SERVER, max_incomplete_event_size=MOST_HEAD_BYTES)

    def feed(self, data: bytes, /) -> None:
        h11 = self._h11
        try:
            self._connection.receive_data(data)
            event = self._connection.next_event()
            while event is not h11.NEED_DATA and event is not h11.PAUSED:
                self._handle(event)
                event = self._connection.next_event()
        except h11.RemoteProtocolError as error:
            raise BadRequestError(error.error_status_hint, f"not an HTTP/1.1 request: {error}") from None

    def _handle(self, event: Any) -> None:
        h11 = self._h11
        if isinstance(event, h11.Request):
            self._on_head(self._head(event))
        elif isinstance(event, h11.Data):
            self._on_body(bytes(event.data))
        elif isinstance(event, h11.EndOfMessage):
            left, _ = self._connection.trailing_data
            self._connection = self._anew()  # h11 would wait for the response before the next request
            self._on_end()
            if left:
                self._connection.receive_data(left)

    def _head(self, event: Any) -> RequestHead:
        if len(event.headers) > MOST_HEADERS:
            raise BadRequestError(431, f"the request has more than {MOST_HEADERS} headers")
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.headers.raw_items()
        )
        version = event.http_version.decode("latin-1")
        wishes = tokens_of(headers, "connection")
        keep_alive = "close" not in wishes if version == "1.1" else "keep-alive" in wishes
        return RequestHead(
            event.method.decode("latin-1"), event.target.decode("latin-1"), headers, version, keep_alive
        )
