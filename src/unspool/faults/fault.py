"""What a fault is: a frozen value that, for each answer, opens a stage over the answer's parts.

    Stall(after=3, seconds=90) | Jitter(most=0.2, seed=7)

`a | b` lets the answer go through `a` first. A fault holds no state, so that one value breaks any number of
answers in the same way, and its `repr` is the code that makes it. Where it finds nothing to break it says so
with a `FaultError`: a test whose fault never happened would pass for no reason. Only faults that change
*every* something (every line end, every character) are content with none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import MISSING, dataclass, fields
from typing import Any

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults.parts import Part, Stop, interaction_of, parts_of
from unspool.faults.settings import check_settings
from unspool.pipeline import Chain, Stage

Feed = Callable[[Part], Iterable[Part]]
"""What becomes of each part of one answer. The last part is a `Stop`."""


@dataclass(frozen=True, repr=False)
class Fault:
    """A way in which an answer may break; see the module's docstring. Counts start at 0."""

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
        """This fault for these requests only, the first being 1: `Refuse().on(1)` lets a retry succeed.

        Raises:
            FaultError: for no attempt, or one below 1.
        """
        return On(self, attempts)

    def hits(self, _attempt: int) -> bool:
        """Whether the answer to the request of this number, from 1, is broken at all."""
        return True

    def stage(self, attempt: int = 1) -> Stage[Part, Part]:
        """A stage that breaks one answer: that to the request of this number."""
        return _Stage(self.feed()) if self.hits(attempt) else Chain()

    def feed(self) -> Feed:
        """A function that breaks the parts of one answer, one after the other."""
        raise NotImplementedError

    def apply(self, interaction: Interaction, *, attempt: int = 1) -> Interaction:
        """The interaction as it is with this fault, its moments exact to a tenth of a millisecond.

        Raises:
            FaultError: there is nothing in it for this fault to break.
            CassetteFormatError: its body is compressed in a way that can't be undone.
        """
        if not self.hits(attempt):
            return interaction
        stage = self.stage(attempt)
        parts = (out for part in parts_of(interaction) for out in stage.feed(part))
        return interaction_of(parts, interaction)


def _settings(fault: Fault) -> Iterator[tuple[str, Any]]:
    """The fields that differ from their defaults."""
    for field in fields(fault):
        value = getattr(fault, field.name)
        if field.default is MISSING or value != field.default:
            yield field.name, value


class _Stage:
    """One answer being broken. Nothing comes after its end."""

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
    """One fault after another: what `a | b` makes."""

    first: Fault
    then: Fault

    def __repr__(self) -> str:
        then = f"({self.then!r})" if isinstance(self.then, Both) else repr(self.then)
        return f"{self.first!r} | {then}"

    def hits(self, attempt: int) -> bool:
        return self.first.hits(attempt) or self.then.hits(attempt)

    def stage(self, attempt: int = 1) -> Stage[Part, Part]:
        return Chain(self.first.stage(attempt), self.then.stage(attempt))


@dataclass(frozen=True, repr=False)
class On(Fault):
    """A fault for some of the requests: what `fault.on(1, 2)` makes."""

    fault: Fault
    attempts: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.attempts or not all(type(one) is int and one > 0 for one in self.attempts):
            raise FaultError(f"expected the numbers of some requests, from 1, got {self.attempts!r}")

    def __repr__(self) -> str:
        fault = f"({self.fault!r})" if isinstance(self.fault, Both) else repr(self.fault)
        return f"{fault}.on({', '.join(map(str, self.attempts))})"

    def hits(self, attempt: int) -> bool:
        return attempt in self.attempts and self.fault.hits(attempt)

    def stage(self, attempt: int = 1) -> Stage[Part, Part]:
        return self.fault.stage(attempt) if self.hits(attempt) else Chain()


@dataclass(frozen=True, repr=False)
class NoFault(Fault):
    """Nothing breaks: to have among others in a parametrised test."""

    def hits(self, _attempt: int) -> bool:
        return False


def nothing_to_break(fault: Fault, wanted: str, found: str = "") -> FaultError:
    """The error of a fault that the answer has no place for."""
    but = f", which has {found}" if found else ""
    return FaultError(
        f"{fault!r} needs {wanted} in the answer{but}; aim it elsewhere, or at an answer that has one"
    )
