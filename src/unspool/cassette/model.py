"""What a cassette holds: requests, and the answers they got.

All of it is frozen, and none of it knows a file or a socket. Times are seconds since the request was
issued, sizes are bytes as they came over the network: still compressed, if they were.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

Headers = tuple[tuple[str, str], ...]
"""Names as they were sent, in order; a name may come twice."""


def header(headers: Headers, name: str) -> str | None:
    """The first value of a header, whatever its case; None if there is no such header."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


class End(StrEnum):
    """How an answer ended."""

    COMPLETE = "complete"
    """As the server meant it to."""

    CLOSED = "closed"
    """The client hung up before the end."""

    LIMIT = "limit"
    """It went on; the recorder had been told to stop there (`max_chunks`, `max_seconds`)."""

    RESET = "reset"
    """The connection was lost: httpx's `ReadError`, `ConnectError` and their kin."""

    READ_TIMEOUT = "read_timeout"
    """Nothing came for longer than the client would wait: httpx's `TimeoutException`."""

    PROTOCOL_ERROR = "protocol_error"
    """The server broke HTTP, for one by closing in the middle of a body: httpx's `ProtocolError`."""

    FAILED = "failed"
    """Something else was raised."""


@dataclass(frozen=True, slots=True)
class Failure:
    """The exception that ended an answer: its class's name, as `ReadError`, and its text."""

    type: str
    message: str = ""


class NetworkChunk(NamedTuple):
    """One piece of a body, as the network delivered it.

    Attributes:
        size: its bytes.
        at: when it came, in seconds since the request was issued.
    """

    size: int
    at: float


@dataclass(frozen=True, slots=True)
class Timeline:
    """How an answer came: what vcrpy's format can't say.

    Attributes:
        chunks: the pieces of the body; their sizes sum to its length, or else they are out of date.
        headers_at: when the headers came, in seconds since the request; None if none came.
        recorded_at: when the request was issued, in seconds since 1970-01-01 UTC; None if not known.
        http_version: as in `HTTP/1.1`, `HTTP/2`.
        end: how it ended.
        ended_at: when it ended, in seconds since the request; None if not known.
        failure: the exception that it ended with.
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
    """What a client sent. The body is as it was sent; the URI has its query."""

    method: str
    uri: str
    headers: Headers = ()
    body: bytes = b""


NO_RESPONSE = 599
"""The status that stands for no answer at all: the connection was refused, or broke before the headers.

It's for vcrpy, which knows answers only; whoever replays with Unspool gets the exception itself.
"""


@dataclass(frozen=True, slots=True)
class Response:
    """What a client got.

    Attributes:
        status: such as 200; `NO_RESPONSE` if the failure came before the headers.
        reason: such as OK; empty over HTTP/2.
        body: as it came, under the content-encoding that the headers name.
        timeline: how it came; None where nobody knows, as in a cassette of vcrpy's.
        extra: what else the cassette holds of it, kept when it's written again.
    """

    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes = b""
    timeline: Timeline | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A request and its answer.

    Attributes:
        extra: what else the cassette holds beside the two, kept when it's written again.
    """

    request: Request
    response: Response
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def recorded_at(self) -> float | None:
        """When the request was issued, in seconds since 1970-01-01 UTC; None if not known."""
        return self.response.timeline.recorded_at if self.response.timeline else None


def sizes_fit(response: Response) -> bool:
    """Whether the timeline's chunks add up to the body: an edited cassette's don't."""
    timeline = response.timeline
    return timeline is not None and sum(chunk.size for chunk in timeline.chunks) == len(response.body)


def cut(body: bytes, chunks: tuple[NetworkChunk, ...]) -> Iterator[tuple[float, bytes]]:
    """The pieces of a body with the time of each."""
    start = 0
    for chunk in chunks:
        yield chunk.at, body[start : start + chunk.size]
        start += chunk.size
