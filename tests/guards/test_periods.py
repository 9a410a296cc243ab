"""The period at which a text repeats itself."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.guards.periods import Counting, Cycle

UNIT = "The quick brown fox jumps over it. "


def fed(text: str, size: int = 7, span: int = 400) -> Cycle:
    cycle = Cycle()
    for at, start in enumerate(range(0, len(text), size)):
        cycle.mark(at, 0)
        cycle.extend(text[start : start + size], span)
    return cycle


@given(st.text("abcdefghijklmnop .", min_size=40, max_size=60), st.integers(2, 6), st.integers(1, 50))
def test_a_text_that_repeats_has_a_period_at_which_it_does(unit: str, copies: int, size: int) -> None:
    text = "0123456789" + unit * copies
    cycle = fed(text, size)
    assert cycle.period
    assert text[-cycle.run :].startswith(cycle.unit())
    assert text[-cycle.run + cycle.period :] == text[-cycle.run : -cycle.period]


def test_the_run_is_as_long_as_the_copies_and_begins_in_their_first_chunk() -> None:
    cycle = fed("0123456789!" * 2 + UNIT * 4, size=11)
    assert (cycle.period, cycle.run, cycle.unit()) == (len(UNIT), 4 * len(UNIT), UNIT)
    assert cycle.first_chunk == 2
    assert cycle.length == 22 + 4 * len(UNIT)


def test_a_new_text_has_none() -> None:
    assert fed("".join(f"{n} is a number. " for n in range(40))).period == 0


def test_what_comes_after_a_loop_ends_it() -> None:
    assert fed(UNIT * 4 + "And now something else that was never said before.").period == 0


def test_a_period_longer_than_the_span_is_not_looked_for() -> None:
    unit = "".join(f"{n} is a number. " for n in range(30))
    assert fed(unit * 2, span=len(unit)).period == len(unit)
    assert fed(unit * 2, span=len(unit) - 1).period == 0


def test_the_last_chunks_have_a_length() -> None:
    cycle = fed("x" * 30, size=7)
    assert [cycle.length_of(n) for n in (1, 2, 100)] == [2, 9, 30]


def counting(texts: list[str]) -> Counting:
    cycle = Counting()
    for at, text in enumerate(texts):
        cycle.count(text, at, 400)
    return cycle


@pytest.mark.parametrize(
    ("numbers", "counts"),
    [
        ([str(n) for n in range(9)], True),
        ([str(7 * n) for n in range(9)], True),
        ([str(9 - n) for n in range(9)], True),
        ([f"{n:x}" for n in range(0x98, 0xA1)], True),
        (["5"] * 9, True),
        (["1", "2", "4", "8", "16", "32", "64", "128", "256"], False),
    ],
)
def test_numbers_that_go_on_evenly_count(numbers: list[str], counts: bool) -> None:
    cycle = counting([f"Step {number} of the whole long procedure was done. " for number in numbers])
    assert cycle.period
    assert cycle.counts() is counts


def test_a_number_that_is_cut_between_chunks_is_one() -> None:
    text = "".join(f"Step {n} of the whole long procedure was done. " for n in range(95, 110))
    assert counting([text[at : at + 1] for at in range(len(text))]).counts()


def test_two_copies_count_for_nothing() -> None:
    cycle = counting([f"Step {n} of the whole long procedure was done. " for n in range(2)])
    assert cycle.period
    assert not cycle.counts()
