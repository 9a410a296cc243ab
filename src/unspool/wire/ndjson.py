"""Newline-delimited JSON: one JSON text a line, as Ollama and Cohere v1 stream it.

The rules are those of https://github.com/ndjson/ndjson-spec: UTF-8, lines end in LF or CRLF. The
decoder looks for lines only, never into the JSON. Each read is split by itself, so only new bytes are
searched.
"""

from __future__ import annotations

from collections.abc import Iterator

from unspool.errors import WireError
from unspool.wire._decoder import DEFAULT_MAX_EVENT_BYTES, Decoder
from unspool.wire._encoder import refuse_characters, refuse_fields, to_utf8
from unspool.wire._splitter import Splitter
from unspool.wire.event import WireEvent


class NDJSONDecoder(Decoder):
    """Bytes to lines, each an event named `message` whose data is the line without its end.

    Lines of nothing but white space are skipped, and invalid UTF-8 becomes U+FFFD. `flush` offers a
    last line that has no end with `complete=False`, even where its JSON happens to be whole.

    Args:
        max_event_bytes: the most bytes that one line may take.
    """

    def __init__(self, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        super().__init__(max_event_bytes=max_event_bytes)
        self._partial = bytearray()

    def _decode(self, data: bytes) -> Iterator[WireEvent]:
        lines = data.split(b"\n")
        rest = lines.pop()
        for line in lines:
            yield from self._end_line(line, complete=True)
        self._partial += rest
        self._check_size(len(self._partial), self._partial)

    def _finish(self) -> Iterator[WireEvent]:
        yield from self._end_line(b"", complete=False)

    def _end_line(self, end: bytes, *, complete: bool) -> Iterator[WireEvent]:
        line = bytes(self._partial) + end if self._partial else end
        self._partial.clear()
        self._check_size(len(line), line)
        if line and not line.isspace():
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            yield WireEvent(data=text, complete=complete)


class NDJSONSplitter(Splitter):
    """Bytes to lines, each with its end."""

    def _piece_end(self) -> int:
        return self._held.find(b"\n") + 1


def encode_ndjson(event: WireEvent) -> bytes:
    """One event as one line, such that `NDJSONDecoder` gives it back.

    An event with `complete=False` is written without its line end: nothing may follow it.

    Raises:
        WireError: NDJSON can't carry the event: its data is blank, holds a line feed or ends in a CR, or
            it has a name of its own, an id, a retry or headers.
    """
    refuse_fields(event, "NDJSON", "name", "id", "retry", "headers")
    refuse_characters(event.data, "NDJSON", "data", "\n")
    data = to_utf8(event.data)
    if not data.strip() or data.endswith(b"\r"):
        raise WireError("An NDJSON line must hold something and can't end in a CR", data=data)
    return data + b"\n" if event.complete else data
