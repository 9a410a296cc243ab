"""What of a text has been told, and what of it is new."""

from __future__ import annotations

import pytest

from unspool.providers.told import Told


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
