"""How a message of Cohere's ends."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import ProviderError
from unspool.providers.cohere.ends import raise_if_failed, raise_if_refused, usage_from


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ({"finish_reason": "ERROR"}, 500),
        ({"finish_reason": "TIMEOUT"}, 504),
        ({"finish_reason": "ERROR", "error": "x"}, 500),
    ],
)
def test_a_reason_that_is_an_error_is_raised_with_its_status(end: dict[str, Any], status: int) -> None:
    with pytest.raises(ProviderError) as raised:
        raise_if_failed(end)
    assert raised.value.status_code == status
    assert end.get("error", end["finish_reason"]) in str(raised.value)


def test_any_other_reason_is_none() -> None:
    raise_if_failed({"finish_reason": "COMPLETE"})
    raise_if_failed({})


def test_a_body_without_a_kind_but_with_a_message_is_an_error() -> None:
    with pytest.raises(ProviderError, match="no such model"):
        raise_if_refused({"message": "no such model"}, "type")
    raise_if_refused({"type": "message-end", "message": "x"}, "type")
    raise_if_refused({"message": {}}, "type")


def test_one_count_is_the_usage_and_both_stay() -> None:
    reported = {
        "billed_units": {"input_tokens": 1, "output_tokens": 2},
        "tokens": {"input_tokens": 10, "output_tokens": 20, "reasoning_tokens": 5},
    }
    for counted, prompt in (("billed_units", 1), ("tokens", 10)):
        usage = usage_from(reported, counted)
        assert usage is not None
        assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (
            prompt,
            2 * prompt,
            3 * prompt,
        )
        assert usage.completion_tokens_details.reasoning_tokens == 5
        assert usage.model_dump()["billed_units"] == reported["billed_units"]


def test_the_other_count_is_the_usage_where_one_is_missing() -> None:
    usage = usage_from({"tokens": {"input_tokens": 10}}, "billed_units")
    assert usage is not None
    assert (usage.prompt_tokens, usage.completion_tokens) == (10, 0)
    assert usage_from({}, "tokens") is None
