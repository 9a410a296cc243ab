"""The contents of a cassette: requests and responses.

All values are frozen, and independent of files and sockets. Times are seconds since the request was sent,
sizes are bytes of the network: compressed, if the body is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from unspool.headers import Headers as Headers  # noqa: PLC0414 - also public here
from unspool.headers import header as header  # noqa: PLC0414 - as above


class End(StrEnum):
    """How a response ended."""

    COMPLETE = "complete"
    """Whole, as intended by the server."""

    CLOSED = "closed"
    """The client disconnected before the end."""

    LIMIT = "limit"
    """It continued; the recorder stopped there (`max_chunks`, `max_seconds`)."""

    RESET = "reset"
    """The connection was lost: httpx's `ReadError`, `ConnectError` and the like."""

    READ_TIMEOUT = "read_timeout"
    """The client timed out: httpx's `TimeoutException`."""

    PROTOCOL_ERROR = "protocol_error"
    """The server violated HTTP, for example by closing in the middle of a body: httpx's `ProtocolError`."""

    FAILED = "failed"
    """Another exception was raised."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended a response: its class's name, such as `ReadError`, and its text."""

    type: str
    message: str = ""


class NetworkChunk(NamedTuple):
    """One piece of a body, as the network delivered it.

    Attributes:
        size: its bytes.
        at: when it arrived, in seconds since the request.
    """

    size: int
    at: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """The times and the end of a response, which vcrpy's format lacks.

    Attributes:
        chunks: the pieces of the body; their sizes sum to its length, or else they are out of date.
        headers_at: when the headers arrived, in seconds since the request; None if none did.
        recorded_at: when the request was sent, in seconds since 1970-01-01 UTC; None if unknown.
        http_version: as in `HTTP/1.1`, `HTTP/2`.
        end: how it ended.
        ended_at: when it ended, in seconds since the request; None if unknown.
        failure: the exception that ended it.
    """

    chunks: tuple[NetworkChunk, ...] = ()
    headers_at: float | None = None
    recorded_at: float | None = None
    http_version: str = "HTTP/1.1"
    end: End = End.COMPLETE
    ended_at: float | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A recorded request. The body is as it was sent; the URI includes the query."""

    method: str
    uri: str
    headers: Headers = ()
    body: bytes = b""


NO_RESPONSE = 599
"""The status of a missing response: the connection was refused, or broke before the headers.

It's for vcrpy, which needs a response; a replay with Unspool raises the exception itself.
"""


@dataclass(frozen=True, slots=True)
class Response:
    """A recorded response.

    Attributes:
        status: such as 200; `NO_RESPONSE` if the failure came before the headers.
        reason: such as OK; empty over HTTP/2.
        body: as it arrived, in the content-encoding of the headers.
        timeline: its times and end; None if unknown, as in a cassette by vcrpy.
        extra: its other keys in the cassette, preserved on writing.
    """

    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    timeline: Timeline | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request and its response.

    Attributes:
        extra: other keys in the cassette, preserved on writing.
    """

    request: Request
    response: Response
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def recorded_at(self) -> float | None:
        """When the request was sent, in seconds since 1970-01-01 UTC; None if unknown."""
        return self.response.timeline.recorded_at if self.response.timeline else None


def sizes_fit(response: Response) -> bool:
    """Whether the timeline's chunks add up to the body: an edited cassette's don't."""
    timeline = response.timeline
    return timeline is not None and sum([chunk.size for chunk in timeline.chunks]) == len(response.body)


def cut(body: bytes, chunks: tuple[NetworkChunk, ...]) -> Iterator[tuple[float, bytes]]:
    """Yield the pieces of a body with the time of each."""
    start = 0
    for chunk in chunks:
        yield chunk.at, body[start : start + chunk.size]
        start += chunk.size
