"""Answers that are cut off."""

from __future__ import annotations

import pytest
from tests.faults import answers
from tests.faults.reading import ending, events, pieces

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import Cut, CutBeforeDone, CutEvents, CutInCharacter, CutInEvent

EVERY_ANSWER = pytest.mark.parametrize("recorded", answers.ALL.values(), ids=answers.ALL)


@pytest.mark.parametrize("after", [0, 1, 3, 4])
def test_so_many_bytes_come(after: int) -> None:
    broken = Cut(after).apply(answers.interaction(b"abc", b"de"))

    assert broken.response.body == b"abcde"[:after]
    assert all(pieces(broken))


def test_it_ends_when_the_next_byte_would_have_come() -> None:
    recorded = answers.interaction(b"abc", b"de")

    assert ending(Cut(2).apply(recorded)) == ("complete", None, 0.75)
    assert ending(Cut(3).apply(recorded)) == ("complete", None, 1.0)


@pytest.mark.parametrize(
    ("end", "error"),
    [
        ("complete", None),
        ("protocol_error", "RemoteProtocolError"),
        ("read_timeout", "ReadTimeout"),
        ("reset", "ReadError"),
    ],
)
def test_the_end_may_be_an_error(end: str, error: str | None) -> None:
    assert ending(Cut(1, end).apply(answers.OPENAI))[:2] == (end, error)


def test_the_length_is_not_promised_any_more() -> None:
    assert dict(Cut(1).apply(answers.OPENAI).response.headers) == {"content-type": "text/event-stream"}


@pytest.mark.parametrize("fault", [Cut(5), Cut(5, "reset"), Cut(6)], ids=repr)
def test_a_cut_needs_bytes_to_cut_off(fault: Cut) -> None:
    needed = f"needs more than {fault.after} bytes in the answer, which has 5;"
    with pytest.raises(FaultError, match=needed):
        fault.apply(answers.interaction(b"abcde"))


@EVERY_ANSWER
@pytest.mark.parametrize("after", [0, 1, 2])
def test_so_many_events_come(recorded: Interaction, after: int) -> None:
    broken = CutEvents(after).apply(recorded)

    assert events(broken) == events(recorded)[:after]
    assert recorded.response.body.startswith(broken.response.body)


@EVERY_ANSWER
def test_half_an_event_comes(recorded: Interaction) -> None:
    broken = CutInEvent(1).apply(recorded)

    assert events(broken)[0] == events(recorded)[0]
    assert len(CutEvents(1).apply(recorded).response.body) < len(broken.response.body)
    assert len(broken.response.body) < len(CutEvents(2).apply(recorded).response.body)
    assert recorded.response.body.startswith(broken.response.body)


def test_there_must_be_an_event_to_cut() -> None:
    with pytest.raises(FaultError, match="needs 10 events in the answer, which has 6;"):
        CutInEvent(9).apply(answers.OPENAI)


def test_all_but_done_comes() -> None:
    assert events(CutBeforeDone().apply(answers.OPENAI)) == events(answers.OPENAI)[:-1]


def test_an_answer_without_done_is_refused() -> None:
    with pytest.raises(FaultError, match=r"needs a \[DONE\]"):
        CutBeforeDone().apply(answers.ANTHROPIC)


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_a_character_is_cut(after: int) -> None:
    broken = CutInCharacter(after).apply(answers.OPENAI).response.body

    with pytest.raises(UnicodeDecodeError):
        broken.decode()
    assert sum(not char.isascii() for char in broken[:-1].decode()) == after


def test_ascii_has_no_character_to_cut() -> None:
    with pytest.raises(FaultError, match="needs 1 character of more than one byte"):
        CutInCharacter().apply(answers.interaction(b"data: 1\n\n"))
