"""Events that are lost, doubled, in the wrong order or broken, and errors in the stream."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import inf
from random import Random

from unspool.counts import counted
from unspool.errors import FaultError
from unspool.faults.fault import Asked, Fault, Feed, at_event, each_frame, missing, nothing_to_break, where
from unspool.faults.frames import Frame, json_in
from unspool.faults.model_event import (
    choices_that,
    finishes,
    format_of_frame,
    only_finish,
    speaks,
    text_path,
    unfinished,
)
from unspool.faults.parts import Part, Piece, Sent, Stop
from unspool.faults.provider_errors import TEXTS, known
from unspool.faults.settings import check_settings
from unspool.providers.errors import Errors, errors_at, errors_of, event_in
from unspool.providers.traits import Path, put_at, value_at
from unspool.wire.event import WireEvent


@dataclass(frozen=True, repr=False)
class Drop(Fault):
    """An event is lost.

    Args:
        after: events before it.
    """

    after: int = 0

    def feed(self) -> Feed:
        return at_event(self, self.after, lambda _frame: ())


@dataclass(frozen=True, repr=False)
class Duplicate(Fault):
    """An event arrives twice.

    Args:
        after: events before it.
        times: how often it arrives in all.
    """

    after: int = 0
    times: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.times < 2:
            raise FaultError(f"expected an event to arrive at least 2 times, got times={self.times!r}")

    def feed(self) -> Feed:
        return at_event(self, self.after, lambda frame: (frame, *[frame.moved(frame.at)] * (self.times - 1)))


@dataclass(frozen=True, repr=False)
class Swap(Fault):
    """An event arrives after the one that should follow it.

    Args:
        after: events before the two.
    """

    after: int = 0

    def feed(self) -> Feed:
        seen = 0
        held: list[Frame] = []

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal seen
            seen += frame.event is not None
            if seen == self.after + 1 and frame.event is not None:
                held.append(frame)
                return ()
            if held and frame.event is not None:
                return frame, held.pop().moved(frame.at)
            return (frame,)

        def stop(stop: Stop) -> Iterable[Part]:
            if held or seen <= self.after:
                raise nothing_to_break(self, counted(self.after + 2, "event"), f"{seen}")
            return (stop,)

        return each_frame(change, at_stop=stop)


@dataclass(frozen=True, repr=False)
class Loop(Fault):
    """The model repeats itself: some events are repeated, then the stream continues.

    Args:
        after: events with output before those that repeat.
        period: how many repeat; events without output don't count, and aren't repeated.
        times: how often they occur in all; `math.inf` never ends, and needs a transport or a script.
    """

    after: int = 1
    period: int = 1
    times: float = 200

    def __post_init__(self) -> None:
        check_settings(self, endless="times")
        if self.period < 1 or self.times < 1:
            raise FaultError(f"expected a loop of at least 1 event and 1 time, got {self!r}")
        if self.times != inf and self.times != int(self.times):
            raise FaultError(f"expected times to be a whole number or math.inf, got {self.times!r}")

    def feed(self) -> Feed:
        seen = 0
        held: list[Frame] = []

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal seen
            if not speaks(frame):
                return (frame,)
            seen += 1
            if not self.after < seen <= self.after + self.period:
                return (frame,)
            held.append(frame)
            if len(held) == self.period:
                return self._rounds(held)
            return (frame if self.times == 1 else _going_on(frame),)

        def stop(stop: Stop) -> Iterable[Part]:
            if len(held) < self.period:
                raise nothing_to_break(
                    self, f"{counted(self.after + self.period, 'event')} that say something", f"{seen}"
                )
            return (stop,)

        return each_frame(change, at_stop=stop)

    def _rounds(self, held: list[Frame]) -> Iterator[Frame]:
        """Yield the rest of the first round, and the others; only the last one may have the finish reason."""
        at = held[-1].at
        last = [frame.moved(at) for frame in held]
        going_on = [_going_on(frame).moved(at) for frame in held]
        if self.times == 1:
            yield held[-1]
            return
        yield _going_on(held[-1])
        done = 2
        while done < self.times:
            done += 1
            yield from going_on
        yield from last

    def __repr__(self) -> str:
        return super().__repr__().replace("=inf", "=float('inf')")

    def endless(self, asked: Asked | int = 1) -> bool:
        del asked
        return self.times == inf


def _going_on(frame: Frame) -> Frame:
    return (unfinished(frame) or frame) if finishes(frame) else frame


@dataclass(frozen=True, repr=False)
class Malformed(Fault):
    """An event whose JSON is broken, in a whole frame.

    Args:
        after: events before it.
    """

    after: int = 0

    def feed(self) -> Feed:
        return at_event(self, self.after, self._broken)

    def _broken(self, frame: Frame) -> Iterable[Frame]:
        if frame.event is None or json_in(frame.event.data) is None or ":" not in frame.event.data:
            raise nothing_to_break(self, f"JSON with a colon in event {self.after + 1}")
        return (frame.with_data(_without_a_colon(frame.event.data)),)


def _without_a_colon(text: str) -> str:
    """Return the JSON with a semicolon for the colon after its first key."""
    return re.sub(r'^(\s*\{\s*"(?:[^"\\]|\\.)*"\s*):', r"\1;", text, count=1)


@dataclass(frozen=True, repr=False)
class NoFinish(Fault):
    """The stream ends properly, but no event has the finish reason.

    An event with nothing but the reason is lost; another one loses only the reason.
    """

    def feed(self) -> Feed:
        def change(frame: Frame) -> Iterable[Frame] | None:
            if not finishes(frame):
                return None
            rest = unfinished(frame)
            return () if rest is None else (rest,)

        return where(self, "a finish reason", change)


@dataclass(frozen=True, repr=False)
class RepeatFinish(Fault):
    """The finish reason arrives twice: the same event again, without its output and usage."""

    def feed(self) -> Feed:
        return where(self, "a finish reason", self._twice)

    def _twice(self, frame: Frame) -> Iterable[Frame] | None:
        return (frame, only_finish(frame).moved(frame.at)) if finishes(frame) else None


@dataclass(frozen=True, repr=False)
class EarlyFinish(Fault):
    """The finish reason arrives before the last event with output, not after it.

    Output and usage beside the reason stay in place. Of several choices (`n`), this happens to the first that
    ends: its reason arrives before the last event with output of that choice.
    """

    def feed(self) -> Feed:
        held: list[Frame] = []  # from the earliest event that may be some choice's last one with output
        last: dict[int, Frame] = {}  # of these, each choice's latest
        done = False

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal done
            if done:
                return (frame,)
            ending = choices_that(frame, finishes)
            place = self._place(frame, ending, held, last)
            if place is not None:
                done = True
                reason, rest = _apart(frame)
                later = held[place:] if place == len(held) else [one.moved(frame.at) for one in held[place:]]
                return (*held[:place], reason, *later, *rest)
            last.update(dict.fromkeys(choices_that(frame, speaks), frame))
            held.append(frame)
            return self._passed(held, last)

        def stop(stop: Stop) -> Iterable[Part]:
            return (stop,) if done else missing(self, "a finish reason after some text")(stop)

        return each_frame(change, at_stop=stop)

    def _place(self, frame: Frame, ending: set[int], held: list[Frame], last: dict[int, Frame]) -> int | None:
        """Find the place of the reason among the events held back; None if there is no reason, or no such
        place.
        """
        if not ending:
            return None
        if choices_that(frame, speaks) & ending:  # a separate reason, only if the two can be split
            return None if unfinished(frame) is None else len(held)
        spoke = [last[choice] for choice in ending if choice in last]
        return min(_place_of(one, held) for one in spoke) if spoke else None

    def _passed(self, held: list[Frame], last: dict[int, Frame]) -> list[Frame]:
        """Remove the events that may be passed on: all before the earliest of the choices' latest outputs."""
        until = min((_place_of(one, held) for one in last.values()), default=len(held))
        passed = held[:until]
        del held[:until]
        return passed


def _place_of(frame: Frame, frames: list[Frame]) -> int:
    return next(place for place, one in enumerate(frames) if one is frame)


def _apart(frame: Frame) -> tuple[Frame, tuple[Frame, ...]]:
    """Split an event into the reason alone, and the rest, if any."""
    reason, rest = only_finish(frame), unfinished(frame)
    if rest is None or reason.data == frame.data:
        return frame.moved(frame.at), ()
    return reason.moved(frame.at), (rest.moved(frame.at),)


@dataclass(frozen=True, repr=False)
class ErrorEvent(Fault):
    """The provider reports an error in the stream, in its own form, and ends it: status 200, then this.

    Args:
        after: events with output before it: tokens, mostly.
        status: the kind of error.
        provider: the provider, as in `Status`; None takes it from the events and the request's URL.
        message: the text; by default one that fits the status.
    """

    after: int = 0
    status: int = 503
    provider: str | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.provider or "openai")

    def feed(self) -> Feed:
        asked = known("openai")
        said = 0
        last: Frame | None = None
        ended = False
        wire_format = ""

        def change(frame: Frame) -> Iterator[Frame | Part]:
            nonlocal said, wire_format, last, ended
            wire_format, last = wire_format or format_of_frame(frame) or "", frame
            ends, says = finishes(frame), speaks(frame)
            if said + says == self.after and ends and says:  # the error replaces the reason
                said += 1
                yield unfinished(frame) or frame
            if said == self.after and (ends or says):
                yield from self._error(frame, wire_format, asked)
            said += says
            ended = ended or ends
            yield frame

        def stop(_stop: Stop) -> Iterable[Frame | Part]:
            if last is not None and said == self.after and said and not ended:
                return self._error(last, wire_format, asked)
            raise nothing_to_break(self, f"{counted(self.after, 'event')} that say something")

        frames = each_frame(change, at_stop=stop)

        def feed(part: Part) -> Iterable[Part]:
            nonlocal asked
            if isinstance(part, Sent):
                asked = errors_at(part.request.uri)
            return frames(part)

        return feed

    def _error(self, frame: Frame, wire_format: str, asked: Errors) -> Iterator[Frame | Part]:
        event = self._event(wire_format, frame, asked)
        yield frame.saying(event).moved(frame.at)
        if closing := frame.framing.closing():
            yield Piece(closing, frame.at)
        yield Stop(frame.at)

    def _event(self, wire_format: str, frame: Frame, asked: Errors) -> WireEvent:
        own = errors_of(wire_format)
        usual = asked if own.like_openai and asked.like_openai else own
        errors = known(self.provider) if self.provider else usual
        text = self.message or TEXTS.get(self.status, "The request failed.")
        return event_in(
            wire_format, errors, self.status, text, last=frame.json or {}, after_named=_is_named(frame.event)
        )


def _is_named(event: WireEvent | None) -> bool:
    return event is not None and event.name != "message"


_SENTENCES = (
    "Let me check the file again. ",
    "I should look at the tests first. ",
    "Actually, wait. ",
    "The function seems to be right. ",
    "Perhaps the problem is elsewhere. ",
)


@dataclass(frozen=True, repr=False)
class ShuffledLoop(Fault):
    """The model repeats a few sentences in changing order; then it continues.

    Args:
        after: events with text before the loop, at least 1: its sentences are events like the last.
        sentences: the sentences, at least two.
        times: how often each occurs; `math.inf` never ends, and needs a transport or a script.
        seed: the seed of the orders; each response gets the same.
    """

    after: int = 1
    sentences: tuple[str, ...] = _SENTENCES
    times: float = 40
    seed: int = 0

    def __post_init__(self) -> None:
        check_settings(self, endless="times")
        if self.after < 1 or self.times < 1 or len(self.sentences) < 2 or not all(self.sentences):
            raise FaultError(f"expected two sentences, once, after one event with text, or more: {self!r}")

    def __repr__(self) -> str:
        return super().__repr__().replace("=inf", "=float('inf')")

    def endless(self, asked: Asked | int = 1) -> bool:
        del asked
        return self.times == inf

    def feed(self) -> Feed:
        seen = 0

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal seen
            path = text_path(frame)
            seen += path is not None
            return self._rounds(frame, path) if path and seen == self.after else (frame,)

        def stop(stop: Stop) -> Iterable[Part]:
            if seen < self.after:
                raise nothing_to_break(self, f"{counted(self.after, 'event')} with text", f"{seen}")
            return (stop,)

        return each_frame(change, at_stop=stop)

    def _rounds(self, frame: Frame, path: Path) -> Iterator[Frame]:
        random = Random(self.seed)  # noqa: S311 - to be repeated, not to be secret
        going_on = _going_on(frame)
        yield going_on
        order = list(self.sentences)
        done = 0
        while done < self.times:
            done += 1
            before = list(order)
            while order == before:  # a loop that repeats its order has a period
                random.shuffle(order)
            yield from (_saying(going_on, path, text) for text in order)
        if finishes(frame):
            yield only_finish(frame).moved(frame.at)


def _saying(frame: Frame, path: Path, text: str) -> Frame:
    return frame.with_json(put_at(frame.json, path, text)).moved(frame.at)


@dataclass(frozen=True, repr=False)
class RepeatMessage(Fault):
    """All text of the response is repeated at its end, in an event like the others."""

    def feed(self) -> Feed:
        said = ""
        last: tuple[Frame, Path] | None = None
        held: list[Frame] = []  # since the last event with text
        done = False

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal said, last, done
            path = None if done else text_path(frame)
            if path is not None:
                passed, last = [*held, frame], (frame, path)
                said += value_at(frame.json, path)
                held.clear()
                if not finishes(frame):
                    return passed
            if last is None or done:
                return (frame,)
            if not finishes(frame):
                held.append(frame)
                return ()
            done = True
            again = _saying(_going_on(last[0]), last[1], said).moved(frame.at)
            if path is not None:
                return (*passed[:-1], _going_on(frame), again, only_finish(frame).moved(frame.at))
            return (again, *(one.moved(frame.at) for one in held), frame)

        def stop(stop: Stop) -> Iterable[Part]:
            return (stop,) if done else missing(self, "text before a finish reason")(stop)

        return each_frame(change, at_stop=stop)
