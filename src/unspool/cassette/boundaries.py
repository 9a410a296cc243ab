"""Where a body is cut when nobody recorded where the network cut it: after each of its events."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator

from unspool.cassette.model import Headers, Response, cut, header, sizes_fit

_BLANK_LINE = re.compile(rb"(?:\r\n|\r(?!\n)|\n){2,}")
_AWS_LENGTH = struct.Struct(">I")

_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_TAIL_BYTES = 4096


def pieces(response: Response) -> list[tuple[float, bytes]]:
    """A body's pieces, with the moment of each in seconds since the request.

    As the network delivered them; if that isn't known, or no longer fits an edited body, one piece per
    event, all at the moment of the headers.
    """
    timeline = response.timeline
    if timeline is not None and sizes_fit(response):
        return list(cut(response.body, timeline.chunks))
    at = (timeline and timeline.headers_at) or 0.0
    return [(at, piece) for piece in split_events(response.body, response.headers)]


def split_events(body: bytes, headers: Headers) -> list[bytes]:
    """A body cut after each event, as its content-type has them; whole, if it's compressed or no stream."""
    if header(headers, "content-encoding") not in {None, "", "identity"}:
        return [body] if body else []
    kind = (header(headers, "content-type") or "").partition(";")[0].strip().lower()
    return [piece for piece in _SPLITTERS.get(kind, _whole)(body) if piece]


def _whole(body: bytes) -> Iterator[bytes]:
    yield body


def _after_blank_lines(body: bytes) -> Iterator[bytes]:
    start = 0
    for blank in _BLANK_LINE.finditer(body):
        yield body[start : blank.end()]
        start = blank.end()
    yield body[start:]


def _after_lines(body: bytes) -> Iterator[bytes]:
    yield from body.splitlines(keepends=True)


def _after_frames(body: bytes) -> Iterator[bytes]:
    start = 0
    while len(body) - start >= _AWS_LENGTH.size:
        (length,) = _AWS_LENGTH.unpack_from(body, start)
        if length < _AWS_LENGTH.size:
            break  # not a frame: what is left stays whole
        yield body[start : start + length]
        start += length
    yield body[start:]


_SPLITTERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "application/vnd.amazon.eventstream": _after_frames,
    "application/x-ndjson": _after_lines,
    "application/jsonl": _after_lines,
    "text/event-stream": _after_blank_lines,
}


def says_goodbye(body: bytes) -> bool:
    """Whether a stream's last event is a provider's way of saying that nothing more will come."""
    from unspool.providers import end_marks  # noqa: PLC0415 - most replays need no wire format

    tail = body.rstrip()
    start = max(tail.rfind(end) for end in _EVENT_ENDS)
    head = tail[max(start, 0) :][:_TAIL_BYTES]  # of the last event, which may hold a whole response
    is_cut = tail == body and not tail.endswith((b"]", b"}"))
    return not is_cut and any(end_marks().search(part) for part in (tail[-_TAIL_BYTES:], head))
