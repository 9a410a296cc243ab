"""Server-sent events: what most providers stream.

Follows the WHATWG rules, https://html.spec.whatwg.org/multipage/server-sent-events.html (parsing:
section 9.2.5, interpretation: 9.2.6), and goes beyond them in two places where real servers do:

- A stream that ends without the blank line after its last event loses that event in a browser.
  Real providers leave that line out, so `flush` offers the event with `complete=False`.
- Lines with an unknown field are nothing to a browser. Some servers put what matters there: an
  `error: {...}` line (gpustack), raw JSON without any `data:` (an error of Vertex; a chunk with its
  finish reason, https://github.com/gpustack/gpustack/issues/6155). `keep_ignored=True` shows them.

The strategy is to split each read into lines and to keep the last, unfinished one: only new bytes are
ever searched. Lines are split as bytes, which is safe because no byte of a longer UTF-8 sequence looks
like a line end, a colon or a space; an event's text is decoded when the event is whole, so that a
character cut by a read stays whole too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Literal

from unspool.errors import WireError
from unspool.wire._decoder import DEFAULT_MAX_EVENT_BYTES, Decoder
from unspool.wire._encoder import refuse_characters, refuse_fields, to_utf8
from unspool.wire._splitter import Splitter
from unspool.wire.event import WireEvent, message

IGNORED = "unspool.ignored"
"""The name of an event that holds lines which WHATWG ignores: see `SSEDecoder`."""

_BOM = b"\xef\xbb\xbf"
_LINE_ENDS = ("\n", "\r\n", "\r")
# Python reads at most 4,300 digits; these are milliseconds, and 18 digits of them last 30 million years.
_MAX_RETRY_DIGITS = 18


def is_event_stream(content_type: str) -> bool:
    """Whether WHATWG takes a body with this content type for server-sent events.

    Parameters don't matter, not even `charset`: the format is always UTF-8.
    """
    return content_type.partition(";")[0].strip(" \t\r\n").lower() == "text/event-stream"


class SSEDecoder(Decoder):
    """Bytes to server-sent events.

    Invalid UTF-8 becomes U+FFFD, one leading BOM is dropped, and `WireEvent.id` is the last id that
    the stream has set, in whichever block. A block without a `data` field is no event.

    Args:
        max_event_bytes: the most bytes that the lines of one event may take.
        keep_ignored: offer the lines with an unknown field too, those of one block as one event named
            `IGNORED`, joined by line feeds, just as they came. It comes before the block's own event if
            its first line did. JSON with blank lines in it spans several such events. Comments stay
            unseen.
    """

    def __init__(self, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES, keep_ignored: bool = False) -> None:
        super().__init__(max_event_bytes=max_event_bytes)
        self._keep_ignored = keep_ignored
        self._partial = bytearray()  # a line whose end hasn't come
        self._after_cr = False  # an LF that comes next belongs to the line already ended
        self._at_start = True
        self._id = ""
        self._start_block()

    def _start_block(self) -> None:
        self._held = 0  # bytes of this block's lines, without those that say nothing
        self._data = bytearray()  # as in WHATWG, each line's value with a line feed after it
        self._name = ""
        self._retry: int | None = None
        self._ignored = bytearray()
        self._ignored_first = False

    def feed(self, data: bytes, /) -> Iterator[WireEvent]:
        """The events that this read completes, in order.

        Raises:
            EventTooLargeError: an event outgrew `max_event_bytes`.
        """
        blocks = self._plain_blocks(data)
        if blocks is None:
            yield from super().feed(data)
            return
        self._at_start = False
        for block in blocks:
            yield message(block[6:].decode("utf-8", "replace"), self._id)

    def _plain_blocks(self, data: bytes) -> list[bytes] | None:
        """The blocks of a read of whole events with one `data: ` line each, as most reads are; else None."""
        if (
            self._held
            or self._partial
            or self._after_cr
            or self._error is not None
            or not data.endswith(b"\n\n")
            or b"\r" in data
        ):
            return None
        blocks = data[:-2].split(b"\n\n")
        for block in blocks:
            if not block.startswith(b"data: ") or b"\n" in block or len(block) > self._max_event_bytes:
                return None
        return blocks

    def _decode(self, data: bytes) -> Iterator[WireEvent]:
        for line in self._split(data):
            if self._held + len(line) > self._max_event_bytes:
                self._check_size(self._held + len(line), self._data or line)
            if not line:
                yield from self._end_block(complete=True)
            else:
                self._read_line(line)
        self._check_size(self._held + len(self._partial), self._data or self._partial)

    def _finish(self) -> Iterator[WireEvent]:
        last_line = self._end_line(b"")
        if last_line:
            self._read_line(last_line)
        yield from self._end_block(complete=False)

    def _split(self, data: bytes) -> list[bytes]:
        """Yield the lines that this read completes. The rest is stored for the next read."""
        if self._after_cr and data:
            data = data.removeprefix(b"\n")
            self._after_cr = False
        # Bytes, unlike text, are split at CR, LF and CRLF only: not at VT, FF or NEL.
        lines = data.splitlines()
        if not lines:
            return lines
        self._after_cr = data.endswith(b"\r")
        rest = b"" if self._after_cr or data.endswith(b"\n") else lines.pop()
        if lines:
            lines[0] = self._end_line(lines[0])
        self._partial += rest
        return lines

    def _end_line(self, end: bytes) -> bytes:
        line = bytes(self._partial) + end if self._partial else end
        self._partial.clear()
        if self._at_start:
            self._at_start = False
            if line.startswith(_BOM):
                self._held += len(_BOM)
                return line[len(_BOM) :]
        return line

    def _read_line(self, line: bytes) -> None:
        if line.startswith(b"data: "):  # nearly every line of every stream
            self._held += len(line)
            self._data += line[6:] + b"\n"
            return
        field, _, value = line.partition(b":")
        read = _FIELDS.get(field)
        if read is not None:
            self._held += len(line)
            read(self, value.removeprefix(b" "))
        elif field and self._keep_ignored:  # a comment is a field without a name
            self._keep(line)

    def _read_data(self, value: bytes) -> None:
        self._data += value + b"\n"

    def _read_name(self, value: bytes) -> None:
        self._name = _text(value)

    def _read_id(self, value: bytes) -> None:
        if b"\0" not in value:
            self._id = _text(value)

    def _read_retry(self, value: bytes) -> None:
        if value.isdigit() and len(value) <= _MAX_RETRY_DIGITS:
            self._retry = int(value)

    def _keep(self, line: bytes) -> None:
        self._held += len(line)
        if not self._ignored:
            self._ignored_first = not self._data
        self._ignored += line + b"\n"

    def _end_block(self, *, complete: bool) -> Iterator[WireEvent]:
        if self._ignored and self._ignored_first:
            yield WireEvent(name=IGNORED, data=_text(self._ignored[:-1]), complete=complete)
        # Cut off after a bare `data:`, an event has nothing to offer.
        if self._data and (complete or self._data != b"\n"):
            yield WireEvent(
                name=self._name or "message",
                data=_text(self._data[:-1]),
                id=self._id,
                retry=self._retry,
                complete=complete,
            )
        if self._ignored and not self._ignored_first:
            yield WireEvent(name=IGNORED, data=_text(self._ignored[:-1]), complete=complete)
        self._start_block()


_FIELDS: dict[bytes, Callable[[SSEDecoder, bytes], None]] = {
    b"data": SSEDecoder._read_data,
    b"event": SSEDecoder._read_name,
    b"id": SSEDecoder._read_id,
    b"retry": SSEDecoder._read_retry,
}


class SSESplitter(Splitter):
    """Bytes to blocks of lines, each with the blank line after it."""

    # Atomic, or a CRLF would be taken for two line ends.
    BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")

    def __init__(self) -> None:
        super().__init__()
        self._searched = 0

    def _piece_end(self) -> int:
        found = self.BLANK_LINE.search(self._held, self._searched)
        if found is None or self._may_go_on(found):
            self._searched = max(0, len(self._held) - 4)  # the LF of a last CR may still come
            return 0
        self._searched = 0
        return found.end()

    def _may_go_on(self, found: re.Match[bytes]) -> bool:
        """Whether the LF of a CRLF may still come; not after two lone CRs."""
        is_last = found.end() == len(self._held) and self._held.endswith(b"\r")
        return is_last and found.group() != b"\r\r"


def _text(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "replace")


def encode_sse(event: WireEvent, *, newline: Literal["\n", "\r\n", "\r"] = "\n") -> bytes:
    """One event as its block of lines, blank line included, such that `SSEDecoder` gives it back.

    An event with `complete=False` is written without that blank line: nothing may follow it. An empty
    `id` is written as no `id` line; after an event with an id, a decoder then repeats that one.

    Raises:
        WireError: SSE can't carry the event: a CR in its data, a line end in its name or id, a NUL in
            its id, an empty name, headers, a retry below 0 or of more than 18 digits, or no data in an
            event that isn't complete.
    """
    _refuse_what_sse_cannot_say(event)
    fields = [("event", event.name)] if event.name != "message" else []
    fields += [("id", event.id)] if event.id else []
    fields += [("retry", str(event.retry))] if event.retry is not None else []
    fields += [("data", line) for line in event.data.split("\n")]
    return _block([f"{field}: {value}" for field, value in fields], newline, closed=event.complete)


def encode_sse_comment(text: str = "", *, newline: Literal["\n", "\r\n", "\r"] = "\n") -> bytes:
    """A comment and a blank line after it, as servers send to keep a connection open.

    Raises:
        WireError: the text holds a CR; line feeds are fine and make several comment lines.
    """
    refuse_characters(text, "SSE", "comment", "\r")
    return _block([f": {line}" for line in text.split("\n")], newline, closed=True)


def _refuse_what_sse_cannot_say(event: WireEvent) -> None:
    refuse_fields(event, "SSE", "headers")
    refuse_characters(event.name, "SSE", "name", "\r\n")
    refuse_characters(event.id, "SSE", "id", "\r\n\0")
    refuse_characters(event.data, "SSE", "data", "\r")
    if not event.name:
        raise WireError('SSE has no event without a name; a decoder would call it "message"')
    if event.retry is not None and not 0 <= event.retry < 10**_MAX_RETRY_DIGITS:
        raise WireError(f"SSE's retry is a number of milliseconds, at most 18 digits, not {event.retry}")
    if not event.complete and not event.data:
        raise WireError("SSE can't show that an event was cut off before it had any data")


def _block(lines: list[str], newline: str, *, closed: bool) -> bytes:
    if newline not in _LINE_ENDS:
        raise ValueError(f"newline must be one of {_LINE_ENDS}, not {newline!r}")
    return to_utf8("".join(line + newline for line in lines) + (newline if closed else ""))
