"""An effort as a budget for thinking, or as an effort."""

from __future__ import annotations

import pytest
from tests.providers.anthropic.asking import body, build

from unspool.errors import BadRequestError


@pytest.mark.parametrize(
    ("effort", "budget"),
    [("minimal", 1024), ("low", 1024), ("medium", 2048), ("high", 4096), ("xhigh", 8192), ("max", 16384)],
)
def test_an_effort_is_a_budget_for_thinking(effort: str, budget: int) -> None:
    sent = body(model="claude-sonnet-4-5", reasoning_effort=effort)
    assert sent["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert "reasoning_effort" not in sent


@pytest.mark.parametrize(
    "model", ["claude-sonnet-4-6", "claude-opus-4-10", "claude-opus-5", "claude-opus-4.7"]
)
def test_a_newer_model_is_told_the_effort(model: str) -> None:
    sent = body(model=model, reasoning_effort="minimal")
    assert sent["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert sent["output_config"] == {"effort": "low"}


@pytest.mark.parametrize(
    "model", ["claude-3-7-sonnet-20250219", "claude-sonnet-4-20250514", "claude-haiku-4-5"]
)
def test_an_older_model_is_given_a_budget(model: str) -> None:
    assert body(model=model, reasoning_effort="low")["thinking"]["type"] == "enabled"


def test_no_effort_is_no_thinking() -> None:
    assert body(reasoning_effort="none") == body()


def test_an_effort_may_come_with_other_wishes() -> None:
    sent = body(reasoning_effort={"effort": "low", "summary": "concise"})
    assert sent["thinking"]["budget_tokens"] == 1024


def test_an_unknown_effort_is_an_error() -> None:
    with pytest.raises(BadRequestError, match="use one of minimal, low"):
        build(reasoning_effort="heroic")
