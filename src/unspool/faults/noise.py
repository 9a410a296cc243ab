"""Noise that a correct reader must ignore: other line ends, comments, blank lines, data on several lines."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from unspool.errors import FaultError
from unspool.faults.fault import (
    Fault,
    Feed,
    at_event,
    each_frame,
    each_piece,
    missing,
    nothing_to_break,
    where,
)
from unspool.faults.frames import AWSFraming, Frame, NDJSONFraming, SSEFraming, framing_of
from unspool.faults.parts import Part, Piece, Stop
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse_comment

_LINE_END = re.compile(rb"\r\n|\r|\n")
_TEXT_FRAMINGS = (SSEFraming, NDJSONFraming)


@dataclass(frozen=True, repr=False)
class LineEnds(Fault):
    r"""Every line ends in another way.

    Args:
        ends: `"\n"`, `"\r\n"` or, in server-sent events only, `"\r"`.
    """

    ends: Literal["\n", "\r\n", "\r"] = "\r\n"

    def feed(self) -> Feed:
        return each_frame(self._changed)

    def _changed(self, frame: Frame) -> Iterable[Frame]:
        allowed = SSEFraming if self.ends == "\r" else _TEXT_FRAMINGS
        if not isinstance(frame.framing, allowed):
            raise nothing_to_break(self, "lines that may end so", frame.framing.name)
        return (replace(frame, data=_LINE_END.sub(self.ends.encode(), frame.data)),)


@dataclass(frozen=True, repr=False)
class ByteOrderMark(Fault):
    """The body begins with UTF-8's byte order mark, which only text may have."""

    def feed(self) -> Feed:
        begun = False

        def piece(piece: Piece) -> Iterable[Part]:
            nonlocal begun
            if begun or not piece.data:
                return (piece,)
            if isinstance(framing_of(piece.data), AWSFraming):
                raise nothing_to_break(self, "text", AWSFraming.name)
            begun = True
            return (replace(piece, data=b"\xef\xbb\xbf" + piece.data),)

        def stop(stop: Stop) -> Iterable[Part]:
            return (stop,) if begun else missing(self, "a body")(stop)

        return each_piece(piece, at_stop=stop)


@dataclass(frozen=True, repr=False)
class Inject(Fault):
    r"""Bytes of your own between two events, such as `b"retry: 3000\n\n"`.

    Args:
        data: the bytes, with whatever ends them.
        after: events before them.
    """

    data: bytes
    after: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.data:
            raise FaultError("expected data to be some bytes, got none")

    def feed(self) -> Feed:
        return at_event(self, self.after, lambda frame: (Piece(self.data, frame.begun), frame))


@dataclass(frozen=True, repr=False)
class KeepAlives(Fault):
    """A comment before each event, as servers send to keep a connection open; in NDJSON, a blank line.

    Args:
        text: the comment.
        count: comments before each event.
    """

    text: str = "keep-alive"
    count: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.count < 1 or not self.text.isprintable():
            raise FaultError(f"expected at least one comment, on one line, got {self!r}")

    def feed(self) -> Feed:
        return each_frame(self._with_comments)

    def _with_comments(self, frame: Frame) -> Iterator[Frame | Part]:
        if not isinstance(frame.framing, _TEXT_FRAMINGS):
            raise nothing_to_break(self, "a format with room for comments", frame.framing.name)
        ends: Literal["\r\n", "\n"] = "\r\n" if b"\r\n" in frame.data else "\n"
        is_sse = isinstance(frame.framing, SSEFraming)
        line = encode_sse_comment(self.text, newline=ends) if is_sse else ends.encode()
        yield from (Piece(line, frame.begun) for _ in range(self.count))
        yield frame


@dataclass(frozen=True, repr=False)
class MultilineData(Fault):
    """The JSON of every server-sent event is split over two `data:` lines, where JSON may have a line end."""

    def feed(self) -> Feed:
        return where(self, "server-sent events with JSON", self._on_two_lines)

    def _on_two_lines(self, frame: Frame) -> Iterable[Frame] | None:
        if frame.event is None or frame.json is None or not isinstance(frame.framing, SSEFraming):
            return None
        data = frame.event.data.lstrip()
        return (frame.with_data(data[:1] + "\n" + data[1:]),)


@dataclass(frozen=True, repr=False)
class UnknownEvent(Fault):
    """An event of an unknown type, as a provider may add to its format.

    Args:
        after: events before it.
        kind: its type, in the JSON and, where the format has names for events, as its name.
    """

    after: int = 0
    kind: str = "unspool.unknown"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.kind.strip() or not self.kind.isprintable():
            raise FaultError(f"expected kind to be a word on one line, got {self.kind!r}")

    def feed(self) -> Feed:
        return at_event(self, self.after, self._before)

    def _before(self, frame: Frame) -> Iterable[Frame]:
        text = json.dumps({"type": self.kind}, ensure_ascii=False, separators=(",", ":"))
        named = frame.event is not None and frame.event.name != "message"
        event = WireEvent(name=self.kind if named else "message", data=text)
        return frame.saying(event).moved(frame.begun), frame


@dataclass(frozen=True, repr=False)
class NoFinalBlankLine(Fault):
    """The body ends without the last line's end: the last event is otherwise whole."""

    def feed(self) -> Feed:
        held: list[Piece] = []  # line ends that may be the last ones

        def change(frame: Frame) -> Iterator[Frame | Part]:
            if not isinstance(frame.framing, _TEXT_FRAMINGS):
                raise nothing_to_break(self, "lines", frame.framing.name)
            bare = frame.data.rstrip(b"\r\n")
            yield from held if bare else ()
            if bare:
                held.clear()
                yield frame.head(len(bare))
            held.extend(_ends(frame, len(bare)))

        def stop(stop: Stop) -> Iterable[Part]:
            return (stop,) if held else missing(self, "a last line that has an end")(stop)

        return each_frame(change, at_stop=stop)


def _ends(frame: Frame, size: int) -> Iterator[Piece]:
    """Find the line ends of a frame, after `after` bytes."""
    if frame.data[size:]:
        yield Piece(frame.data[size:], frame.at)
