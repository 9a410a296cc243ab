"""Notes on responses under a fault: whether it broke anything, and where it found nothing to break.

A stage alone can't know: its fault may be after the point where the client disconnects, or change nothing. So
its input is compared with its output, part by part.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from unspool.counts import counted
from unspool.errors import FaultError
from unspool.faults.parts import Part, Piece, Stop
from unspool.pipeline import Stage


@dataclass(slots=True)
class Notes:
    """Notes on a fault and one response.

    `a | b` is two faults: `broke` and `unfit` name each separately.

    Attributes:
        lenient: whether a response without a place for the fault passes whole even if the fault is aimed.
        is_aimed: whether the next notes are about a fault for this very request.
        met: the faults that were applied to the response.
        broke: those of them that have changed something that the client received.
        unfit: those that found nothing to break, with the error, and whether they should have.
        passed: those that reached the end of the response and legitimately changed nothing.
    """

    lenient: bool = False
    is_aimed: bool = False
    met: list[Any] = field(default_factory=list)
    broke: list[Any] = field(default_factory=list)
    unfit: list[tuple[Any, FaultError, bool]] = field(default_factory=list)
    passed: list[Any] = field(default_factory=list)

    def aimed(self) -> Notes:
        """Return these notes, for a fault that is aimed at this very request."""
        return replace(self, is_aimed=True)  # the lists are the same ones

    @property
    def errors(self) -> Iterator[FaultError]:
        """Return the errors of faults that should have fitted this response."""
        return (error for _, error, must_fit in self.unfit if must_fit)


class Watched:
    """A fault's stage over one response, whose output is compared with its input.

    A response that the fault doesn't fit passes unchanged, with the parts that the stage still buffered.
    """

    def __init__(self, stage: Stage[Part, Part], fault: Any, notes: Notes, *, recuts: bool) -> None:
        self._stage: Stage[Part, Part] | None = stage
        self._fault = fault
        self._notes = notes
        self._recuts = recuts
        self._is_aimed = notes.is_aimed
        self._expected: deque[Part] = deque()
        self._is_recut = False
        self._has_changed = False
        notes.met.append(fault)

    def feed(self, part: Part, /) -> Iterator[Part]:
        if self._stage is None:
            yield part
            return
        if not self._has_changed:
            self._expected.append(part)
        try:
            for out in self._stage.feed(part):
                self._compare(out)
                yield out
        except FaultError as error:
            # The client has already received the parts before.
            must_fit = self._has_changed or (self._is_aimed and not self._notes.lenient)
            self._notes.unfit.append((self._fault, error, must_fit))
            if must_fit:
                raise
            self._stage = None
            yield from self._expected

    def flush(self) -> Iterator[Part]:
        return iter(())

    def _compare(self, out: Part) -> None:
        if self._has_changed:
            return
        if not self._is_as_expected(out) or (self._is_recut and self._recuts):
            self._has_changed = True
            self._expected.clear()
            self._notes.broke.append(self._fault)
        elif isinstance(out, Stop):
            self._notes.passed.append(self._fault)

    def _is_as_expected(self, out: Part) -> bool:
        """Whether it is the next expected part; if so, remove it from the expected ones."""
        if not isinstance(out, Piece):
            return bool(self._expected) and self._expected.popleft() == out
        left, at = out.data, out.at
        while left:
            first = self._expected[0] if self._expected else None
            if not isinstance(first, Piece):
                return False
            size = min(len(left), len(first.data))
            if first.data[:size] != left[:size]:
                return False
            at, rest = first.at, first.data[size:]
            left = left[size:]
            self._is_recut = self._is_recut or bool(rest) or bool(left)
            if rest:
                self._expected[0] = replace(first, data=rest)
            else:
                self._expected.popleft()
        return at == out.at


@dataclass(slots=True)
class Ledger:
    """Notes on a fault and all responses of a block or a test.

    Attributes:
        fault: the fault.
        lenient: whether it needn't fit the responses that it's aimed at.
        requests: the number of requests.
        answers: notes on the responses that the fault was applied to.
    """

    fault: Any
    lenient: bool = False
    requests: int = 0
    answers: list[Notes] = field(default_factory=list)

    def notes(self) -> Notes:
        """Add notes for one more response that the fault applies to."""
        notes = Notes(self.lenient)
        self.answers.append(notes)
        return notes

    @property
    def has_broken(self) -> bool:
        """Whether the fault has changed anything so far."""
        return any(notes.broke for notes in self.answers)

    def errors(self) -> list[FaultError]:
        """Return the errors to raise at the end: of a fault that didn't happen where it should have.

        A fault that is aimed must fit each response that it was applied to, any other one at least one.
        """
        errors = self.misfits()
        if not errors and not self.has_broken and not self._is_content():
            errors = [FaultError(f"{self.fault!r} broke nothing: {self.reason()}")]
        return errors

    def misfits(self) -> list[FaultError]:
        """Return the errors of a fault that found nothing to break where it should have."""
        aimed = [error for notes in self.answers for error in notes.errors]
        return [*aimed, *([] if self.lenient else self._unaimed())]

    def _unaimed(self) -> Iterable[FaultError]:
        """Return the errors of faults that aren't aimed, and fitted no response."""
        broke = [fault for notes in self.answers for fault in notes.broke]
        unfit = [(fault, error) for notes in self.answers for fault, error, must in notes.unfit if not must]
        seen: list[Any] = []
        for fault, error in unfit:
            if fault not in broke and fault not in seen:
                seen.append(fault)
                yield error

    def _is_content(self) -> bool:
        """Whether a response passed through the fault to its end, without anything that it changes."""
        return any(notes.passed for notes in self.answers)

    def reason(self) -> str:
        """Explain why nothing was broken."""
        if not self.requests:
            return "no request was made"
        if not self.answers:
            return (
                f"it's aimed at none of the {counted(self.requests, 'request')} made (on() counts the"
                " attempts of one request, where(turn=…) the turns of its conversation; requests that ask no"
                " model are met only by where(path=…))"
            )
        unfit = next((error for notes in self.answers for _, error, _ in notes.unfit), None)
        if unfit is not None:
            return str(unfit)
        if self._is_content():
            return "no answer has in it what it changes"
        return "the client left each answer before the place that it breaks, if there is one"
