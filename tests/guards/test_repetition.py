"""LiteLLM's rule, to the chunk."""

from __future__ import annotations

import pytest
from tests.guards.scripts import FINISH, JSON, NO_CHOICES, chunk, delivered

from unspool.errors import InternalServerError, MidStreamFallbackError
from unspool.guards.cycle import CycleGuard
from unspool.guards.repetition import RepetitionGuard
from unspool.models import ModelResponseStream


def passed(limit: int, *chunks: JSON) -> int | None:
    """How many chunks LiteLLM's rule delivers before it raises; None if it doesn't."""
    count, error = delivered(RepetitionGuard(limit), chunks)
    return None if error is None else count


@pytest.mark.parametrize("limit", [2, 3, 100])
def test_as_many_equal_chunks_as_the_limit_pass(limit: int) -> None:
    assert passed(limit, *[chunk("abc")] * (limit + 1)) == limit


def test_after_a_limit_of_one_two_chunks_pass() -> None:
    assert passed(1, chunk("abc"), chunk("def"), chunk("ghi")) == 2


@pytest.mark.parametrize(
    "last",
    [
        chunk("else"),
        chunk("x"),
        chunk(reasoning_content="hm"),
        chunk(reasoning_content=""),
        chunk(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": ""}}]),
        chunk(function_call={"name": "f", "arguments": ""}),
        chunk(provider_specific_fields={"a": 1}),
        chunk(annotations=[{"type": "url_citation"}]),
    ],
)
def test_a_chunk_of_any_kind_raises_after_the_limit(last: JSON) -> None:
    assert passed(3, *[chunk("abc")] * 3, last) == 3


@pytest.mark.parametrize("last", [FINISH, chunk(), chunk(""), NO_CHOICES])
def test_the_end_does_not_raise(last: JSON) -> None:
    assert passed(3, *[chunk("abc")] * 3, last) is None


@pytest.mark.parametrize("text", ["", "a", "ab", "\n", "🎉"])
def test_short_texts_may_repeat_for_ever(text: str) -> None:
    assert passed(3, *[chunk(text)] * 50) is None


def test_three_spaces_are_not_short() -> None:
    assert passed(3, *[chunk("   ")] * 50) == 3


@pytest.mark.parametrize("between", [chunk("else"), chunk("ab"), chunk(reasoning_content="hm")])
def test_another_chunk_in_between_starts_anew(between: JSON) -> None:
    assert passed(3, *[chunk("abc")] * 2, between, *[chunk("abc")] * 3) is None


def test_a_chunk_without_choices_leaves_the_count_as_it_is() -> None:
    assert passed(3, *[chunk("abc")] * 3, NO_CHOICES, *[chunk("abc")] * 9) == 6


def test_a_role_of_its_own_does_not_count() -> None:
    assert passed(3, chunk("", role="assistant"), *[chunk("abc")] * 4) == 4


def test_alternating_chunks_are_never_noticed() -> None:
    assert passed(3, *[chunk("abc"), chunk("def")] * 200) is None


@pytest.mark.parametrize("channel", ["reasoning_content", "refusal"])
def test_only_the_content_is_compared(channel: str) -> None:
    assert passed(3, *[chunk(**{channel: "abc"})] * 50) is None


def test_each_choice_is_judged_on_its_own() -> None:
    turns = [chunk("abc", 0), chunk("def", 1)] * 4
    assert passed(3, *turns) == 6
    assert passed(3, *[chunk("abc", index) for index in range(50)]) is None


def test_choices_in_one_chunk_are_judged_on_their_own_too() -> None:
    both = {"choices": [*chunk("abc", 0)["choices"], *chunk("def", 1)["choices"]]}
    assert passed(3, *[both] * 4) == 3


def test_the_limit_may_change_in_mid_stream() -> None:
    limits = [100]
    guard = RepetitionGuard(lambda: limits[0])
    assert delivered(guard, [chunk("abc")] * 9) == (9, None)
    limits[0] = 5
    assert delivered(guard, [chunk("abc")])[1] is not None


def test_the_error_says_what_repeats_and_since_when() -> None:
    _, error = delivered(RepetitionGuard(3), [chunk("Well, "), *[chunk("How are you?")] * 4])
    assert error is not None
    assert (error.repeated, error.period, error.count, error.first_chunk) == ("How are you?", 1, 3, 1)
    assert error.channel == "content"
    assert "The model is repeating the same chunk = How are you?." in str(error)
    assert "3 times in a row, since chunk 1." in str(error)


def test_the_error_is_what_litellm_documents_and_what_it_raises() -> None:
    _, error = delivered(RepetitionGuard(2), [chunk("abc")] * 3)
    assert isinstance(error, InternalServerError)
    assert isinstance(error, MidStreamFallbackError)


@pytest.mark.parametrize("guard", [RepetitionGuard(2), CycleGuard()])
def test_a_guard_is_a_stage_that_hands_on_what_it_gets(guard: RepetitionGuard | CycleGuard) -> None:
    given = ModelResponseStream(**chunk("abc"))
    assert [out is given for out in guard.feed(given)] == [True]
    assert list(guard.flush()) == []
