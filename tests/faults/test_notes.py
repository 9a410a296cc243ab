"""What is noted of a fault over one answer, and over several."""

from __future__ import annotations

import pytest
from tests.faults import answers

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import (
    Break,
    BrokenArguments,
    ContentType,
    EarlyFinish,
    Fault,
    Loop,
    Malformed,
    Merge,
    Rechunk,
    Split,
    Stall,
    Swap,
)
from unspool.faults.fault import Asked
from unspool.faults.notes import Ledger, Notes
from unspool.faults.parts import Part, Piece, parts_of


def through(
    fault: Fault, recorded: Interaction = answers.OPENAI, notes: Notes | None = None, most: int = 1000
) -> tuple[list[Part], Notes]:
    """The parts that a client gets, so many at most, and the notes."""
    notes = notes or Notes()
    stage = fault.stage(1, notes)
    outs = (out for part in parts_of(recorded) for out in stage.feed(part))
    return [out for out, _ in zip(outs, range(most), strict=False)], notes


def body(parts: list[Part]) -> bytes:
    return b"".join(part.data for part in parts if isinstance(part, Piece))


@pytest.mark.parametrize(
    "fault", [Break(2), Rechunk(3), Merge(), Stall(1, 5.0), ContentType(), Loop(1), Malformed(1)], ids=repr
)
def test_a_fault_that_changes_something_is_noted(fault: Fault) -> None:
    assert through(fault)[1].broke == [fault]


def test_what_the_client_never_gets_has_not_happened() -> None:
    assert through(Break(4), most=4)[1].broke == []
    assert through(Break(4), most=7)[1].broke == [Break(4)]


def test_other_pieces_are_seen_before_the_end() -> None:
    assert through(Rechunk(3), most=4)[1].broke == [Rechunk(3)]


def test_one_that_finds_none_of_every_something_is_content() -> None:
    notes = through(Split("crlf"))[1]

    assert (notes.broke, notes.passed) == ([], [Split("crlf")])


@pytest.mark.parametrize(
    ("fault", "recorded"),
    [
        (Break(90), answers.OPENAI),
        (BrokenArguments(), answers.OPENAI),
        (Swap(90), answers.OPENAI),
        (EarlyFinish(), answers.interaction(b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n')),
        (Malformed(), answers.interaction(b"data: x\n\ndata: y\n\n", b"data: z\n\n")),
    ],
    ids=repr,
)
def test_an_answer_that_a_fault_does_not_fit_passes_whole(fault: Fault, recorded: Interaction) -> None:
    parts, notes = through(fault, recorded)

    assert body(parts) == recorded.response.body
    assert parts[-1] == list(parts_of(recorded))[-1]
    assert [one for one, _, _ in notes.unfit] == [fault]
    assert notes.broke == []


def test_a_fault_that_is_aimed_must_fit() -> None:
    with pytest.raises(FaultError, match="needs 91 network chunks"):
        through(Break(90).on(1))


def test_nor_need_that_where_all_is_forgiven() -> None:
    parts, notes = through(Break(90).on(1), notes=Notes(lenient=True))

    assert body(parts) == answers.OPENAI.response.body
    assert list(notes.errors) == []


def test_without_notes_every_fault_must_fit() -> None:
    with pytest.raises(FaultError, match="needs 91 network chunks"):
        Break(90).apply(answers.OPENAI)


def ledger(fault: Fault, *answered: Interaction, lenient: bool = False) -> Ledger:
    kept = Ledger(fault, lenient=lenient)
    for recorded in answered:
        kept.requests += 1
        if fault.hits(Asked(recorded.request, turn=1)):
            through(fault, recorded, kept.notes())
    return kept


def test_one_answer_that_fits_is_enough() -> None:
    assert ledger(BrokenArguments(), answers.OPENAI, answers.TOOLS).errors() == []


def test_none_that_fits_is_an_error() -> None:
    (error,) = ledger(BrokenArguments(), answers.OPENAI, answers.OPENAI).errors()

    assert "needs pieces of a tool call's arguments" in str(error)


def test_why_nothing_was_broken() -> None:
    assert "no request was made" in ledger(Break(0)).reason()
    assert "aimed at none of the 1 request" in ledger(Break(0).where(turn=2), answers.OPENAI).reason()
    assert "needs 91 network chunks" in ledger(Break(90), answers.OPENAI).reason()
    assert "no answer has in it what it changes" in ledger(Split("crlf"), answers.OPENAI).reason()
