"""Lines that are alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unspool.errors import RepetitionError
from unspool.guards.lines import MOST_LINE, Lines
from unspool.guards.thresholds import Thresholds

THRESHOLDS = Thresholds(
    max_period=10, min_repeats=16, min_chars=2_000, padding_chars=4_000, near_repeats=5, similarity=0.75
)


def stopped(lines: list[str], **settings: Any) -> RepetitionError | None:
    """The error of a guard that reads each line as a chunk; None if there is none."""
    guard = Lines(replace(THRESHOLDS, **settings))
    for at, line in enumerate(lines):
        try:
            guard.read(line, at, "content")
        except RepetitionError as error:
            return error
    return None


def test_lines_that_differ_by_a_word_are_counted_from_the_first() -> None:
    error = stopped([f"the model tries step {word} once more\n" for word in "abcdefgh"])
    assert error is not None
    assert (error.count, error.first_chunk, error.channel) == (5, 0, "content")
    assert "with few changes, line by line = the model tries" in str(error)


def test_one_fewer_is_no_loop() -> None:
    assert stopped([f"the model tries step {word} once more\n" for word in "abcd"]) is None


def test_a_line_that_is_unlike_starts_the_count_anew() -> None:
    alike = [f"the model tries step {word} once more\n" for word in "abcd"]
    assert stopped([*alike, "something else entirely came here instead\n", *alike]) is None


def test_lines_at_a_distance_are_compared() -> None:
    pair = ["the model tries step one more\n", "and then it fails again there\n"]
    error = stopped(pair * 5)
    assert error is not None
    assert ", every 2 line(s)," in str(error)


def test_short_lines_are_alike_everywhere_and_count_for_nothing() -> None:
    assert stopped(["return None here\n"] * 50) is None
    assert stopped(["return None here now\n"] * 50) is not None


@pytest.mark.parametrize(("similarity", "is_loop"), [(0.75, True), (0.76, False)])
def test_similarity_is_the_share_of_common_words(similarity: float, is_loop: bool) -> None:
    lines = [f"one two three {word}\n" for word in "abcdefgh"]  # 3 of 4 words
    assert (stopped(lines, similarity=similarity) is not None) is is_loop


def test_a_line_without_an_end_is_taken_in_pieces() -> None:
    text = "some words that go on and never end "
    assert stopped([text * (MOST_LINE // len(text) + 1)] * 6) is not None
    assert stopped([text] * 6) is None
