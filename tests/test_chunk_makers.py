"""The makers of chunks: what they say, and where they cut."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.chunk_makers import (
    finish_chunk,
    parallel_tool_call_chunks,
    reasoning_chunks,
    role_chunk,
    text_chunks,
    tool_call_chunks,
    usage_chunk,
)
from unspool.errors import MockError
from unspool.models import ModelResponseStream


def texts(chunks: Any) -> list[str | None]:
    return [chunk.choices[0].delta.content for chunk in chunks]


def test_text_is_cut_into_chunks() -> None:
    assert texts(text_chunks("Hello", 2)) == ["He", "ll", "o"]


def test_text_is_cut_in_threes_by_default() -> None:
    assert texts(text_chunks("Hello")) == ["Hel", "lo"]


def test_a_grapheme_is_never_split() -> None:
    assert texts(text_chunks("e\u0301👨\u200d👩\u200d👧🇫🇷", 1)) == ["e\u0301", "👨\u200d👩\u200d👧", "🇫🇷"]


def test_a_grapheme_is_split_on_demand() -> None:
    assert texts(text_chunks("e\u0301🇫🇷", 1, split_graphemes=True)) == ["e", "\u0301", "🇫", "🇷"]


def test_makers_are_deterministic() -> None:
    made = [[role_chunk(), *text_chunks("Hello"), finish_chunk(), usage_chunk(1, 2)] for _ in range(2)]
    assert made[0] == made[1]


def test_makers_take_what_surrounds_the_delta() -> None:
    (chunk,) = text_chunks("Hi", id="c-7", created=9, model="gpt-4o", choice=1)
    assert (chunk.id, chunk.created, chunk.model, chunk.choices[0].index) == ("c-7", 9, "gpt-4o", 1)


@pytest.mark.parametrize("size", [0, -1])
def test_a_size_is_positive(size: int) -> None:
    with pytest.raises(MockError, match="size of 1 or more"):
        text_chunks("Hello", size)


@pytest.mark.parametrize("make", [text_chunks, reasoning_chunks])
def test_there_must_be_a_text_to_cut(make: Any) -> None:
    with pytest.raises(MockError, match="expected a text to cut, got ''"):
        make("")


def test_reasoning_is_cut_into_chunks() -> None:
    deltas = [chunk.choices[0].delta for chunk in reasoning_chunks("Hmm, well", 4)]
    assert [(delta.reasoning_content, delta.content) for delta in deltas] == [
        ("Hmm,", None),
        (" wel", None),
        ("l", None),
    ]


def calls_of(chunks: list[ModelResponseStream]) -> list[tuple[int, str | None, str | None, str]]:
    """Index, id, name and arguments of each fragment."""
    calls = [call for chunk in chunks for call in chunk.choices[0].delta.tool_calls or ()]
    return [(c.index, c.id, c.function.name, c.function.arguments) for c in calls if c.function is not None]


def test_a_tool_call_opens_with_its_name_and_goes_on_with_its_arguments() -> None:
    assert calls_of(tool_call_chunks("weather", {"city": "Köln"}, size=8)) == [
        (0, "call_0", "weather", ""),
        (0, None, None, '{"city":'),
        (0, None, None, '"Köln"}'),
    ]


def test_arguments_may_be_any_text() -> None:
    assert calls_of(tool_call_chunks("f", '{"a":', call_id="c", index=2, size=9)) == [
        (2, "c", "f", ""),
        (2, None, None, '{"a":'),
    ]


def test_a_tool_call_without_arguments_is_one_chunk() -> None:
    assert calls_of(tool_call_chunks("f", "")) == [(0, "call_0", "f", "")]


def test_a_tool_call_needs_a_name() -> None:
    with pytest.raises(MockError, match="a tool call needs a name"):
        tool_call_chunks("", {})


TWO_CALLS = [("f", "1234"), ("g", "5")]


def test_parallel_calls_follow_each_other() -> None:
    calls = calls_of(parallel_tool_call_chunks(TWO_CALLS, size=2))
    assert [(call[0], call[-1]) for call in calls] == [
        (0, ""),
        (0, "12"),
        (0, "34"),
        (1, ""),
        (1, "5"),
    ]


def test_parallel_calls_interleave_on_demand() -> None:
    calls = calls_of(parallel_tool_call_chunks(TWO_CALLS, size=2, interleave=True))
    assert [(call[0], call[-1]) for call in calls] == [
        (0, ""),
        (1, ""),
        (0, "12"),
        (1, "5"),
        (0, "34"),
    ]


def test_parallel_calls_need_a_call() -> None:
    with pytest.raises(MockError, match="got an empty one"):
        parallel_tool_call_chunks([])


def test_a_usage_chunk_has_no_choices() -> None:
    chunk = usage_chunk(7, 5, cached_tokens=2, reasoning_tokens=3)
    assert chunk.choices == []
    assert (chunk.usage.prompt_tokens, chunk.usage.completion_tokens, chunk.usage.total_tokens) == (7, 5, 12)
    assert chunk.usage.prompt_tokens_details.cached_tokens == 2
    assert chunk.usage.completion_tokens_details.reasoning_tokens == 3


def test_a_finish_chunk_is_empty_but_for_its_reason() -> None:
    choice = finish_chunk("max_tokens").choices[0]
    assert (choice.finish_reason, choice.delta.content, choice.delta.role) == ("length", None, None)


def test_a_role_chunk_has_an_empty_text() -> None:
    delta = role_chunk().choices[0].delta
    assert (delta.role, delta.content) == ("assistant", "")
