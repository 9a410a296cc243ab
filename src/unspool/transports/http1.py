"""Encode an httpx response as the bytes that a server would send over HTTP/1.1.

Clients that can't be given a transport get their responses from a connection. Behind it stands a transport's
response; here it becomes a head and framed pieces, one for each piece of the body, so that a client's own
HTTP parser sees the pieces, the pauses and the failures.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from unspool.cassette import content_coding
from unspool.cassette.model import End, Request, Response
from unspool.errors import CassetteFormatError
from unspool.headers import Headers, header, without
from unspool.transports.http_library import REQUEST, HttpxResponse, headers_of, reason_of, stream_class

BODILESS = frozenset({204, 304})
"""The statuses of responses without a body, regardless of their headers (RFC 9112, section 6.3)."""

LAST_CHUNK = b"0\r\n\r\n"
"""The end of a body in the chunked transfer coding."""


def http_chunk(data: bytes) -> bytes:
    """Write a piece of a body in the chunked transfer coding; nothing for no bytes, which would end it."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


@dataclass(frozen=True, slots=True)
class Framing:
    """How the body of one response is delimited.

    Attributes:
        head: the status line and the headers, up to the blank line.
        is_chunked: whether each piece is an HTTP chunk.
        is_sized: whether the headers have the body's length.
        is_empty: whether there is no body, regardless of the headers.
    """

    head: bytes
    is_chunked: bool
    is_sized: bool
    is_empty: bool

    def piece(self, data: bytes) -> bytes:
        """Return a piece of the body, as it's sent."""
        return http_chunk(data) if self.is_chunked else data

    @property
    def end(self) -> bytes:
        """The bytes that the server sends after the body."""
        return LAST_CHUNK if self.is_chunked else b""

    @property
    def shows_its_end(self) -> bool:
        """Whether a client can distinguish a body that was cut off from a whole one."""
        return self.is_chunked or self.is_sized


def framing(response: HttpxResponse, method: str, *, delimited: bool) -> Framing:
    """Frame an httpx response.

    Args:
        response: the response, whose body hasn't been read.
        method: of its request: a HEAD request gets no body.
        delimited: whether the body must show its end, also where the headers don't say how.
    """
    is_empty = method.upper() == "HEAD" or response.status_code in BODILESS
    headers = headers_of(response)
    is_chunked = "chunked" in (header(headers, "transfer-encoding") or "").lower()
    is_sized = not is_chunked and header(headers, "content-length") is not None
    if not (is_chunked or is_sized or is_empty) and (delimited or _has_frames(response)):
        is_chunked = True
        headers = (*headers, ("transfer-encoding", "chunked"))
    elif is_chunked:
        headers = without(headers, "content-length")
    if response.status_code in BODILESS:
        headers = without(headers, "transfer-encoding")
    is_chunked = is_chunked and not is_empty
    return Framing(_head(response, headers), is_chunked, is_sized, is_empty)


def _has_frames(response: HttpxResponse) -> bool:
    """Whether it was recorded over a later HTTP, which delimits bodies without a header."""
    return not response.extensions.get("http_version", b"HTTP/1.1").startswith(b"HTTP/1")


def _head(response: HttpxResponse, headers: Headers) -> bytes:
    lines = [f"HTTP/1.1 {response.status_code} {reason_of(response)}".rstrip()]
    lines += [f"{name}: {value}" for name, value in headers]
    text = "\r\n".join([*lines, "", ""])
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


class ResponseFile(io.RawIOBase):
    """An httpx response as a file for a client's HTTP parser, in pieces as they arrive.

    Closing it closes the response.

    Args:
        response: the response, whose body hasn't been read; it may be a generator's.
        method: of its request.
        delimited: as for `framing`.

    Raises, while it's read:
        OSError: the socket's equivalent of an httpx transport error.
    """

    def __init__(self, response: HttpxResponse, method: str, *, delimited: bool) -> None:
        super().__init__()
        self._response = response
        self._frame = framing(response, method, delimited=delimited)
        self._pieces = self._sequence()
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read the rest of the latest piece, or the next one; 0 bytes at the end."""
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size

    def close(self) -> None:
        if not self.closed:
            self._response.stream.close()
        super().close()

    def _sequence(self) -> Iterator[bytes]:
        body = iter(self._response.stream)
        if self._frame.is_empty:
            next(body, None)  # so that it has ended
        yield self._frame.head
        if self._frame.is_empty:
            return
        try:
            for data in body:
                if data:
                    yield self._frame.piece(data)
        except Exception as error:
            failure = socket_error(error, self._frame)
            if failure is None:
                return
            raise failure from error
        if self._frame.end:
            yield self._frame.end


def fitted(response: Response) -> Response:
    """Return a recorded response with headers by which a strict HTTP parser can read its body.

    Other recorders keep the content-encoding of a body that they have decoded, and users edit bodies by hand.
    """
    plain = honest(response)
    length = header(plain.headers, "content-length")
    if length is None or length == str(len(plain.body)):
        return plain
    timeline = plain.timeline
    was_cut = timeline is not None and timeline.end is not End.COMPLETE
    if was_cut and length.isdigit() and int(length) > len(plain.body):
        return plain
    if not plain.body and (timeline is not None or plain.status in BODILESS):
        return plain  # of a HEAD request
    return replace(plain, headers=content_coding.sized(plain.headers, len(plain.body)))


def plain(response: Response) -> Response:
    """Return the response with its body decoded, if it isn't yet: recorders behind such clients keep the
    header.
    """
    try:
        return content_coding.decoded(response)
    except CassetteFormatError:
        kept = without(response.headers, "content-encoding")
        return replace(response, headers=content_coding.sized(kept, len(response.body)))


def honest(response: Response) -> Response:
    """Return the response, without a content-encoding that doesn't match its body."""
    decoded = plain(response)
    return decoded if decoded.body == response.body else response


def as_httpx(request: Request, read_timeout: float | None) -> Any:
    """Return the request as an httpx request, for a transport.

    Args:
        request: the client's request; this, not httpx's form of it, is matched and recorded.
        read_timeout: how many seconds without a byte the client waits; None if it handles timeouts itself.
    """
    import httpx  # noqa: PLC0415 - only clients that aren't httpx's need it here

    address = request.uri.partition("?")[0]
    extensions = {REQUEST: request, "timeout": {"read": read_timeout}}
    return httpx.Request(request.method, address, content=request.body, extensions=extensions)


def as_httpx_response(head: Response, stream: type, *args: Any) -> Any:
    """Return a response that a client receives, as an httpx response.

    Args:
        head: its status line and headers.
        stream: the class of its body, sync or async, which yields the pieces as they arrive.
        args: the arguments of that class.
    """
    import httpx  # noqa: PLC0415 - as above

    return httpx.Response(
        head.status,
        headers=[(_bytes(name), _bytes(value)) for name, value in head.headers],
        stream=stream_class(httpx, stream)(*args),
        extensions={"http_version": b"HTTP/1.1", "reason_phrase": _bytes(head.reason)},
    )


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def socket_error(error: Exception, frame: Framing | None = None) -> Exception | None:
    """Return the socket's exception for an httpx error; None if the server closes the connection.

    Args:
        error: errors of others than httpx are returned as they are.
        frame: of the body that it's raised in; None before the head.
    """
    names = {kind.__name__ for kind in type(error).__mro__}
    if "TransportError" not in names:
        return error
    if "TimeoutException" in names:
        return TimeoutError(str(error))
    if "ProtocolError" in names and (frame is None or frame.shows_its_end):
        return None
    kind = ConnectionRefusedError if "ConnectError" in names else ConnectionResetError
    return kind(str(error))
