"""How faults look at an answer: by its pieces, or by its frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from unspool.counts import counted
from unspool.faults.fault import Fault, Feed, nothing_to_break
from unspool.faults.frames import Frame, Framing, framing_of
from unspool.faults.parts import Part, Piece, Stop

FrameChange = Callable[[Frame], Iterable[Frame | Part]]
AtStop = Callable[[Stop], Iterable[Frame | Part]]


def _as_it_is(stop: Stop) -> Iterable[Stop]:
    return (stop,)


def each_piece(
    change: Callable[[Piece], Iterable[Part]], *, at_stop: Callable[[Stop], Iterable[Part]] = _as_it_is
) -> Feed:
    """A feed that changes the pieces, and the end, and lets the rest pass."""

    def feed(part: Part) -> Iterable[Part]:
        match part:
            case Piece():
                return change(part)
            case Stop():
                return at_stop(part)
            case _:
                return (part,)

    return feed


def each_frame(change: FrameChange, *, at_stop: AtStop = _as_it_is) -> Feed:
    """A feed that changes the frames.

    What a fault leaves alone comes as it came: each byte at its time, in the pieces in which it came. What a
    fault adds is a piece of its own.
    """
    framing: Framing | None = None
    begun = b""  # white space that doesn't tell the framing

    def on_piece(piece: Piece) -> Iterator[Part]:
        nonlocal framing, begun
        if framing is None and not (begun + piece.data).strip() and piece.data:
            begun += piece.data
            yield piece
            return
        framing = framing or framing_of(piece.data)
        yield from _together(
            (place, thing)
            for frame in framing.split(piece.data, piece.at)
            for place, thing in enumerate(change(frame))
        )

    def on_stop(stop: Stop) -> Iterator[Part]:
        for frame in framing.rest() if framing else ():
            yield from _together(enumerate(change(frame)))
        yield from _together(enumerate(at_stop(stop)))

    return each_piece(on_piece, at_stop=on_stop)


def _together(things: Iterable[tuple[int, Frame | Part]]) -> Iterator[Part]:
    """What comes of one piece: in one piece, but for what a fault adds."""
    joined, at = b"", 0.0
    for place, thing in things:
        parts: list[Any] = list(_written(thing)) if isinstance(thing, Frame) else [thing]
        goes_on = isinstance(thing, Frame) and not place and len(parts) == 1 and parts[0].at == at
        if joined and parts and not goes_on:
            yield Piece(joined, at)
            joined = b""
        if isinstance(thing, Frame) and not place and parts:
            *earlier, last = parts
            yield from earlier
            joined, at = joined + last.data, last.at
        else:
            yield from parts
    if joined:
        yield Piece(joined, at)


def _written(frame: Frame) -> Iterator[Piece]:
    data = frame.framing.write(frame.data, whole=frame.event is not None)
    if sum(size for size, _ in frame.cuts) != len(data):
        if data:
            yield Piece(data, frame.at)
        return
    start = 0
    for size, at in frame.cuts:
        yield Piece(data[start : start + size], at)
        start += size


def at_event(fault: Fault, after: int, change: FrameChange) -> Feed:
    """A feed that changes one event: the one that follows so many others. Comments are no events."""
    seen = 0

    def on_frame(frame: Frame) -> Iterable[Frame | Part]:
        nonlocal seen
        if frame.event is None:
            return (frame,)
        seen += 1
        return change(frame) if seen == after + 1 else (frame,)

    def at_stop(stop: Stop) -> Iterable[Part]:
        if seen <= after:
            raise nothing_to_break(fault, counted(after + 1, "event"), f"{seen}")
        return (stop,)

    return each_frame(on_frame, at_stop=at_stop)


def where(fault: Fault, wanted: str, change: Callable[[Frame], Iterable[Frame | Part] | None]) -> Feed:
    """A feed that changes the frames for which `change` has an answer; at least one there must be."""
    found = False

    def on_frame(frame: Frame) -> Iterable[Frame | Part]:
        nonlocal found
        changed = change(frame)
        found = found or changed is not None
        return (frame,) if changed is None else changed

    def at_stop(stop: Stop) -> Iterable[Part]:
        return (stop,) if found else missing(fault, wanted)(stop)

    return each_frame(on_frame, at_stop=at_stop)


def missing(fault: Fault, wanted: str) -> Callable[[Stop], NoReturn]:
    """What to do at the end where a fault has waited in vain."""

    def at_stop(_stop: Stop) -> NoReturn:
        raise nothing_to_break(fault, wanted)

    return at_stop
