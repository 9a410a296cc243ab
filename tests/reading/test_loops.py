"""The loop in a recording."""

from __future__ import annotations

import pytest
from tests.reading.looping import LOOPS, PARAGRAPH, answer, chat, each_loop

import unspool
from unspool.errors import CassetteError
from unspool.reading.loops import FoundLoop, find_loop

ANSWERS = [f"Line {n}: nothing repeats here, for its number is {n * n}. " for n in range(100)]


def found(body: bytes, **options: int) -> FoundLoop:
    loop = find_loop([answer(body)], **options)
    assert loop is not None
    return loop


@each_loop
def test_it_finds_where_and_how_long(
    body: bytes, wire_format: str, channel: str, period: int, first: int
) -> None:
    loop = found(body)
    assert (loop.wire_format, loop.error.channel) == (wire_format, channel)
    assert (loop.error.period, loop.error.first_chunk) == (period, first)


@pytest.mark.parametrize(
    ("name", "count"), [("one chunk", 130), ("a paragraph", 40), ("reasoning", 40), ("tool calls", 60)]
)
def test_copies_are_counted_to_the_end_of_the_recording(name: str, count: int) -> None:
    assert found(LOOPS[name][0]).count in (count, count - 1)  # the text of a call begins between two


def test_the_sample_has_one() -> None:
    loop = find_loop(unspool.Cassette.load(unspool.sample_path("openai/loop")).interactions)
    assert loop is not None
    assert (loop.error.repeated, loop.count, loop.error.first_chunk) == (" and so on", 120, 3)
    assert (loop.events, loop.of) == (104, 125)


def test_a_good_answer_has_none() -> None:
    assert find_loop([answer(chat(*[{"content": text} for text in ANSWERS]))]) is None


@pytest.mark.parametrize("body", [b"", b"not a stream", b'{"id": "a whole answer"}', b"\x00\xff"])
def test_nor_has_what_is_no_stream(body: bytes) -> None:
    assert find_loop([answer(body)]) is None


def test_it_is_looked_for_in_all_answers() -> None:
    loop = find_loop([answer(b""), answer(LOOPS["one chunk"][0])])
    assert loop is not None
    assert loop.index == 1


@pytest.mark.parametrize("texts", [["again "] * 12, PARAGRAPH * 12])
def test_fewer_copies_are_a_loop_if_asked_for(texts: list[str]) -> None:
    body = chat(*[{"content": text} for text in texts])
    assert find_loop([answer(body)]) is None
    assert found(body, repeats=5).count == 12


def test_one_copy_is_no_loop() -> None:
    with pytest.raises(CassetteError, match="expected at least 2 repeats, got 1"):
        find_loop([], repeats=1)
