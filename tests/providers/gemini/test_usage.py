"""Gemini's counts as LiteLLM counts them."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.models import Usage
from unspool.providers.gemini.usage import usage_from


def counted(*, searches: int = 0, **reported: Any) -> Usage:
    usage = usage_from(reported, searches=searches)
    assert usage is not None
    return usage


def totals(usage: Usage) -> tuple[int, int, int]:
    return usage.prompt_tokens, usage.completion_tokens, usage.total_tokens


PLAIN: Any = {"promptTokenCount": 10, "candidatesTokenCount": 5, "totalTokenCount": 15}


@pytest.mark.parametrize("reported", [{}, {"trafficType": "ON_DEMAND"}])
def test_where_nothing_is_counted_there_is_no_usage(reported: Any) -> None:
    assert usage_from(reported, searches=0) is None


def test_the_three_totals() -> None:
    assert totals(counted(**PLAIN)) == (10, 5, 15)


def test_thoughts_are_a_part_of_the_completion() -> None:
    usage = counted(**{**PLAIN, "thoughtsTokenCount": 7, "totalTokenCount": 22})
    assert totals(usage) == (10, 12, 22)
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 7
    assert usage.completion_tokens_details.text_tokens == 5


def test_thoughts_that_are_counted_already_are_counted_once() -> None:
    assert totals(counted(**{**PLAIN, "thoughtsTokenCount": 3})) == (10, 5, 15)


def test_what_tools_read_is_a_part_of_the_prompt() -> None:
    usage = counted(**{**PLAIN, "toolUsePromptTokenCount": 100, "totalTokenCount": 115})
    assert totals(usage) == (110, 5, 115)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.get("tool_use_tokens") == 100


def test_what_a_search_read_is_not() -> None:
    usage = counted(searches=2, **{**PLAIN, "toolUsePromptTokenCount": 100, "totalTokenCount": 115})
    assert totals(usage) == (10, 5, 115)
    assert usage.prompt_tokens_details is not None
    assert usage.prompt_tokens_details.get("web_search_requests") == 2


@pytest.mark.parametrize("text", ["TEXT", 1])
@pytest.mark.parametrize("image", ["IMAGE", 2])
def test_modalities_are_told_apart_by_name_or_number(text: Any, image: Any) -> None:
    details = [{"modality": text, "tokenCount": 4}, {"modality": image, "tokenCount": 6}]
    usage = counted(
        **PLAIN, promptTokensDetails=details, candidatesTokensDetails=[{"modality": image, "tokenCount": 2}]
    )
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    assert prompt is not None
    assert completion is not None
    assert (prompt.text_tokens, prompt.image_tokens) == (4, 6)
    assert (completion.text_tokens, completion.image_tokens) == (3, 2)


@pytest.mark.parametrize("named", [True, False])
def test_what_was_cached_is_no_new_text(named: bool) -> None:
    details = {"cacheTokensDetails": [{"modality": "TEXT", "tokenCount": 8}]} if named else {}
    usage = counted(
        **PLAIN,
        promptTokensDetails=[{"modality": "TEXT", "tokenCount": 10}],
        cachedContentTokenCount=8,
        **details,
    )
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens_details.text_tokens, usage.prompt_tokens_details.cached_tokens) == (2, 8)
    assert usage.get("cache_read_input_tokens") == 8


def test_other_counters_stay() -> None:
    details = [{"modality": "TEXT", "tokenCount": 100}]
    assert (
        counted(**PLAIN, toolUsePromptTokensDetails=details).get("tool_use_prompt_tokens_details") == details
    )


def test_a_total_that_isnt_sent_is_the_sum() -> None:
    assert totals(counted(promptTokenCount=3)) == (3, 0, 3)
