"""`unspool show`: print a cassette as a conversation, as a table, or one of its streams, layer by layer."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unspool.cassette.boundaries import pieces
from unspool.cassette.content_coding import decoded
from unspool.cassette.difference import printable
from unspool.cassette.file_format import Document, loads
from unspool.cassette.model import Interaction, Response, Timeline, header, sizes_fit
from unspool.cassette.outcomes import MARK
from unspool.cassette.store import load
from unspool.cassette.vcr_format import format_ms
from unspool.commands import terminal
from unspool.counts import counted
from unspool.errors import CassetteError, CassetteFormatError, UnspoolError
from unspool.providers import FORMATS, decoder_for
from unspool.providers.detect import format_of_exchange
from unspool.reading.exchange import Exchange, exchanges, read_exchange
from unspool.reading.loops import FoundLoop, find_loop

if TYPE_CHECKING:
    from rich.text import Text

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
    _check_index(interactions, index)
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


def _check_index(interactions: Sequence[Interaction], index: int) -> None:
    if not 0 <= index < len(interactions):
        there = f"0 to {len(interactions) - 1}" if interactions else "none, the cassette is empty"
        raise CassetteError(f"expected the number of an interaction ({there}), got {index}")


def events(interaction: Interaction, *, width: int) -> Iterator[str]:
    """Yield the lines about a response's events: when each was complete, its name and its data.

    Raises:
        CassetteError: the response is no stream in a known format, or is cut inside of one.
    """
    response = _readable(interaction.response)
    content_type = header(response.headers, "content-type")
    wire_format = format_of_exchange(interaction.request.uri, content_type)
    if wire_format not in FORMATS:
        raise CassetteError(
            f"expected a stream of a model, got {content_type or 'no content type'}: try --raw"
        )
    decoder, number = decoder_for(str(wire_format)), 0
    for at, piece in pieces(response):
        for event in decoder.feed(piece):
            yield from _event(number, at, event.name, event.data, width)
            number += 1
    for event in decoder.flush():
        yield from _event(number, at, event.name, event.data, width)
        number += 1
    yield counted(number, "event", ",")


def _event(number: int, at: float, name: str, data: str, width: int) -> Iterator[str]:
    head = f"{number:>6} {format_ms(at):>10} ms  {printable(name)}  "
    first, *others = _cut(printable(data), max(width - len(head), _NARROWEST))
    yield head + first
    yield from (" " * len(head) + line for line in others)


def conversation(
    document: Document, name: str, *, width: int, only: int | None = None, whole: bool = False, now: float
) -> Iterator[Text]:
    """Yield the lines of a cassette as a conversation.

    Args:
        document: the cassette.
        name: its name.
        width: the columns of the terminal.
        only: the index of the only interaction to show; None for all.
        whole: show long texts to their end.
        now: the time, in seconds since 1970-01-01 UTC.
    """
    from rich.text import Text

    from unspool.commands.picture import picture, wrapped

    interactions = document.interactions
    read = [read_exchange(only, interactions[only])] if only is not None else list(exchanges(interactions))
    yield from (Text(part, "bold") for part in wrapped(_headline(document, name, read, now), width))
    shown: dict[bytes, int] = {}
    for one in read:
        yield Text()
        opening = b"" if one.seen is None else one.seen.opening
        known = min(shown.get(opening, 0), len(one.seen.messages)) if one.seen else 0
        yield from picture(one, width=width, known=known, whole=whole, loop=_loop_in(one))
        if one.seen is not None:
            shown[opening] = len(one.seen.messages) + 1


def _loop_in(one: Exchange) -> FoundLoop | None:
    if one.reply is None or len(one.reply.chunks) < _FEWEST:
        return None
    return find_loop([one.interaction], wire_format=one.format)


_FEWEST = 16
"""Fewer chunks than this are no loop for any guard."""


def _headline(document: Document, name: str, read: Sequence[Exchange], now: float) -> str:
    facts = [printable(name), counted(len(document.interactions), "interaction", ",")]
    talks = {one.seen.opening for one in read if one.seen is not None}
    facts += [counted(len(talks), "conversation", ",")] if talks else []
    facts += sorted({one.provider for one in read if one.provider})
    facts += sorted({one.seen.model for one in read if one.seen is not None and one.seen.model})[:3]
    if _is_made(document):
        facts.append("made, not recorded")
    else:
        times = [one.interaction.recorded_at for one in read if one.interaction.recorded_at is not None]
        facts += [f"recorded {age(now - min(times))}"] if times else []
    return facts[0] + "   " + " · ".join(printable(fact) for fact in facts[1:])


def _is_made(document: Document) -> bool:
    mark: Any = document.extra.get(MARK)
    return (isinstance(mark, dict) and "made" in mark) or any(
        "made" in one.extra for one in document.interactions
    )


def age(seconds: float) -> str:
    """Return how long ago something was, in words."""
    for unit, size in (
        ("year", 31_557_600),
        ("month", 2_629_800),
        ("day", 86_400),
        ("hour", 3_600),
        ("minute", 60),
    ):
        if seconds >= size:
            return f"{counted(int(seconds // size), unit)} ago"
    return "just now" if seconds >= 0 else "in the future"


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Show what was asked, what came, and when, with a plot of the time: H headers, one cell a slice of"
        " time with its height by bytes, ╳ a stall from 250 ms on, │ the end, ↯ broken, ◂ the client left,"  # noqa: RUF001 - as drawn
        " ↻ a loop."
    )
    parser.add_argument("file", metavar="FILE", help="a cassette; - for the standard input")
    parser.add_argument("number", metavar="N", nargs="?", type=int, help="only this interaction, from 0")
    layer = parser.add_mutually_exclusive_group()
    layer.add_argument("--list", action="store_true", help="a line for each interaction")
    layer.add_argument("--chunks", action="store_true", help="the network's chunks, with their times")
    layer.add_argument("--events", action="store_true", help="the provider's events, with their times")
    layer.add_argument("--raw", action="store_true", help="the response's body, byte for byte")
    parser.add_argument("--full", action="store_true", help="long texts to their end")
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    document, name = _document(options.file)
    interactions = document.interactions
    if options.number is not None:
        _check_index(interactions, options.number)
    if options.json:
        terminal.print_json({"file": name, "interactions": list(_plain(interactions, options.number))})
        return 0
    width = shutil.get_terminal_size((110, 24)).columns
    if options.list:
        _print(table(interactions, width=width))
        return 0
    if options.raw or options.chunks or options.events:
        number = _only(interactions, options.number)
        if options.raw:
            sys.stdout.buffer.write(interactions[number].response.body)
            sys.stdout.buffer.flush()
        elif options.chunks:
            _print(stream(interactions, number, width=width))
        else:
            _print(events(interactions[number], width=width))
        return 0
    console = terminal.make_console()
    for line in conversation(
        document, name, width=console.width, only=options.number, whole=options.full, now=time.time()
    ):
        terminal.paint(console, line)
    return 0


def _document(file: str) -> tuple[Document, str]:
    if file == terminal.STDIO:
        return loads(sys.stdin.buffer.read(), name="the standard input"), "-"
    path = Path(file)
    if path.is_dir():
        raise UnspoolError(
            f"expected a cassette, got the folder {path}: name a file in it, or try check or stats"
        )
    return load(path), path.name


def _only(interactions: Sequence[Interaction], number: int | None) -> int:
    if number is None and len(interactions) != 1:
        raise CassetteError(
            f"expected the number of one interaction, of {len(interactions)}: unspool show FILE N"
        )
    return number or 0


def _print(lines: Iterator[str]) -> None:
    for line in lines:
        print(line)


def _plain(interactions: Sequence[Interaction], number: int | None) -> Iterator[dict[str, Any]]:
    read = exchanges(interactions)
    return (as_plain(one) for one in read if number in {None, one.index})


def as_plain(one: Exchange) -> dict[str, Any]:
    """Return an exchange as JSON has it; the schema is in the page on the command line."""
    request, response = one.interaction.request, one.interaction.response
    line, seen, reply = one.time_line, one.seen, one.reply
    return {
        "interaction": one.index,
        "method": request.method,
        "url": request.uri,
        "status": response.status,
        "format": one.format,
        "provider": one.provider,
        "size": len(response.body),
        "request": seen
        and {
            "model": seen.model,
            "streamed": seen.streamed,
            "system": seen.system,
            "messages": [
                {
                    "role": message.role,
                    "text": message.text,
                    "calls": message.calls,
                    "results": message.results,
                }
                for message in seen.messages
            ],
            "tools": list(seen.tool_names),
        },
        "reply": reply
        and {
            "model": reply.model,
            "text": reply.text,
            "reasoning": reply.reasoning,
            "refusal": reply.refusal,
            "calls": reply.calls,
            "finish": reply.finish,
            "usage": reply.tokens,
            "error": reply.error,
            "problem": reply.problem,
            "chunks": len(reply.chunks),
        },
        "time": line
        and {
            "headers": line.headers_at,
            "first": line.first_at,
            "ended": line.ended_at,
            "chunks": len(line.chunks),
            "stalls": [{"after": gap.after, "at": gap.at, "seconds": gap.seconds} for gap in line.stalls],
            "end": str(line.end),
            "failure": line.failure,
        },
    }
