"""Cut a body after each of its events, if the network chunks weren't recorded."""

from __future__ import annotations

from unspool.cassette.model import Headers, Response, cut, header, sizes_fit
from unspool.wire.framing import FRAMINGS, framing_of_type

_EVENT_ENDS = (b"\n\n", b"\r\n\r\n", b"\r\r")
_TAIL_BYTES = 4096


def pieces(response: Response) -> list[tuple[float, bytes]]:
    """Return a body's pieces, with the time of each in seconds since the request.

    The network's pieces; if they are unknown, or no longer fit an edited body, one piece per event, all at
    the time of the headers.
    """
    timeline = response.timeline
    if timeline is not None and sizes_fit(response):
        return list(cut(response.body, timeline.chunks))
    at = (timeline and timeline.headers_at) or 0.0
    return [(at, piece) for piece in split_events(response.body, response.headers)]


def split_events(body: bytes, headers: Headers) -> list[bytes]:
    """Cut a body after each event, by its content type; return it whole if it's compressed or no stream."""
    if header(headers, "content-encoding") not in {None, "", "identity"}:
        return [body] if body else []
    framing = framing_of_type(header(headers, "content-type") or "")
    if framing is None:
        return [body] if body else []
    splitter = FRAMINGS[framing].splitter()
    pieces = [*splitter.feed(body), *splitter.flush()]
    return _with_all_blank_lines(pieces) if framing == "sse" else pieces


def _with_all_blank_lines(blocks: list[bytes]) -> list[bytes]:
    """The blocks with the blank lines after each, be they more than one, and none before it."""
    joined: list[bytes] = []
    for block in blocks:
        rest = block.lstrip(b"\r\n") if joined else block
        if joined:
            joined[-1] += block[: len(block) - len(rest)]
        joined += [rest] if rest else []
    return joined


def says_goodbye(body: bytes) -> bool:
    """Whether a stream's last event is a provider's end marker."""
    from unspool.providers import end_marks  # noqa: PLC0415 - most replays need no wire format

    end = _end_of_text(body)
    start = max(0, *(body.rfind(mark, 0, end) for mark in _EVENT_ENDS))
    head = body[
        start : min(end, start + _TAIL_BYTES)
    ]  # of the last event, which may contain a whole response
    tail = body[max(0, end - _TAIL_BYTES) : end]
    is_cut = end == len(body) and not tail.endswith((b"]", b"}"))
    return not is_cut and any(end_marks().search(part) for part in (tail, head))


def _end_of_text(body: bytes) -> int:
    """Return where the white space at a body's end begins, without copying a large body."""
    last = body[-_TAIL_BYTES:].rstrip()
    return max(0, len(body) - _TAIL_BYTES) + len(last) if last else len(body.rstrip())
