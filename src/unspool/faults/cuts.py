"""Responses that are cut off: after a byte, inside an event or a character, before the end marker,
everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Literal

from unspool.cassette.boundaries import pieces
from unspool.cassette.content_coding import decoded
from unspool.cassette.failures import CUT_OFF, RAISED_AS, failure
from unspool.cassette.model import End, Interaction, NetworkChunk, Response, Timeline
from unspool.counts import counted
from unspool.errors import FaultError
from unspool.faults.fault import Fault, Feed, at_event, each_frame, each_piece, missing, nothing_to_break
from unspool.faults.frames import Frame, framing_of
from unspool.faults.parts import Part, Piece, Stop, unsized

_LONG_CHARACTER = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")

Ending = Literal["complete", "reset", "protocol_error", "read_timeout"]
"""How the connection ends there: properly, or with httpx's ReadError, RemoteProtocolError, ReadTimeout."""


def stop_with(ending: str, at: float) -> Stop:
    """Return the end of a response of this kind."""
    end = End(ending)
    if end is End.COMPLETE:
        return Stop(at, end)
    return Stop(at, end, CUT_OFF if end is End.PROTOCOL_ERROR else failure(RAISED_AS[end]))


@dataclass(frozen=True, repr=False)
class Cut(Fault):
    """The body ends after so many bytes.

    Args:
        after: bytes that still arrive; the response must have more.
        end: how it ends: `complete`, `reset`, `protocol_error` or `read_timeout`.
    """

    after: int
    end: Ending = "complete"

    def feed(self) -> Feed:
        left = self.after

        def piece(piece: Piece) -> Iterator[Part]:
            nonlocal left
            kept = piece.data[:left]
            left -= len(kept)
            if kept:
                yield replace(piece, data=kept)
            if len(kept) < len(piece.data):
                yield stop_with(self.end, piece.at)

        def stop(_stop: Stop) -> Iterable[Part]:
            raise nothing_to_break(self, f"more than {counted(self.after, 'byte')}", f"{self.after - left}")

        return each_piece(piece, at_stop=stop)


@dataclass(frozen=True, repr=False)
class CutEvents(Fault):
    """The body ends between two events.

    Args:
        after: events that still arrive; comments don't count, a `[DONE]` does.
        end: as in `Cut`.
    """

    after: int
    end: Ending = "complete"

    def feed(self) -> Feed:
        return at_event(self, self.after, lambda frame: (stop_with(self.end, frame.at),))


@dataclass(frozen=True, repr=False)
class CutInEvent(Fault):
    """The body ends in the middle of an event's bytes.

    Args:
        after: events that arrive whole.
        end: as in `Cut`.
    """

    after: int = 0
    end: Ending = "complete"

    def feed(self) -> Feed:
        return at_event(self, self.after, self._half)

    def _half(self, frame: Frame) -> Iterable[Frame | Part]:
        return frame.head(len(frame.data) // 2), stop_with(self.end, frame.at)


@dataclass(frozen=True, repr=False)
class CutBeforeDone(Fault):
    """The body ends before its `[DONE]`."""

    end: Ending = "complete"

    def feed(self) -> Feed:
        def change(frame: Frame) -> Iterable[Frame | Part]:
            is_done = frame.event is not None and frame.event.data.strip() == "[DONE]"
            return (stop_with(self.end, frame.at),) if is_done else (frame,)

        return each_frame(change, at_stop=missing(self, "a [DONE]"))


@dataclass(frozen=True, repr=False)
class CutInCharacter(Fault):
    """The body ends inside a character of more than one byte, after its first byte.

    Args:
        after: characters of more than one byte that arrive whole.
        end: as in `Cut`.
    """

    after: int = 0
    end: Ending = "complete"

    def feed(self) -> Feed:
        found = 0

        def change(frame: Frame) -> Iterable[Frame | Part]:
            nonlocal found
            for place in _characters(frame):
                found += 1
                if found > self.after:
                    cut = frame.head(place + 1)
                    return cut, stop_with(self.end, frame.at)
            return (frame,)

        wanted = f"{counted(self.after + 1, 'character')} of more than one byte"
        return each_frame(change, at_stop=missing(self, wanted))


def _characters(frame: Frame) -> Iterator[int]:
    """Find the start of each character of more than one byte, in text only, not in checksums."""
    start, end = frame.framing.payload(frame.data)
    return (found.start() for found in _LONG_CHARACTER.finditer(frame.data, start, end))


Pieces = list[tuple[float, bytes]]


def every_prefix(
    interaction: Interaction,
    *,
    by: Literal["chunk", "event", "byte"] = "event",
    end: Ending = "complete",
) -> Iterator[Interaction]:
    """Yield the interaction cut off at each place, the shortest first, the whole one last.

        for cut in every_prefix(recording):
            answer = ask(ReplayTransport(Cassette.of([cut])))

    Each is made lazily. A recording of n events yields n + 1: after none, after one, …, and the
    whole; so do n chunks and n bytes.

    Args:
        by: after each network `chunk`, each `event` (comments are none, `[DONE]` is one) or each `byte`.
        end: how the cut ones end: `complete`, `reset`, `protocol_error` or `read_timeout`.

    Raises:
        FaultError: `by` is none of these.
    """
    if by not in _CUTS:
        raise FaultError(f"expected by to be one of {', '.join(_CUTS)}, got {by!r}")
    response = decoded(interaction.response)
    found = pieces(response)
    for size in _CUTS[by](found):
        yield replace(interaction, response=_prefix(response, found, size, end))
    yield interaction


def _prefix(response: Response, found: Pieces, size: int, end: Ending) -> Response:
    """Return the response with a body of this many bytes."""
    timeline = response.timeline or Timeline()
    kept: list[NetworkChunk] = []
    left, at = size, timeline.headers_at or 0.0
    for moment, data in found:
        if left <= 0:
            break
        kept.append(NetworkChunk(min(left, len(data)), moment))
        left, at = left - len(data), moment
    stop = stop_with(end, at)
    cut = replace(timeline, chunks=tuple(kept), end=stop.end, ended_at=at, failure=stop.failure)
    headers = unsized(response.headers)
    return replace(response, headers=headers, body=response.body[:size], timeline=cut)


def _sums(sizes: Iterable[int]) -> Iterator[int]:
    """Yield the places between items of these sizes, including the one before them, but not the one after."""
    place = 0
    for size in sizes:
        yield place
        place += size


def _after_events(found: Pieces) -> Iterator[int]:
    """Yield the places before the first event and after each but the last; a comment belongs to the next
    event.
    """
    body = b"".join(data for _, data in found)
    framing = framing_of(body)
    frames = [*framing.split(body, 0.0), *framing.rest()]
    ends = accumulate(len(frame.data) for frame in frames)
    after = [end for frame, end in zip(frames, ends, strict=True) if frame.event is not None]
    return iter([0, *after[:-1]] if after else [])


_CUTS: dict[str, Callable[[Pieces], Iterator[int]]] = {
    "chunk": lambda found: _sums(len(data) for _, data in found),
    "event": _after_events,
    "byte": lambda found: iter(range(sum(len(data) for _, data in found))),
}
