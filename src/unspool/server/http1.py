"""HTTP/1.1 as a server writes it: the bytes of a response's parts (RFC 9112)."""

from __future__ import annotations

from dataclasses import dataclass

from unspool.faults.parts import Head
from unspool.headers import Headers, header, without
from unspool.transports.http1 import BODILESS, LAST_CHUNK, http_chunk

_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
"""Headers that belong to one connection (RFC 9110, section 7.6.1): the recorded connection's don't apply."""


@dataclass(frozen=True, slots=True)
class Framing:
    """How a response's body is delimited.

    Attributes:
        is_chunked: each network chunk is sent as a chunk of the chunked transfer coding.
        has_body: false after HEAD, and for 204 and 304.
        keeps_alive: whether the connection serves another request afterwards.
    """

    is_chunked: bool
    has_body: bool
    keeps_alive: bool

    def piece(self, data: bytes) -> bytes:
        """The bytes on the wire of one piece of the body."""
        if not self.has_body:
            return b""
        return http_chunk(data) if self.is_chunked else data

    def end(self) -> bytes:
        """The bytes that end a whole body."""
        return LAST_CHUNK if self.is_chunked and self.has_body else b""


def framing_of(head: Head, *, method: str, version: str, keep_alive: bool) -> Framing:
    """Choose how a response's body is delimited.

    A response with a content-length is sent under that length, true or not: a wrong one is a fault. Any other
    is chunked, or ends with the connection for an HTTP/1.0 client.

    Args:
        head: the response's status and headers.
        method: the request's.
        version: the client's HTTP version, such as `1.1`.
        keep_alive: whether the client wants the connection to stay open.
    """
    has_body = method != "HEAD" and head.status not in BODILESS and head.status >= 200
    is_sized = header(head.headers, "content-length") is not None
    is_chunked = has_body and not is_sized and version == "1.1"
    return Framing(is_chunked, has_body, keep_alive and (is_chunked or is_sized or not has_body))


def head_bytes(head: Head, framing: Framing, extra: Headers = ()) -> bytes:
    """The status line and the headers of a response.

    Args:
        head: the response's status, reason and headers; headers of the recorded connection are left out.
        framing: from `framing_of`.
        extra: further headers.
    """
    reason = head.reason or _REASONS.get(head.status, "")
    lines = [f"HTTP/1.1 {head.status} {reason}"]
    lines += [f"{name}: {value}" for name, value in without((*head.headers, *extra), _HOP_BY_HOP)]
    if framing.is_chunked:
        lines.append("Transfer-Encoding: chunked")
    lines.append("Connection: keep-alive" if framing.keeps_alive else "Connection: close")
    text = "\r\n".join(line.translate(_NO_LINE_ENDS) for line in lines)
    return text.encode("latin-1", "replace") + b"\r\n\r\n"


_NO_LINE_ENDS = {ord("\r"): " ", ord("\n"): " ", 0: " "}
"""A recorded header can't begin another one."""

_REASONS = {
    200: "OK",
    204: "No Content",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    408: "Request Timeout",
    413: "Content Too Large",
    417: "Expectation Failed",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
    529: "Overloaded",
}
