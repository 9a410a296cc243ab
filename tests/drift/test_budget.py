from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.drift.budget import Budget, most_tokens

MESSAGES = [{"role": "user", "content": "Hi"}]


def _most(**fields: Any) -> int | None:
    body = json.dumps({"messages": MESSAGES, **fields}).encode()
    return most_tokens(json.loads(body), body)


@pytest.mark.parametrize(
    "limit",
    [
        {"max_tokens": 50},
        {"max_completion_tokens": 50},
        {"max_output_tokens": 50},
        {"generationConfig": {"maxOutputTokens": 50}},
        {"inferenceConfig": {"maxTokens": 50}},
        {"options": {"num_predict": 50}},
    ],
)
def test_a_request_costs_at_most_its_bytes_and_its_limit(limit: dict[str, Any]) -> None:
    size = len(json.dumps({"messages": MESSAGES, **limit}))
    assert _most(**limit) == size + 1024 + 50


def test_each_choice_may_use_the_limit() -> None:
    one, three = _most(max_tokens=50, n=1), _most(max_tokens=50, n=3)
    assert one is not None
    assert three == one + 100


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"max_tokens": 50, "previous_response_id": "resp_1"},
        {"max_tokens": 50, "messages": [{"content": [{"image_url": {"url": "https://pictures.example/1"}}]}]},
        {"max_tokens": 50, "messages": [{"content": [{"type": "image", "source": {"data": "aQ=="}}]}]},
        {"max_tokens": 50, "contents": [{"parts": [{"inlineData": {"data": "aQ=="}}]}]},
        {"max_tokens": 50, "web_search_options": {"search_context_size": "low"}},
        {"max_tokens": 50, "tools": [{"type": "web_search"}]},
        {"max_tokens": 50, "tools": [{"googleSearch": {}}]},
    ],
)
def test_without_a_limit_or_with_input_from_elsewhere_there_is_no_bound(fields: dict[str, Any]) -> None:
    assert _most(**fields) is None


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "look"}},
        {"name": "look", "input_schema": {"properties": {"image": {"type": "file"}}}},
        {"functionDeclarations": [{"name": "look"}]},
        {"toolSpec": {"name": "look"}},
    ],
)
def test_tools_that_the_client_runs_cost_nothing_more(tool: dict[str, Any]) -> None:
    assert _most(max_tokens=50, tools=[tool]) is not None


def test_requests_are_refused_from_the_budgets_end() -> None:
    budget = Budget(requests=1)
    assert budget.refusal(None) is None
    budget.spend(None, None)
    assert budget.refusal(None) == "the budget of 1 requests is spent"


def test_a_request_is_refused_if_it_may_pass_the_budget() -> None:
    budget = Budget(tokens=100)
    budget.spend(60, 40)
    assert budget.refusal(60) is None
    assert budget.refusal(61) is not None
    assert budget.refusal(None) is not None


def test_what_a_response_does_not_report_counts_in_full() -> None:
    budget = Budget(tokens=100)
    budget.spend(60, None)
    assert budget.used == 60


def test_any_json_may_be_a_request() -> None:
    assert _most(max_tokens=50, response_format={"type": ["object", None]}) is not None
    assert most_tokens([1], b"[1]") is None
