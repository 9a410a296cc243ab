"""A fault: a frozen value that, for each response, opens a stage over the response's parts.

    Stall(after=3, seconds=90) | Jitter(most=0.2, seed=7)

`a | b` applies `a` first. A fault has no state, so that one value breaks any number of responses in the same
way, and its `repr` is the code that makes it. If it finds nothing to break it raises `FaultError`: a test
whose fault never happened would pass for no reason. Only faults that change *every* item of a kind (every
line end, every character) accept none.

By default a fault applies to every response of a model. `fault.on(1)` applies to the first attempt of each
request, `fault.where(turn=2)` to the second turn of each conversation. `Notes` observe several responses: a
fault that is aimed must fit its target, any other one must fit at least one response.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar, NoReturn
from urllib.parse import urlsplit

from unspool.cassette.conversation import body_of, position_of
from unspool.cassette.model import Interaction, Request
from unspool.counts import counted
from unspool.errors import FaultError
from unspool.faults.frames import Frame, Framing, framing_of
from unspool.faults.notes import Notes, Watched
from unspool.faults.parts import Part, Piece, Stop, interaction_of, parts_of
from unspool.faults.settings import check_settings
from unspool.pipeline import Chain, Stage

_MOST_PARTS = 100_000
"""How many parts of an endless response to search for its end."""

Feed = Callable[[Part], Iterable[Part]]
"""A function that changes the parts of one response. The last part is a `Stop`."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, for the aim of faults.

    Attributes:
        request: the request; None if only the attempt is known, as with a canned stream.
        attempt: the number of the attempt, from 1.
        turn: the number of the model's response in its conversation, from 1; None if unknown.
        is_model: whether it is a request to a model; only a fault that names their path applies to others.
    """

    request: Request | None = None
    attempt: int = 1
    turn: int | None = None
    is_model: bool = True

    @classmethod
    def of(cls, attempt: Asked | int) -> Asked:
        """Make a request of which only the attempt is known."""
        return attempt if isinstance(attempt, Asked) else cls(attempt=attempt)


@dataclass(frozen=True, repr=False)
class Fault:
    """A way to break a response; see the module's docstring. Counts start at 0."""

    recuts: ClassVar[bool] = False
    """Whether it changes only the network chunks of a response."""

    def __post_init__(self) -> None:
        check_settings(self)

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in _settings(self))
        return f"{type(self).__name__}({', '.join(shown)})"

    def __or__(self, then: Fault) -> Fault:
        if not isinstance(then, Fault):
            hint = f"; write {then.__name__}(…)" if isinstance(then, type) else ""
            raise FaultError(f"expected a fault after {self!r} |, got {then!r}{hint}")
        return Both(self, then)

    def on(self, *attempts: int) -> Fault:
        """Return this fault for some attempts of each request, the first being 1.

        `Refuse().on(1)` lets a retry succeed. Equal requests are attempts at one; a request that continues
        the conversation is another one.

        Raises:
            FaultError: for no attempt, or one below 1.
        """
        return On(self, attempts)

    def where(
        self, *, path: str | None = None, json: Mapping[str, Any] | None = None, turn: int | None = None
    ) -> Fault:
        """Return this fault for some requests only: `Break(2).where(turn=2, json={"model": "gpt-4o"})`.

        Args:
            path: the end of the URL's path, in whole segments; `*` matches anything. Only a fault with a path
                applies to a request to no model, such as a tool's.
            json: what the body must contain, at least: objects in it are compared key by key.
            turn: the number of the model's response in its conversation, from 1.

        Raises:
            FaultError: no argument, or a turn below 1.
        """
        return Where(self, path, json, turn)

    def hits(self, asked: Asked | int = 1) -> bool:
        """Whether the fault applies to the response to this request, or to the attempt of this number."""
        return Asked.of(asked).is_model

    def stage(self, asked: Asked | int = 1, notes: Notes | None = None) -> Stage[Part, Part]:
        """Return a stage that breaks one response: to this request, or to the attempt of this number.

        Args:
            asked: the request, or the number of the attempt.
            notes: stores what happens to the response. With it, a response that the fault doesn't fit passes
                whole, unless the fault is aimed at it.
        """
        if not self.hits(asked):
            return Chain()
        stage = _Stage(self.feed())
        return stage if notes is None else Watched(stage, self, notes, recuts=self.recuts)

    def feed(self) -> Feed:
        """Return a function that breaks the parts of one response, one after the other."""
        raise NotImplementedError

    def apply(self, interaction: Interaction, *, attempt: int = 1) -> Interaction:
        """Return the interaction with this fault, with times rounded to a tenth of a millisecond.

        Raises:
            FaultError: it contains nothing that this fault could break.
            CassetteFormatError: its body is compressed with an unsupported coding.
        """
        turn = position_of(interaction.request, {}).turn
        asked = Asked(interaction.request, attempt, turn)
        if not self.hits(asked):
            return interaction
        return interaction_of(self._parts(interaction, asked), interaction)

    def endless(self, asked: Asked | int = 1) -> bool:
        """Whether the response to this request never ends, unless another fault cuts it off."""
        del asked
        return False

    def _parts(self, interaction: Interaction, asked: Asked) -> Iterator[Part]:
        stage = self.stage(asked)
        most = _MOST_PARTS if _has_several(self) else 0
        parts = (out for part in parts_of(interaction) for out in stage.feed(part))
        for place, part in enumerate(parts):
            yield part
            if isinstance(part, Stop):
                return  # a response that another fault has cut off may be endless
            if place >= most and self.endless(asked):
                raise FaultError(f"{self!r} never ends: break it behind a FaultTransport, or in a script")


def _settings(fault: Fault) -> Iterator[tuple[str, Any]]:
    """Return the fields that differ from their defaults."""
    for one in fields(fault):
        value = getattr(fault, one.name)
        if one.default is MISSING or value != one.default:
            yield one.name, value


class _Stage:
    """A stage that breaks one response. It emits nothing after the end."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._stopped = False

    def feed(self, part: Part, /) -> Iterator[Part]:
        if self._stopped:
            return
        for out in self._feed(part):
            yield out
            if isinstance(out, Stop):
                self._stopped = True
                return

    def flush(self) -> Iterator[Part]:
        return iter(())


@dataclass(frozen=True, repr=False)
class Both(Fault):
    """Two faults, one after the other: the result of `a | b`."""

    first: Fault
    then: Fault

    def __repr__(self) -> str:
        then = f"({self.then!r})" if isinstance(self.then, Both) else repr(self.then)
        return f"{self.first!r} | {then}"

    def hits(self, asked: Asked | int = 1) -> bool:
        return self.first.hits(asked) or self.then.hits(asked)

    def endless(self, asked: Asked | int = 1) -> bool:
        return self.first.endless(asked) or self.then.endless(asked)

    def stage(self, asked: Asked | int = 1, notes: Notes | None = None) -> Stage[Part, Part]:
        return Chain(self.first.stage(asked, notes), self.then.stage(asked, notes))


@dataclass(frozen=True, repr=False)
class On(Fault):
    """A fault for some attempts of each request: the result of `fault.on(1, 2)`."""

    fault: Fault
    attempts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.attempts or not all(type(one) is int and one > 0 for one in self.attempts):
            raise FaultError(f"expected the numbers of some requests, from 1, got {self.attempts!r}")

    def __repr__(self) -> str:
        return f"{_in_parentheses(self.fault)}.on({', '.join(map(str, self.attempts))})"

    def hits(self, asked: Asked | int = 1) -> bool:
        return Asked.of(asked).attempt in self.attempts and self.fault.hits(asked)

    def endless(self, asked: Asked | int = 1) -> bool:
        return self.hits(asked) and self.fault.endless(asked)

    def stage(self, asked: Asked | int = 1, notes: Notes | None = None) -> Stage[Part, Part]:
        return self.fault.stage(asked, notes and notes.aimed()) if self.hits(asked) else Chain()


@dataclass(frozen=True, repr=False)
class Where(Fault):
    """A fault for some requests: the result of `fault.where(turn=2)`."""

    fault: Fault
    path: str | None = None
    json: Mapping[str, Any] | None = field(default=None, hash=False)
    turn: int | None = None

    def __post_init__(self) -> None:
        if self.path is None and self.json is None and self.turn is None:
            raise FaultError("expected where() to be given path=, json= or turn=, got none of them")
        if self.turn is not None and self.turn < 1:
            raise FaultError(f"expected turn >= 1, got {self.turn!r}: the first turn of a conversation is 1")

    def __repr__(self) -> str:
        given = {"path": self.path, "json": self.json, "turn": self.turn}
        shown = ", ".join(f"{name}={value!r}" for name, value in given.items() if value is not None)
        return f"{_in_parentheses(self.fault)}.where({shown})"

    def hits(self, asked: Asked | int = 1) -> bool:
        asked = self._seen(asked)
        return self._is_met(asked) and self.fault.hits(asked)

    def endless(self, asked: Asked | int = 1) -> bool:
        return self.hits(asked) and self.fault.endless(self._seen(asked))

    def stage(self, asked: Asked | int = 1, notes: Notes | None = None) -> Stage[Part, Part]:
        if not self.hits(asked):
            return Chain()
        return self.fault.stage(self._seen(asked), notes and notes.aimed())

    def _seen(self, asked: Asked | int) -> Asked:
        asked = Asked.of(asked)
        return asked if self.path is None else replace(asked, is_model=True)

    def _is_met(self, asked: Asked) -> bool:
        if self.turn is not None and asked.turn != self.turn:
            return False
        request = asked.request
        if request is None:
            return self.path is None and self.json is None
        if self.path is not None and not _ends_in(urlsplit(request.uri).path, self.path):
            return False
        return self.json is None or _holds(body_of(request), self.json)


def _has_several(fault: Fault) -> bool:
    """Whether one of its faults may cut off what another emits."""
    while isinstance(fault, On | Where):
        fault = fault.fault
    return isinstance(fault, Both)


def _in_parentheses(fault: Fault) -> str:
    return f"({fault!r})" if isinstance(fault, Both) else repr(fault)


def _ends_in(path: str, pattern: str) -> bool:
    return fnmatchcase(path, pattern) or fnmatchcase(path, f"*/{pattern.lstrip('/')}")


def _holds(value: Any, wanted: Any) -> bool:
    """Whether a JSON value equals the wanted one, or is an object with at least the wanted keys."""
    if isinstance(wanted, Mapping):
        return isinstance(value, dict) and all(
            key in value and _holds(value[key], one) for key, one in wanted.items()
        )
    if isinstance(wanted, list | tuple):
        return isinstance(value, list) and len(value) == len(wanted) and all(map(_holds, value, wanted))
    return bool(value == wanted)


@dataclass(frozen=True, repr=False)
class NoFault(Fault):
    """No fault, for use among others in a parametrised test."""

    def hits(self, asked: Asked | int = 1) -> bool:
        del asked
        return False


def nothing_to_break(fault: Fault, wanted: str, found: str = "") -> FaultError:
    """Make the error of a fault that has no place in the response."""
    but = f", which has {found}" if found else ""
    return FaultError(
        f"{fault!r} needs {wanted} in the answer{but}; aim it elsewhere, or at an answer that has one"
    )


FrameChange = Callable[[Frame], Iterable[Frame | Part]]
AtStop = Callable[[Stop], Iterable[Frame | Part]]


def _as_it_is(stop: Stop) -> Iterable[Stop]:
    return (stop,)


def each_piece(
    change: Callable[[Piece], Iterable[Part]], *, at_stop: Callable[[Stop], Iterable[Part]] = _as_it_is
) -> Feed:
    """Make a feed that changes the pieces, and the end, and passes the rest."""

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
    """Make a feed that changes the frames.

    Anything that a fault leaves alone is unchanged: each byte at its time, in its piece. Any addition of a
    fault is a separate piece.
    """
    framing: Framing | None = None
    begun = b""  # white space that doesn't show the framing

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
    """Yield the result for one piece: a single piece, apart from additions of a fault."""
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
    """Make a feed that changes one event, the one after `after` others. Comments are no events."""
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
    """Make a feed that changes the frames for which `change` returns a value, at least one."""
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
    """Make the function to call at the end if the fault has found no place."""

    def at_stop(_stop: Stop) -> NoReturn:
        raise nothing_to_break(fault, wanted)

    return at_stop
