"""Bedrock's token counts, as LiteLLM counts them."""

from __future__ import annotations

import pytest
from tests.providers.bedrock.events import metadata, reasoning, stop, usages

from unspool.models import Usage
from unspool.providers.bedrock.usage import thinking_tokens, usage_from
from unspool.providers.json_events import JSON


def counted(reported: JSON, *, silent: bool = True, thought: int | None = None) -> Usage:
    usage = usage_from(reported, silent=silent, thought=thought)
    assert usage is not None
    return usage


def test_the_prompt_includes_what_the_cache_had_and_got() -> None:
    usage = counted(
        {"inputTokens": 2, "outputTokens": 5, "cacheReadInputTokens": 30, "cacheWriteInputTokens": 10}
    )
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (42, 5, 47)
    assert (usage.cache_read_input_tokens, usage.cache_creation_input_tokens) == (30, 10)
    details = usage.prompt_tokens_details
    assert details is not None
    assert (details.text_tokens, details.cached_tokens, details.cache_creation_tokens) == (2, 30, 10)


def test_invoke_model_has_other_names() -> None:
    usage = counted({"inputTokenCount": 2, "outputTokenCount": 5, "cacheReadInputTokenCount": 3})
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (5, 5, 10)


def test_the_total_is_bedrock_s_own() -> None:
    assert counted({"inputTokens": 2, "outputTokens": 5, "totalTokens": 99}).total_tokens == 99


def test_other_counters_stay() -> None:
    assert counted({"inputTokens": 2, "serverToolUsage": {"calls": 1}})["serverToolUsage"] == {"calls": 1}


@pytest.mark.parametrize(
    ("details", "written", "expected"),
    [
        ([{"ttl": "5m", "inputTokens": 4}, {"ttl": "1h", "inputTokens": 6}], 10, (4, 6)),
        ([{"ttl": "5m", "inputTokens": 4}], 10, None),
        ([{"ttl": "1d", "inputTokens": 10}], 10, None),
        ([], 0, None),
    ],
)
def test_lifetimes_are_told_only_if_they_account_for_all(
    details: list[JSON], written: int, expected: tuple[int, int] | None
) -> None:
    usage = counted({"inputTokens": 1, "cacheWriteInputTokens": written, "cacheDetails": details})
    assert usage["cacheDetails"] == details
    found = usage.prompt_tokens_details.get("cache_creation_token_details")
    read = found and (found.ephemeral_5m_input_tokens, found.ephemeral_1h_input_tokens)
    assert read == expected


@pytest.mark.parametrize(
    ("silent", "thought", "expected"),
    [(True, None, (0, 9)), (False, None, None), (False, 4, (4, 5)), (False, 20, (9, 0))],
)
def test_reasoning_tokens(silent: bool, thought: int | None, expected: tuple[int, int] | None) -> None:
    details = counted({"outputTokens": 9}, silent=silent, thought=thought).completion_tokens_details
    assert (details and (details.reasoning_tokens, details.text_tokens)) == expected


def test_nothing_reported_is_no_usage() -> None:
    assert usage_from({}, silent=True) is None


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"usage": {"output_tokens_details": {"thinking_tokens": 7}}}, 7),
        ({"usage": {"output_tokens_details": {}}}, None),
        ({}, None),
    ],
)
def test_thinking_tokens(fields: JSON, expected: int | None) -> None:
    assert thinking_tokens(fields) == expected


def test_a_stream_says_them_at_its_stop() -> None:
    asked = {"usage": {"output_tokens_details": {"thinking_tokens": 3}}}
    (usage,) = usages(*reasoning({"text": "Well"}), stop(additionalModelResponseFields=asked), metadata())
    assert usage["completion_tokens_details"] == {"reasoning_tokens": 3, "text_tokens": 2}


def test_a_stream_with_reasoning_of_unknown_length_says_nothing_of_it() -> None:
    (usage,) = usages(*reasoning({"text": "Well"}), stop(), metadata())
    assert "completion_tokens_details" not in usage
