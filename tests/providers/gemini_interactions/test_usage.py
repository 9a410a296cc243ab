"""An interaction's counts."""

from __future__ import annotations

from tests.providers.gemini_interactions.events import USAGE

from unspool.providers.gemini_interactions.usage import usage_of_interaction


def test_counts_are_told_apart_by_modality() -> None:
    details = [{"modality": "text", "tokens": 4}, {"modality": "image", "tokens": 6}]
    usage = usage_of_interaction({**USAGE, "input_tokens_by_modality": details}, searches=0)
    assert usage is not None
    assert usage.prompt_tokens_details is not None
    assert (usage.prompt_tokens_details.text_tokens, usage.prompt_tokens_details.image_tokens) == (4, 6)
    assert usage.completion_tokens_details is not None
    assert usage.completion_tokens_details.reasoning_tokens == 7


def test_other_counters_stay() -> None:
    usage = usage_of_interaction({**USAGE, "raw_prompt_token": 33}, searches=0)
    assert usage is not None
    assert usage.get("raw_prompt_token") == 33


def test_where_nothing_is_counted_there_is_no_usage() -> None:
    assert usage_of_interaction({}, searches=0) is None
