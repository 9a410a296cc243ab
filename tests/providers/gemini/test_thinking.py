"""How much Gemini is to think."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini.asking import NEW, OLD, config

from unspool.errors import BadRequestError


def thinking(model: str = OLD, **params: Any) -> Any:
    return config(model=model, **params)["thinkingConfig"]


@pytest.mark.parametrize(
    ("effort", "budget", "shown"),
    [
        ("none", 0, False),
        ("disable", 0, False),
        ("minimal", 1, True),
        ("low", 1024, True),
        ("medium", 2048, True),
        ("high", 4096, True),
    ],
)
def test_before_gemini_3_an_effort_is_a_budget(effort: str, budget: int, shown: bool) -> None:
    assert thinking(reasoning_effort=effort) == {"thinkingBudget": budget, "includeThoughts": shown}


@pytest.mark.parametrize(
    ("model", "least"),
    [
        ("gemini-2.5-flash-lite", 512),
        ("gemini-2.5-pro", 128),
        ("gemini-2.5-flash", 1),
        ("gemini-2.0-flash", 128),
    ],
)
def test_the_least_depends_on_the_model(model: str, least: int) -> None:
    assert thinking(model, reasoning_effort="minimal")["thinkingBudget"] == least


@pytest.mark.parametrize(
    ("model", "effort", "level"),
    [
        (NEW, "none", "minimal"),
        (NEW, "minimal", "minimal"),
        (NEW, "high", "high"),
        ("gemini-3-pro", "none", "low"),
        ("gemini-3-pro", "minimal", "low"),
        ("gemini-3-pro", {"effort": "medium", "summary": "auto"}, "medium"),
    ],
)
def test_since_gemini_3_it_is_a_level(model: str, effort: Any, level: str) -> None:
    assert thinking(model, reasoning_effort=effort) == {
        "thinkingLevel": level,
        "includeThoughts": effort != "none",
    }


@pytest.mark.parametrize("effort", ["xhigh", 5, {}])
def test_an_unknown_effort_is_refused(effort: Any) -> None:
    with pytest.raises(BadRequestError, match="no reasoning_effort"):
        thinking(reasoning_effort=effort)


@pytest.mark.parametrize(
    ("model", "asked", "expected"),
    [
        (OLD, {"type": "enabled", "budget_tokens": 9}, {"includeThoughts": True, "thinkingBudget": 9}),
        (OLD, {"type": "enabled", "budget_tokens": 0}, {"thinkingBudget": 0}),
        (OLD, {"type": "disabled"}, {}),
        (NEW, {"type": "enabled", "budget_tokens": 9}, {"includeThoughts": True}),
        (NEW, {"type": "disabled"}, {"includeThoughts": False}),
    ],
)
def test_anthropics_thinking_is_understood(model: str, asked: Any, expected: Any) -> None:
    assert thinking(model, thinking=asked) == expected
