"""A response as a sequence of parts with times, on which faults act.

The request is sent, the headers arrive, then pieces of the body, then the end. A canned stream, a recorded
interaction and a live response all look like this, so that one fault breaks any of them. Times are seconds
since the request was sent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from unspool.cassette.boundaries import pieces
from unspool.cassette.content_coding import decoded, decoder_of
from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.cassette.vcr_format import round_ms
from unspool.headers import Headers, without


@dataclass(frozen=True, slots=True)
class Sent:
    """The request. A fault that drops it keeps it from the server."""

    request: Request


@dataclass(frozen=True, slots=True)
class Head:
    """The status line and the headers."""

    status: int = 200
    reason: str = "OK"
    headers: Headers = ()
    at: float = 0.0
    http_version: str = "HTTP/1.1"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of the body that the network delivers at once."""

    data: bytes
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Stop:
    """The end, and its failure, if any."""

    at: float = 0.0
    end: End = End.COMPLETE
    failure: Failure | None = None


Part = Sent | Head | Piece | Stop


def parts_of(interaction: Interaction) -> Iterator[Part]:
    """Yield the parts of a recorded interaction; its body decoded, if it was compressed.

    Raises:
        CassetteFormatError: it's compressed with an unsupported coding.
    """
    response = decoded(interaction.response)
    return parts_in(interaction.request, response, unsized(response.headers))


def parts_in(request: Request, response: Response, headers: Headers) -> Iterator[Part]:
    """Yield the parts of a recorded response unchanged, with these headers."""
    timeline = response.timeline or Timeline()
    yield Sent(request)
    last = timeline.headers_at or 0.0
    if response.status != NO_RESPONSE or timeline.headers_at is not None:
        yield Head(response.status, response.reason, headers, last, timeline.http_version)
    for last, data in pieces(response):
        yield Piece(data, last)
    ended_at = last if timeline.ended_at is None else timeline.ended_at
    yield Stop(ended_at, timeline.end, timeline.failure)


def decoding() -> Callable[[Part], Iterable[Part]]:
    """Return a function that decompresses the parts of a response.

    Raises:
        CassetteFormatError: raised by the function, if decompression fails.
    """
    decode = decoder_of(())

    def feed(part: Part) -> Iterable[Part]:
        nonlocal decode
        if isinstance(part, Head):
            decode = decoder_of(part.headers)
            return (replace(part, headers=without(part.headers, {"content-encoding", "content-length"})),)
        if isinstance(part, Piece):
            data = decode(part.data)
            return (replace(part, data=data),) if data else ()
        return (part,)

    return feed


def unsized(headers: Headers) -> Headers:
    """Return the headers without content-length, as the body may have another one now."""
    return without(headers, "content-length")


def interaction_of(parts: Iterable[Part], original: Interaction) -> Interaction:
    """Build an interaction from parts; anything else is as in the original.

    Times are rounded to a cassette's precision, a tenth of a millisecond.
    """
    head, stop = Head(NO_RESPONSE, "", (), -1.0), Stop()
    body: list[Piece] = []
    for part in parts:
        match part:
            case Head():
                head = part
            case Piece():
                body.append(part)
            case Stop():
                stop = part
            case Sent():
                continue
    timeline = Timeline(
        chunks=tuple(NetworkChunk(len(piece.data), round_ms(piece.at)) for piece in body),
        headers_at=None if head.at < 0 else round_ms(head.at),
        recorded_at=original.recorded_at,
        http_version=head.http_version,
        end=stop.end,
        ended_at=round_ms(stop.at),
        failure=stop.failure,
    )
    data = b"".join(piece.data for piece in body)
    response = Response(head.status, head.reason, head.headers, data, timeline, extra=original.response.extra)
    return replace(original, response=response)
