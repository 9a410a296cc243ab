"""Thresholds that nothing can reach are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from unspool.guards.thresholds import CHANNELS, Thresholds, check

USUAL = Thresholds(64, 16, 2_000, 4_000, 100, 1.0)


def test_the_usual_ones_are_fine() -> None:
    check(USUAL, CHANNELS)


@pytest.mark.parametrize("name", ["max_period", "min_chars", "padding_chars", "min_repeats", "near_repeats"])
@pytest.mark.parametrize("value", [0, -1, 2.5, True, "3"])
def test_each_is_a_whole_number_of_at_least_one(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"expected {name} "):
        check(replace(USUAL, **{name: value}), CHANNELS)


@pytest.mark.parametrize("name", ["min_repeats", "near_repeats"])
def test_one_copy_is_no_loop_and_two_are(name: str) -> None:
    check(replace(USUAL, **{name: 2}), CHANNELS)
    with pytest.raises(ValueError, match="one copy is no loop"):
        check(replace(USUAL, **{name: 1}), CHANNELS)


@pytest.mark.parametrize("similarity", [0, -0.1, 1.01, "1"])
def test_a_similarity_is_a_share(similarity: Any) -> None:
    with pytest.raises(ValueError, match="expected 0 < similarity <= 1"):
        check(replace(USUAL, similarity=similarity), CHANNELS)


def test_an_unknown_channel_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"unknown channels \['moon'\]: expected some of content, reasoning"):
        check(USUAL, ["content", "moon"])


def test_copies_that_are_not_equal_count_from_four_times_as_many_characters() -> None:
    assert replace(USUAL, min_chars=10).counting_chars == 40
