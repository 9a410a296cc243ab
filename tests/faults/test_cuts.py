"""Answers that are cut off."""

from __future__ import annotations

import gzip
from dataclasses import replace
from itertools import pairwise

import pytest
from tests.faults import answers
from tests.faults.consuming import consume
from tests.faults.reading import ending, events, pieces

import unspool
from unspool.cassette.model import Interaction, sizes_fit
from unspool.errors import FaultError
from unspool.faults import Cut, CutBeforeDone, CutEvents, CutInCharacter, CutInEvent, NoFault, every_prefix

EVERY_ANSWER = pytest.mark.parametrize("recorded", answers.ALL.values(), ids=answers.ALL)


@EVERY_ANSWER
@pytest.mark.parametrize("by", ["chunk", "event", "byte"])
def test_the_shortest_comes_first_and_the_whole_one_last(recorded: Interaction, by: str) -> None:
    cuts = list(every_prefix(recorded, by=by))

    assert cuts[0].response.body == b""
    assert cuts[-1] is recorded
    for shorter, longer in pairwise(cuts):
        assert longer.response.body.startswith(shorter.response.body)
        assert len(shorter.response.body) < len(longer.response.body)
    assert all(sizes_fit(one.response) for one in cuts)


@EVERY_ANSWER
def test_there_is_one_for_each_event(recorded: Interaction) -> None:
    for count, cut in enumerate(every_prefix(recorded)):
        assert events(cut) == events(recorded)[:count]


def test_there_is_one_for_each_chunk() -> None:
    for count, cut in enumerate(every_prefix(answers.OPENAI, by="chunk")):
        assert pieces(cut) == pieces(answers.OPENAI)[:count]


def test_there_is_one_for_each_byte() -> None:
    sizes = [len(cut.response.body) for cut in every_prefix(answers.OPENAI, by="byte")]

    assert sizes == list(range(len(answers.OPENAI.response.body) + 1))


def test_they_may_end_in_an_error() -> None:
    ends = [ending(cut)[1] for cut in every_prefix(answers.OLLAMA, end="reset")]

    assert ends == ["ReadError", "ReadError", "ReadError", None]


def test_they_end_when_their_last_piece_has_come() -> None:
    assert [ending(cut)[2] for cut in every_prefix(answers.OLLAMA)] == [0.5, 0.75, 1.0, 1.25]


def test_a_compressed_body_is_cut_where_it_speaks() -> None:
    packed = gzip.compress(answers.OLLAMA.response.body)
    headers = (*answers.OLLAMA.response.headers, ("content-encoding", "gzip"))
    recorded = replace(
        answers.OLLAMA, response=replace(answers.OLLAMA.response, body=packed, headers=headers)
    )

    assert len(list(every_prefix(recorded))) == 4


def test_what_to_cut_by_must_be_known() -> None:
    with pytest.raises(FaultError, match="expected by to be one of chunk, event, byte, got 'word'"):
        list(every_prefix(answers.OPENAI, by="word"))


@pytest.mark.parametrize("recorded", answers.ASKED.values(), ids=answers.ASKED)
def test_our_client_reads_every_prefix(recorded: Interaction) -> None:
    whole = consume(recorded, NoFault())

    for cut in every_prefix(recorded, by="event"):
        seen = consume(cut, NoFault())
        assert whole.text.startswith(seen.text)
        assert seen.error in {"", "IncompleteStreamError"}
    assert consume(recorded, NoFault()).error == ""


def test_our_client_reports_every_reset_but_those_after_the_finish() -> None:
    errors = [consume(cut, NoFault()).error for cut in every_prefix(answers.OPENAI, end="reset")]

    assert errors == ["APIConnectionError"] * 5 + ["", ""]


def test_strict_mode_misses_every_finish_reason() -> None:
    for cut in every_prefix(answers.OPENAI):
        stream = unspool.FakeStream(pieces(cut))
        wrapper = unspool.CustomStreamWrapper(stream, model="m", custom_llm_provider="openai", strict=True)
        finished = b'"finish_reason":"stop"' in cut.response.body
        try:
            list(wrapper)
        except unspool.ProviderError as error:
            assert type(error).__name__ == "IncompleteStreamError"  # noqa: PT017
            assert not finished
        else:
            assert finished or not cut.response.body  # a source without a single item is exempt


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
