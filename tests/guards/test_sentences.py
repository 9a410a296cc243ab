"""Sentences that come again and again, in any order."""

from __future__ import annotations

import random

import pytest

from unspool.errors import RepetitionError
from unspool.guards.sentences import Sentences
from unspool.guards.thresholds import Thresholds

SAID = (
    "The model has no idea what to say next. ",
    "It looks at the question once more and again. ",
    "There must be some answer to this somewhere. ",
)


THRESHOLDS = Thresholds(
    max_period=1_000, min_repeats=16, min_chars=2_000, padding_chars=4_000, near_repeats=100, similarity=0.75
)


def stopped(sentences: list[str]) -> RepetitionError | None:
    guard = Sentences(THRESHOLDS)
    for at, sentence in enumerate(sentences):
        try:
            guard.read(sentence, at, "content")
        except RepetitionError as error:
            return error
    return None


def shuffled(sentences: tuple[str, ...], count: int) -> list[str]:
    return random.Random(1).choices(sentences, k=count)


def test_a_few_sentences_in_any_order_are_a_loop() -> None:
    error = stopped(shuffled(SAID, 1_000))
    assert error is not None
    assert "3 different ones, in changing order" in str(error)
    assert error.repeated + " " in SAID


def test_a_new_sentence_starts_the_count_anew() -> None:
    error = stopped(shuffled(SAID, 1_000))
    assert error is not None
    almost = shuffled(SAID, 1_000)[: error.count]
    assert stopped([*almost, "Here is a sentence that is really new. ", *almost]) is None


def test_sentences_that_differ_by_a_number_are_a_loop_of_twice_the_length() -> None:
    exact, near = (
        stopped(shuffled(SAID, 2_000)),
        stopped([f"{one.removesuffix('. ')} {n}. " for n, one in enumerate(shuffled(SAID, 2_000))]),
    )
    assert exact is not None
    assert near is not None
    assert "3 different ones, but for numbers and ids," in str(near)
    assert near.count > exact.count


@pytest.mark.parametrize(
    "line",
    [
        "| one | two | three four five |\n",
        "for name in names: print(name) or one\n",
        "12) the item of this list is\n",
        "short one.\n",
    ],
)
def test_tables_code_lists_and_scraps_are_no_prose(line: str) -> None:
    assert stopped([line, line.replace("one", "other").replace("item", "entry")] * 1_000) is None
