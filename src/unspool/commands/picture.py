"""A recorded exchange as lines for a terminal: the request, the reply, and a plot of the time line."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from unspool.cassette.difference import printable
from unspool.cassette.model import NO_RESPONSE, End
from unspool.counts import counted
from unspool.providers.reply import Tokens
from unspool.reading.exchange import Exchange, Reply
from unspool.reading.loops import FoundLoop
from unspool.reading.time_line import Slice, TimeLine, slices
from unspool.script.seen import Seen, SeenMessage

_LABEL = 12
_INDENT = 3
_MOST_LINES = 8
_LEAST_ADDRESS = 24
_BARS = "▁▂▃▄▅▆▇█"
_ENDS = {End.COMPLETE: "│", End.CLOSED: "◂", End.LIMIT: "◂"}
_BROKEN = "↯"
_END_WORDS = {
    End.COMPLETE: "complete",
    End.CLOSED: "the client left",
    End.LIMIT: "the recorder stopped",
}


def picture(
    exchange: Exchange, *, width: int, known: int = 0, whole: bool = False, loop: FoundLoop | None = None
) -> Iterator[Text]:
    """Yield the lines about one exchange.

    Args:
        exchange: what was recorded.
        width: the columns of the terminal.
        known: how many messages of the request an earlier exchange of the conversation has shown.
        whole: show long texts to their end.
        loop: the loop in the reply, if there is one.
    """
    rows = _Rows(width, whole=whole)
    yield _title(exchange, width)
    if exchange.seen is not None:
        yield from _asked(exchange.seen, rows, known)
    else:
        yield from rows.row("body", _shortly(exchange.interaction.request.body), "context")
    if exchange.reply is not None:
        yield from _wait(exchange.time_line, width)
        yield from _replied(exchange.reply, exchange.time_line, rows)
    else:
        yield from rows.row("response", _shortly(exchange.interaction.response.body), "context")
    if loop is not None:
        yield from rows.row("loop", _loop(loop), "wrong")
    if exchange.time_line is not None:
        yield from plot(exchange.time_line, width)


class _Rows:
    """Makes rows of a label and a text, wrapped to the terminal's width."""

    def __init__(self, width: int, *, whole: bool) -> None:
        self.room = max(width - _INDENT - _LABEL, 20)
        self._whole = whole

    def row(self, label: str, text: str, style: str = "") -> Iterator[Text]:
        lines = [part for line in text.splitlines() or [""] for part in wrapped(printable(line), self.room)]
        left = len(lines) - _MOST_LINES
        if left > 1 and not self._whole:
            lines = [*lines[:_MOST_LINES], f"… {counted(left, 'more line', ',')} (--full)"]
        for place, line in enumerate(lines):
            yield labelled(label if place == 0 else "", Text(line, style))


def labelled(label: str, content: Text) -> Text:
    """Return a row: a label in grey, and its content."""
    return Text.assemble(" " * _INDENT, (label.ljust(_LABEL), "context"), content)


def wrapped(line: str, room: int) -> list[str]:
    """Wrap a line between words where it can, within words where it must, by the cells of the terminal."""
    if cell_len(line) <= room:
        return [line]
    narrow = textwrap.wrap(line, room, drop_whitespace=True, replace_whitespace=False) or [line]
    return [part for one in narrow for part in _split(one, room)]


def _split(line: str, room: int) -> list[str]:
    parts = []
    while cell_len(line) > room:  # wide characters: textwrap counts them as one cell
        size = room
        while cell_len(line[:size]) > room:
            size -= 1
        parts.append(line[:size])
        line = line[size:]
    return [*parts, line]


def _title(exchange: Exchange, width: int) -> Text:
    request, response = exchange.interaction.request, exchange.interaction.response
    parts = urlsplit(request.uri)
    address = printable(f"{parts.netloc}{parts.path}")
    status = "no response" if response.status == NO_RESPONSE else str(response.status)
    line = exchange.time_line
    facts = (
        [status]
        if line is None
        else [status, _seconds(line.ended_at), counted(len(line.chunks), "chunk", ",")]
    )
    facts.append(size_of(len(response.body)))
    tail = "   ".join(facts)
    head = f"{exchange.index}  {printable(request.method)} "
    style = "wrong" if response.status >= 400 else ""
    room = width - cell_len(head) - cell_len(tail) - 3
    if room < min(cell_len(address), _LEAST_ADDRESS):
        first = Text(_shortened(head + address, width), "bold")
        return joined(
            [first, *(Text(" " * _INDENT + part, style) for part in wrapped(tail, width - _INDENT))]
        )
    shown = _shortened(address, room)
    gap = " " * (width - cell_len(head) - cell_len(shown) - cell_len(tail))
    return Text.assemble((head + shown, "bold"), gap, (tail, style))


def _shortened(text: str, room: int) -> str:
    return text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…"


def _asked(seen: Seen, rows: _Rows, known: int) -> Iterator[Text]:
    if seen.system and not known:
        yield from rows.row("system", seen.system)
    if known:
        yield from rows.row("", f"({counted(known, 'message')} shown before)", "context")
    for message in seen.messages[known:]:
        yield from _message(message, rows)
    if seen.tools and not known:
        yield from rows.row("tools", ", ".join(_signature(tool.name, tool.schema) for tool in seen.tools))


def _message(message: SeenMessage, rows: _Rows) -> Iterator[Text]:
    said = message.role == "assistant"
    for thought in message.thoughts:
        yield from rows.row("reasoning", thought.text or "(encrypted)", "thought")
    if message.text:
        yield from rows.row(message.role, message.text, "words" if said else "")
    for call in message.calls:
        yield from rows.row("call", f"{call.name} {_json(call.arguments)}", "call")
    for result in message.results:
        yield from rows.row("tool", f"{result.name or result.id} → {result.text}")
    if not (message.text or message.calls or message.results or message.thoughts):
        yield from rows.row(message.role, "(no text)", "context")


def _signature(name: str, schema: Any) -> str:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return f"{name}({', '.join(properties) if isinstance(properties, dict) else ''})"


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _wait(line: TimeLine | None, width: int) -> Iterator[Text]:
    if line is None or line.first_at is None:
        return
    words = f" {milliseconds(line.first_at)} to the first token "
    rule = "─" * max(width - _INDENT - cell_len(words) - 1, 0)
    yield Text(f"{' ' * _INDENT}─{words}{rule}", "context")


def _replied(reply: Reply, line: TimeLine | None, rows: _Rows) -> Iterator[Text]:
    if reply.reasoning:
        yield from rows.row("reasoning", reply.reasoning, "thought")
    if reply.text:
        yield from rows.row("assistant", reply.text, "words")
    if reply.refusal:
        yield from rows.row("refusal", reply.refusal, "words")
    for call in reply.calls:
        mark = "" if call.is_valid else "  ↯ the arguments aren't a JSON object"
        yield from rows.row(
            "call", f"{call.name} {call.arguments}{mark}", "call" if call.is_valid else "wrong"
        )
    for label, text in (("error", reply.error), ("unreadable", reply.problem)):
        if text:
            yield from rows.row(label, text, "wrong")
    yield from _end(reply, line, rows)


def _end(reply: Reply, line: TimeLine | None, rows: _Rows) -> Iterator[Text]:
    facts = []
    if reply.finish:
        facts.append(reply.finish)
    elif reply.chunks and not reply.error:
        facts.append("none: the stream ended without a finish reason")
    if reply.tokens is not None:
        facts.append(tokens_of(reply.tokens))
    rate = rate_of(reply, line)
    if rate:
        facts.append(f"{rate:,.0f} tokens/s")
    if facts:
        wrong = not reply.finish and bool(reply.chunks) and not reply.error
        yield from rows.row(
            "finish" if reply.finish or wrong else "usage", "   ".join(facts), "wrong" if wrong else ""
        )


def tokens_of(tokens: Tokens) -> str:
    """Return a usage in words: input → output tokens, and what of them was cached or thought."""
    inside = [f"{tokens.cached:,} cached"] if tokens.cached else []
    inside += [f"{tokens.reasoning:,} of reasoning"] if tokens.reasoning else []
    more = f" ({', '.join(inside)})" if inside else ""
    return f"{tokens.input:,} → {tokens.output:,} tokens{more}"


def rate_of(reply: Reply, line: TimeLine | None) -> float:
    """Return the tokens a second between the first chunk and the last; 0 where that is unknown."""
    if line is None or reply.tokens is None or line.first_at is None or not line.chunks:
        return 0.0
    seconds = line.chunks[-1][0] - line.first_at
    return reply.tokens.output / seconds if seconds > 0 else 0.0


def plot(line: TimeLine, width: int) -> Iterator[Text]:
    """Yield the lines of a time line's plot: a cell a slice of time, its height by bytes."""
    rows = _Rows(width, whole=True)
    axis = f"  0 … {_seconds(line.ended_at)}"
    cells = slices(line, max(min(rows.room - cell_len(axis) - 1, 64), 10))
    most = max((one.size for one in cells), default=0) or 1
    drawn = Text()
    for one in cells:
        drawn.append(*_cell(one, most))
    broken = line.is_broken
    drawn.append(_ENDS.get(line.end, _BROKEN), "wrong" if broken else "")
    drawn.append(axis, "context")
    yield labelled("time", drawn)
    yield from rows.row("", "   ".join(_facts(line)), "context")
    if broken:
        yield from rows.row("broken", line.failure or str(line.end), "wrong")


def _cell(one: Slice, most: int) -> tuple[str, str]:
    if one.is_stalled:
        return "╳", "wrong"  # noqa: RUF001 - a mark of a plot
    if one.size:
        return _BARS[min(one.size * len(_BARS) // (most + 1), len(_BARS) - 1)], "words"
    if one.has_headers:
        return "H", "context"
    return ("·" if one.is_before else " "), "context"


def _facts(line: TimeLine) -> Iterator[str]:
    if line.headers_at is not None:
        yield f"headers {milliseconds(line.headers_at)}"
    stalls = sorted(line.stalls, key=lambda gap: -gap.seconds)
    for gap in stalls[:2]:
        yield f"stall {milliseconds(gap.seconds)} after chunk {gap.after}"
    if len(stalls) > 2:
        yield f"{len(stalls) - 2} more stalls"
    yield _END_WORDS.get(line.end, "broken")


def _loop(loop: FoundLoop) -> str:
    error = loop.error
    text = error.repeated if len(error.repeated) <= 60 else f"{error.repeated[:60]}…"
    period = counted(error.period, "chunk")
    return f"↻ {text!r} {loop.count} times, a period of {period}, from chunk {error.first_chunk} on"


def _shortly(body: bytes) -> str:
    if not body:
        return "(empty)"
    return body[:4000].decode("utf-8", "backslashreplace")


def milliseconds(seconds: float) -> str:
    """Return a duration as a person writes it: 412 ms, 1.50 s."""
    return f"{seconds * 1000:,.0f} ms" if seconds < 1 else _seconds(seconds)


def _seconds(seconds: float) -> str:
    return f"{seconds:,.2f} s"


def size_of(count: int) -> str:
    """Return a number of bytes as a person writes it: 830 B, 4.2 kB, 1.5 MB."""
    for unit, size in (("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} B"


def joined(lines: Iterable[Text]) -> Text:
    """Join lines to one text."""
    return Text("\n").join(lines)


def columns(rows: Sequence[Sequence[str]], *, right: frozenset[int] = frozenset()) -> Iterator[str]:
    """Yield rows with their cells one below the other, two spaces between columns."""
    widths = [max(cell_len(row[place]) for row in rows) for place in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = (
            " " * (width - cell_len(cell)) + cell if place in right else cell + " " * (width - cell_len(cell))
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()
