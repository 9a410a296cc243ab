"""The frames of a body: each event with its bytes.

A fault that changes an event touches no byte of the others: their comments, line ends and order of keys stay
as they were sent, and their bytes keep their times. It replaces only the changed data of the event: names,
ids and comments in the same frame stay. The first byte of a body determines its framing, since content types
are often wrong and canned bytes have none.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from unspool.errors import WireError
from unspool.faults.json_text import rewritten
from unspool.wire import framing
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent
from unspool.wire.framing import FRAMINGS, FramingName
from unspool.wire.sse import SSEDecoder, SSESplitter, encode_sse

JSON = dict[str, Any]
Cuts = tuple[tuple[int, float], ...]
"""Sizes and times of the pieces in which bytes arrived."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Some bytes of a body, and their event.

    Attributes:
        data: the bytes, separators included.
        event: their event; None if there is none, as in a comment, or if it's unreadable.
        at: when the last of them arrived, in seconds since the request.
        framing: the framing of the body.
        cuts: the pieces in which they arrived; only if the frame's size is unchanged.
    """

    data: bytes
    event: WireEvent | None
    at: float
    framing: Framing
    cuts: Cuts = ()

    @property
    def begun(self) -> float:
        """When the first of its bytes arrived."""
        return self.cuts[0][1] if self.cuts else self.at

    @property
    def text(self) -> str:
        """The event's data; for Bedrock's InvokeModel, that of the model's own event inside it."""
        return self.framing.inner(self.event) if self.event else ""

    @property
    def json(self) -> JSON | None:
        """The JSON object in the model's event; None if there is none."""
        return json_in(self.text)

    def saying(self, event: WireEvent) -> Frame:
        """Return a frame of the same kind for another event."""
        return replace(self, event=event, data=self.framing.encode(event, like=self.data), cuts=())

    def with_json(self, body: JSON) -> Frame:
        """Return this frame with other JSON; equal parts stay as they were written."""
        return self.with_text(rewritten(self.text, body))

    def with_text(self, text: str) -> Frame:
        """Return this frame with other data."""
        event = self.event or WireEvent()
        data = self.framing.outer(event, text)
        if data == event.data:
            return self
        return replace(
            self, event=replace(event, data=data), data=self.framing.with_data(self.data, data), cuts=()
        )

    def with_data(self, data: str) -> Frame:
        """Return this frame with another text as the data of its outermost event."""
        event = replace(self.event or WireEvent(), data=data)
        return replace(self, event=event, data=self.framing.with_data(self.data, data), cuts=())

    def head(self, size: int) -> Frame:
        """Return the first bytes of this frame, without an event, at their times."""
        cuts, left = [], size
        for count, at in self.cuts or ((len(self.data), self.at),):
            if left > 0:
                cuts.append((min(count, left), at))
            left -= count
        return replace(self, data=self.data[:size], event=None, cuts=tuple(cuts))

    def moved(self, at: float) -> Frame:
        """Return this frame at another time, in one piece."""
        return replace(self, at=at, cuts=())


def json_in(text: str) -> JSON | None:
    """Parse a text as a JSON object; None if it isn't one."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        body = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


class Framing:
    """A framing, which splits a body into frames; one object reads one body."""

    name = ""
    wire_name: FramingName

    def __init__(self) -> None:
        self._splitter = FRAMINGS[self.wire_name].splitter()
        self._cuts: deque[tuple[int, float]] = deque()
        self._due = b""  # missing end of the last frame, if another one follows it

    def split(self, data: bytes, at: float) -> Iterator[Frame]:
        """Yield the frames that these bytes complete."""
        if data:
            self._cuts.append((len(data), at))
        yield from map(self._frame, self._splitter.feed(data))

    def rest(self, _at: float = 0.0) -> Iterator[Frame]:
        """Yield the incomplete rest at the end, at the time at which it arrived."""
        yield from map(self._frame, self._splitter.flush())

    def _frame(self, data: bytes) -> Frame:
        cuts = []
        left = len(data)
        while left:
            size, at = self._cuts.popleft()
            if size > left:
                self._cuts.appendleft((size - left, at))
            cuts.append((min(size, left), at))
            left -= cuts[-1][0]
        return Frame(data, self.read(data), cuts[-1][1], self, tuple(cuts))

    def read(self, data: bytes) -> WireEvent | None:
        """Return the event in a frame."""
        raise NotImplementedError

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        """Make a frame for an event, in the style of another frame's bytes."""
        raise NotImplementedError

    def with_data(self, data: bytes, text: str) -> bytes:
        """Return the bytes of a frame with another text as its event's data, otherwise unchanged."""
        raise NotImplementedError

    def payload(self, data: bytes) -> tuple[int, int]:
        """Return the start and the end of the text in a frame."""
        return 0, len(data)

    def inner(self, event: WireEvent) -> str:
        """Return the text of the model's own event."""
        return event.data

    def outer(self, event: WireEvent, text: str) -> str:
        """Return the event's data with this text in the model's own event."""
        del event
        return text

    def write(self, data: bytes, *, whole: bool = True) -> bytes:
        """Return a frame's bytes to write after those before.

        The last frame of a body may lack its end; it is added if another frame follows.
        """
        written = self._due + data
        self._due = self.missing_end(data) if whole else b""
        return written

    def missing_end(self, data: bytes) -> bytes:
        """Return the end that a frame lacks, in case another one follows."""
        del data
        return b""

    def closing(self) -> bytes:
        """Return the bytes that a body needs at its end, after the frames written so far."""
        return b""


class SSEFraming(Framing):
    """Blocks of lines, each with the blank line after it."""

    name = "SSE"
    wire_name = "sse"
    _LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|$)")

    def read(self, data: bytes) -> WireEvent | None:
        decoder = SSEDecoder()
        return next((event for step in (decoder.feed(data), decoder.flush()) for event in step), None)

    def missing_end(self, data: bytes) -> bytes:
        last = data[-4:]
        blank = [found.end() for found in SSESplitter.BLANK_LINE.finditer(last)]
        if not data or (blank and blank[-1] == len(last)):
            return b""
        end = b"\r\n" if b"\r\n" in data else b"\n"
        return end if data.endswith((b"\n", b"\r")) else end * 2

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        ends = next((end for end in (b"\r\n", b"\n", b"\r") if end in like), b"\n")
        return encode_sse(event, newline=ends.decode())  # type: ignore[arg-type]

    def with_data(self, data: bytes, text: str) -> bytes:
        mark = data[: data.startswith(b"\xef\xbb\xbf") * 3]
        lines = self._LINE.findall(data[len(mark) :])
        is_data = [line.partition(b":")[0].rstrip(b"\r\n") == b"data" for line in lines]
        if True not in is_data:
            return data
        first = is_data.index(True)
        new = self._data_lines(lines[first], text)
        kept = (line for line, old in zip(lines[first:], is_data[first:], strict=True) if not old)
        return mark + b"".join([*lines[:first], new, *kept])

    def _data_lines(self, like: bytes, text: str) -> bytes:
        """Make lines of data, with the space after the colon and the line end of another one."""
        value = like.partition(b":")[2]
        field = b"data: " if value.startswith(b" ") or not value.strip() else b"data:"
        end = like[len(like.rstrip(b"\r\n")) :]
        between = end or b"\n"
        return between.join(field + line.encode(errors="replace") for line in text.split("\n")) + end


class NDJSONFraming(Framing):
    """Lines."""

    name = "NDJSON"
    wire_name = "ndjson"

    def read(self, data: bytes) -> WireEvent | None:
        text = data.decode("utf-8", "replace").strip()
        return WireEvent(data=text, complete=data.endswith(b"\n")) if text else None

    def missing_end(self, data: bytes) -> bytes:
        return b"" if not data or data.endswith(b"\n") else b"\n"

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        return event.data.encode() + (b"\r\n" if like.endswith(b"\r\n") else b"\n")

    def with_data(self, data: bytes, text: str) -> bytes:
        bare = data.strip()
        start = data.find(bare)
        return data[:start] + text.encode(errors="replace") + data[start + len(bare) :]


class AWSFraming(Framing):
    """Frames with their length in front; a broken one has no event."""

    name = "AWS"
    wire_name = "aws"
    _PRELUDE_BYTES = 12
    _CRC_BYTES = 4

    def read(self, data: bytes) -> WireEvent | None:
        try:
            return next(AWSEventStreamDecoder().feed(data), None)
        except WireError:
            return None

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        del like
        return encode_aws(event)

    def payload(self, data: bytes) -> tuple[int, int]:
        return min(self._PRELUDE_BYTES + int.from_bytes(data[4:8]), len(data)), len(data) - self._CRC_BYTES

    def with_data(self, data: bytes, text: str) -> bytes:
        start, _ = self.payload(data)
        payload = text.encode(errors="replace")
        size = start + len(payload) + self._CRC_BYTES
        prelude = size.to_bytes(4) + data[4:8]
        body = prelude + zlib.crc32(prelude).to_bytes(4) + data[self._PRELUDE_BYTES : start] + payload
        return body + zlib.crc32(body).to_bytes(4)

    def inner(self, event: WireEvent) -> str:
        text = _unpacked(event)
        return event.data if text is None else text

    def outer(self, event: WireEvent, text: str) -> str:
        if _unpacked(event) is None:
            return text
        packed = b64encode(text.encode(errors="replace")).decode()
        return rewritten(event.data, {**json.loads(event.data), "bytes": packed})


def _unpacked(event: WireEvent) -> str | None:
    """Return the JSON of the model's own event in InvokeModel; None for other data."""
    if event.name != "chunk":
        return None
    try:
        text = b64decode(json.loads(event.data)["bytes"]).decode()
    except (ValueError, KeyError, TypeError):
        return None
    return text if json_in(text) is not None else None


class JSONArrayFraming(Framing):
    """Elements, each with the bracket or comma before it; the last bracket is a frame without an event."""

    name = "JSON array"
    wire_name = "jsonarray"
    _SEPARATORS = b"[, \r\n\t"

    def __init__(self) -> None:
        super().__init__()
        self._first = True
        self._closed = False

    def split(self, data: bytes, at: float) -> Iterator[Frame]:
        for frame in super().split(data, at):
            yield replace(frame, event=frame.event and replace(frame.event, complete=True))

    def read(self, data: bytes) -> WireEvent | None:
        text = data.lstrip(self._SEPARATORS).decode("utf-8", "replace")
        return WireEvent(data=text, complete=False) if text.rstrip() not in {"", "]"} else None

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        return self._separator(like) + event.data.encode()

    def with_data(self, data: bytes, text: str) -> bytes:
        return self._separator(data) + text.encode(errors="replace")

    def _separator(self, data: bytes) -> bytes:
        return data[: len(data) - len(data.lstrip(self._SEPARATORS))]

    def write(self, data: bytes, *, whole: bool = True) -> bytes:
        """Write `[` before the first element and a comma before each other, after any additions and
        removals.
        """
        del whole
        element = data.lstrip(self._SEPARATORS)
        if element.rstrip() == b"]":
            self._closed = True
            return b"[" + element if self._first else data
        if not element:
            return data
        mark = b"[" if self._first else b","
        self._first = False
        return data if data.lstrip().startswith(mark) else mark + element

    def closing(self) -> bytes:
        return b"" if self._closed else b"[]" if self._first else b"]"


_FRAMINGS: dict[FramingName, type[Framing]] = {
    one.wire_name: one for one in (AWSFraming, JSONArrayFraming, NDJSONFraming, SSEFraming)
}


def framing_of(data: bytes) -> Framing:
    """Detect the framing of a body by its start: server-sent events, if possible."""
    return _FRAMINGS[framing.framing_of(data)]()
