"""The frames of a body: each event with the very bytes that it stands in.

A fault that looks for an event touches no byte of the others: their comments, line ends and order of keys
stay as they were sent. Which framing a body has is told by its first byte, since content types are often
wrong and canned bytes have none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pydantic_core import from_json

from unspool.errors import WireError
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent
from unspool.wire.json_array import JSONArrayDecoder
from unspool.wire.sse import SSEDecoder, encode_sse

JSON = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frame:
    """Some bytes of a body, and what they say.

    Attributes:
        data: the bytes, separators included.
        event: what they say; None if that is nothing, as with a comment, or not to be read.
        at: when the last of them came, in seconds since the request.
        framing: whose frame it is.
    """

    data: bytes
    event: WireEvent | None
    at: float
    framing: Framing

    @property
    def json(self) -> JSON | None:
        """The event's JSON object; None if there is none."""
        if self.event is None:
            return None
        try:
            body = from_json(self.event.data)
        except ValueError:
            return None
        return body if isinstance(body, dict) else None

    def saying(self, event: WireEvent) -> Frame:
        """A frame of the same kind for another event."""
        return replace(self, event=event, data=self.framing.encode(event, like=self.data))

    def with_json(self, body: JSON) -> Frame:
        """This frame with other JSON in it."""
        return self.with_text(json.dumps(body, ensure_ascii=False, separators=(",", ":")))

    def with_text(self, text: str) -> Frame:
        """This frame with other data in it."""
        return self.saying(replace(self.event or WireEvent(), data=text))


class Framing:
    """How a body is cut into frames; one object reads one body."""

    name = ""

    def __init__(self) -> None:
        self._held = bytearray()

    def split(self, data: bytes, at: float) -> Iterator[Frame]:
        """The frames that these bytes complete."""
        self._held += data
        while end := self._frame_end():
            yield self._take(end, at)

    def rest(self, at: float) -> Iterator[Frame]:
        """What the end has cut off."""
        if self._held:
            yield self._take(len(self._held), at)

    def _take(self, end: int, at: float) -> Frame:
        data = bytes(self._held[:end])
        del self._held[:end]
        return Frame(data, self.read(data), at, self)

    def _frame_end(self) -> int:
        """Where the first of the held frames ends; 0 if it isn't all there."""
        raise NotImplementedError

    def read(self, data: bytes) -> WireEvent | None:
        """The event in a frame."""
        raise NotImplementedError

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        """A frame for an event, in the manner of another frame's bytes."""
        raise NotImplementedError

    def write(self, data: bytes) -> bytes:
        """A frame's bytes such as they are to follow those written before."""
        return data


class SSEFraming(Framing):
    """Blocks of lines, each with the blank line after it."""

    name = "SSE"
    # Atomic, or a CRLF would be taken for two line ends.
    _BLANK_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")

    def __init__(self) -> None:
        super().__init__()
        self._searched = 0

    def _frame_end(self) -> int:
        found = self._BLANK_LINE.search(self._held, self._searched)
        if found is None or (found.end() == len(self._held) and self._held.endswith(b"\r")):
            self._searched = max(0, len(self._held) - 4)  # the LF of a last CR may still come
            return 0
        self._searched = 0
        return found.end()

    def read(self, data: bytes) -> WireEvent | None:
        decoder = SSEDecoder()
        return next((event for step in (decoder.feed(data), decoder.flush()) for event in step), None)

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        return encode_sse(event, newline="\r\n" if b"\r\n" in like else "\n")


class NDJSONFraming(Framing):
    """Lines."""

    name = "NDJSON"

    def _frame_end(self) -> int:
        return self._held.find(b"\n") + 1

    def read(self, data: bytes) -> WireEvent | None:
        text = data.decode("utf-8", "replace").strip()
        return WireEvent(data=text, complete=data.endswith(b"\n")) if text else None

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        return event.data.encode() + (b"\r\n" if like.endswith(b"\r\n") else b"\n")


class AWSFraming(Framing):
    """Frames that say their length first."""

    name = "AWS"

    def _frame_end(self) -> int:
        length = int.from_bytes(self._held[:4])
        return length if 16 <= length <= len(self._held) else 0

    def read(self, data: bytes) -> WireEvent | None:
        try:
            return next(AWSEventStreamDecoder().feed(data), None)
        except WireError:
            return None

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        del like
        return encode_aws(event)


class JSONArrayFraming(Framing):
    """Elements, each with the bracket or comma before it; the last bracket is a frame without an event."""

    name = "JSON array"

    def __init__(self) -> None:
        super().__init__()
        self._decoder = JSONArrayDecoder()
        self._first = True

    def split(self, data: bytes, at: float) -> Iterator[Frame]:
        self._held += data
        try:
            for event in self._decoder.feed(data):
                element = event.data.encode()
                end = self._held.find(element) + len(element)
                yield replace(self._take(end, at), event=event)
        except WireError:
            return  # not an array: what is left is one frame, at the end

    def read(self, data: bytes) -> WireEvent | None:
        text = data.lstrip(b"[, \r\n\t").decode("utf-8", "replace")
        return WireEvent(data=text, complete=False) if text.rstrip() not in {"", "]"} else None

    def encode(self, event: WireEvent, *, like: bytes = b"") -> bytes:
        separator = like[: len(like) - len(like.lstrip(b"[, \r\n\t"))]
        return separator + event.data.encode()

    def write(self, data: bytes) -> bytes:
        """With `[` before the first element and a comma before each other, whatever was dropped or added."""
        element = data.lstrip(b"[, \r\n\t")
        mark = b"[" if self._first else b","
        if element.rstrip() == b"]":
            return b"[" + element if self._first else data
        self._first = False
        return data if data.lstrip().startswith(mark) else mark + element


_BY_FIRST_BYTE: dict[bytes, Callable[[], Framing]] = {
    b"[": JSONArrayFraming,
    b"{": NDJSONFraming,
    b"\0": AWSFraming,  # no frame is longer than 24 MiB, so that its length starts with a zero
}


def framing_of(data: bytes) -> Framing:
    """The framing of a body that starts like this: server-sent events, unless it can't be."""
    return _BY_FIRST_BYTE.get(data.lstrip()[:1], SSEFraming)()
