"""What of a text has been told, and what of it is new."""

from __future__ import annotations

import pytest

from unspool.providers.retold_text import RunningText, Told


@pytest.mark.parametrize(
    ("pieces", "whole", "rest"),
    [
        ([], "Hello", "Hello"),
        (["Hel", "lo"], "Hello", ""),
        (["Hel"], "Hello", "lo"),
        (["Hello, you"], "Hello", ""),
        (["Good"], "Hello", ""),
        ([""], "", ""),
    ],
)
def test_the_rest_of_a_whole_is_what_its_pieces_have_not_told(
    pieces: list[str], whole: str, rest: str
) -> None:
    told = Told()
    for piece in pieces:
        assert told.add("text", piece) == piece
    assert told.rest("text", whole) == rest


def test_a_rest_is_told_once() -> None:
    told = Told()
    assert [told.rest("text", "Hello"), told.rest("text", "Hello")] == ["Hello", ""]


def test_each_text_has_its_own_pieces() -> None:
    told = Told()
    told.add(("item", 0), "Hel")
    assert told.rest(("item", 1), "Hello") == "Hello"


def test_it_knows_what_it_was_told() -> None:
    told = Told()
    told.add("empty", "")
    told.add("text", "Hi")
    assert ("text" in told, "empty" in told, "other" in told) == (True, False, False)


# -- texts in wholes of their parts -------------------------------------------------------------------


def test_a_whole_of_a_part_is_compared_with_what_the_text_says_at_its_place() -> None:
    text = RunningText()
    assert text.rest("text", 0, text.add("One. ")) == ""
    text.add("Tw")
    assert text.rest("text", 1, "Two.") == "o."
    assert text.rest("item", 0, "One. ") == ""
    assert text.rest("item", 1, "Two.") == ""


def test_a_part_that_says_something_else_adds_nothing_and_the_next_is_compared_behind_it() -> None:
    text = RunningText()
    text.add("\n\nOne.")
    assert text.rest("text", 0, "One.") == ""
    text.add("Two")
    assert text.rest("text", 1, "Two.") == ""


@pytest.mark.parametrize(
    ("pieces", "last"),
    [
        (["It may ", "rain today."], True),
        (["It may rain today."], False),
        (["ha ", "ha "], False),
    ],
    ids=["whole again", "a piece said twice", "short"],
)
def test_a_piece_that_is_all_of_the_text_again_is_a_repetition(pieces: list[str], last: bool) -> None:
    repetition, text = RunningText(), RunningText()
    for piece in pieces:
        assert not repetition.is_made_by(text.add(piece))
    assert repetition.is_made_by("".join(pieces)) is last
    assert text.is_repeated_by("".join(pieces)) is last
