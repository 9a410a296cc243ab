"""What becomes of answers under a fault: whether it broke anything, and where it found nothing to break.

A stage alone can't say: its fault may come after the client has left, or change nothing. So what goes into it
is compared with what comes out, part by part.
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
    """What a fault did to one answer.

    `a | b` is two faults: `broke` and `unfit` name each by itself.

    Attributes:
        lenient: whether an answer without a place for the fault passes whole even if the fault is aimed.
        is_aimed: whether what is noted next is a fault for this very request.
        met: the faults that met the answer.
        broke: those of them that have changed something in what the client was given.
        unfit: those that found nothing to break, with the error, and whether they should have.
        passed: those that saw the end of the answer and changed nothing, which was right by them.
    """

    lenient: bool = False
    is_aimed: bool = False
    met: list[Any] = field(default_factory=list)
    broke: list[Any] = field(default_factory=list)
    unfit: list[tuple[Any, FaultError, bool]] = field(default_factory=list)
    passed: list[Any] = field(default_factory=list)

    def aimed(self) -> Notes:
        """These notes, for a fault that is aimed at this very request."""
        return replace(self, is_aimed=True)  # the lists are the same ones

    @property
    def errors(self) -> Iterator[FaultError]:
        """The errors of faults that should have fitted this answer."""
        return (error for _, error, must_fit in self.unfit if must_fit)


class Watched:
    """A fault's stage over one answer, compared with what it's fed.

    An answer that the fault doesn't fit passes as it came, with what the stage still held.
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
            # What has been given to the client can't be taken back.
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
        """Whether it's what should come next; if so, it's expected no more."""
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
    """What a fault did to all answers of a block or a test.

    Attributes:
        fault: the fault.
        lenient: whether it needn't fit the answers that it's aimed at.
        requests: how many were made.
        answers: notes on those that the fault met.
    """

    fault: Any
    lenient: bool = False
    requests: int = 0
    answers: list[Notes] = field(default_factory=list)

    def notes(self) -> Notes:
        """Notes for one more answer that the fault meets."""
        notes = Notes(self.lenient)
        self.answers.append(notes)
        return notes

    @property
    def has_broken(self) -> bool:
        """Whether the fault has changed anything so far."""
        return any(notes.broke for notes in self.answers)

    def errors(self) -> list[FaultError]:
        """The errors to raise at the end: of a fault that didn't happen where it should have.

        A fault that is aimed must fit each answer that it met, any other one must fit some answer.
        """
        errors = self.misfits()
        if not errors and not self.has_broken and not self._is_content():
            errors = [FaultError(f"{self.fault!r} broke nothing: {self.reason()}")]
        return errors

    def misfits(self) -> list[FaultError]:
        """The errors of a fault that found nothing to break where it should have."""
        aimed = [error for notes in self.answers for error in notes.errors]
        return [*aimed, *([] if self.lenient else self._unaimed())]

    def _unaimed(self) -> Iterable[FaultError]:
        """Of faults that aren't aimed, and fitted no answer."""
        broke = [fault for notes in self.answers for fault in notes.broke]
        unfit = [(fault, error) for notes in self.answers for fault, error, must in notes.unfit if not must]
        seen: list[Any] = []
        for fault, error in unfit:
            if fault not in broke and fault not in seen:
                seen.append(fault)
                yield error

    def _is_content(self) -> bool:
        """Whether some answer went through the fault to its end, and had none of what it changes."""
        return any(notes.passed for notes in self.answers)

    def reason(self) -> str:
        """Why nothing was broken."""
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
