"""Counts of input and output as those of prompt and completion."""

from __future__ import annotations

import pytest

from unspool.providers.json_events import JSON
from unspool.providers.openai.usage import usage_from_counts


@pytest.mark.parametrize(
    ("reported", "counted"),
    [
        (
            {"input_tokens": 3, "output_tokens": 4, "total_tokens": 9},
            {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 9},
        ),
        (
            {"input_tokens": 3, "output_tokens": 4},
            {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
        ),
        (
            {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
            {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7},
        ),
        (
            {"type": "duration", "seconds": 12},
            {
                "prompt_tokens": 0,
                "completion_tokens": 0,
                "total_tokens": 0,
                "type": "duration",
                "seconds": 12,
            },
        ),
    ],
)
def test_counts_are_renamed_and_others_stay(reported: JSON, counted: JSON) -> None:
    usage = usage_from_counts(reported)
    assert usage is not None
    assert usage.model_dump(exclude_none=True) == counted


@pytest.mark.parametrize("word", ["token", "tokens"])
def test_details_are_found_under_either_name(word: str) -> None:
    usage = usage_from_counts(
        {
            f"input_{word}_details": {"cached_tokens": 2, "cache_write_tokens": 1},
            f"output_{word}_details": {"reasoning_tokens": 3},
        }
    )
    assert usage is not None
    assert usage.prompt_tokens_details.model_dump(exclude_none=True) == {
        "cached_tokens": 2,
        "cache_write_tokens": 1,
    }
    assert usage.completion_tokens_details.reasoning_tokens == 3


def test_no_counts_are_no_usage() -> None:
    assert usage_from_counts({}) is None
