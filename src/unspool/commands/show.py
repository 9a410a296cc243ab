"""`unspool show`: print a cassette as a table, or one of its streams, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from unspool.cassette.boundaries import pieces
from unspool.cassette.content_coding import decoded
from unspool.cassette.difference import printable
from unspool.cassette.model import Interaction, Response, Timeline, header, sizes_fit
from unspool.cassette.vcr_format import format_ms
from unspool.errors import CassetteError, CassetteFormatError
from unspool.providers.detect import format_of_exchange

_TITLES = ("#", "method", "uri", "status", "chunks", "bytes", "time", "ended")
_URI = _TITLES.index("uri")
_TO_THE_RIGHT = {"#", "status", "chunks", "bytes", "time"}
_GAP = "  "
_NARROWEST = 24


def table(interactions: Sequence[Interaction], *, width: int) -> Iterator[str]:
    """Return the lines of a table with a row for each interaction, at most `width` wide if possible."""
    rows = [_TITLES, *(_row(index, interaction) for index, interaction in enumerate(interactions))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = width - sum(widths) + widths[_URI] - len(_GAP) * (len(widths) - 1)
    widths[_URI] = min(widths[_URI], max(left, _NARROWEST))
    for row in rows:
        yield from _lines(row, widths)


def _row(index: int, interaction: Interaction) -> tuple[str, ...]:
    request, response = interaction.request, interaction.response
    return (
        str(index),
        printable(request.method),
        printable(request.uri),
        str(response.status),
        _chunk_count(response),
        f"{len(response.body):,}",
        _duration(response.timeline),
        _ending(response.timeline),
    )


def _chunk_count(response: Response) -> str:
    if response.timeline is None:
        return "-"
    return f"{len(response.timeline.chunks):,}" if sizes_fit(response) else "edited"


def _duration(timeline: Timeline | None) -> str:
    if timeline is None or timeline.ended_at is None:
        return "-"
    return f"{timeline.ended_at:,.3f} s"


def _ending(timeline: Timeline | None) -> str:
    if timeline is None:
        return "-"
    return printable(timeline.failure.type if timeline.failure else timeline.end)


def _lines(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    first, *others = _cut(row[_URI], widths[_URI])
    yield _line([*row[:_URI], first, *row[_URI + 1 :]], widths)
    for other in others:
        yield _line([other if place == _URI else "" for place in range(len(row))], widths)


def _cut(text: str, width: int) -> list[str]:
    """Split the text into lines of this width, anywhere: URIs and JSON have no word boundaries."""
    return [text[start : start + width] for start in range(0, len(text), width)] or [""]


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell.rjust(width) if title in _TO_THE_RIGHT else cell.ljust(width)
        for cell, width, title in zip(cells, widths, _TITLES, strict=True)
    )
    return _GAP.join(padded).rstrip()


def stream(interactions: Sequence[Interaction], index: int, *, width: int) -> Iterator[str]:
    """Return the lines about one response: its wire format, and each piece with its time, bytes and text.

    Raises:
        CassetteError: there is no interaction of that index.
    """
    if not 0 <= index < len(interactions):
        there = f"0 to {len(interactions) - 1}" if interactions else "none, the cassette is empty"
        raise CassetteError(f"expected the number of an interaction ({there}), got {index}")
    request, response = interactions[index].request, interactions[index].response
    yield printable(f"{request.method} {request.uri}")
    shown = _readable(response)
    yield printable(_status(response, request.uri, was_decoded=shown is not response))
    for at, piece in pieces(shown):
        yield from _chunk(at, piece, width, has_times=shown.timeline is not None)
    failure = response.timeline and response.timeline.failure
    message = f": {printable(failure.message)}" if failure else ""
    yield f"ended: {_ending(response.timeline)}{message}, {_duration(response.timeline)}"


def _status(response: Response, uri: str, *, was_decoded: bool) -> str:
    content_type = header(response.headers, "content-type") or ""
    words = [str(response.status), response.reason, content_type]
    words.append(format_of_exchange(uri, content_type) or "")
    timeline = response.timeline
    if timeline is not None:
        words.append(timeline.http_version)
    if timeline is not None and timeline.recorded_at is not None:
        recorded = datetime.fromtimestamp(timeline.recorded_at, UTC)
        words.append(f"recorded {recorded:%Y-%m-%d %H:%M:%S} UTC")
    if was_decoded:
        words.append(f"({header(response.headers, 'content-encoding')}, shown decoded)")
    return _GAP.join(word for word in words if word)


def _readable(response: Response) -> Response:
    try:
        return decoded(response)
    except CassetteFormatError:
        return response


def _chunk(at: float, piece: bytes, width: int, *, has_times: bool) -> Iterator[str]:
    moment = f"{format_ms(at)} ms" if has_times else "-"
    head = f"{moment:>12} {len(piece):>7,} B  "
    text = printable(piece.decode("utf-8", "backslashreplace"))
    first, *others = _cut(text, max(width - len(head), _NARROWEST))
    yield head + first
    yield from (" " * len(head) + line for line in others)
