"""`reasoning_effort` as each family on Bedrock has it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.bedrock.asking import CLAUDE, NOVA, body

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        (CLAUDE, "low", {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (CLAUDE, {"effort": "low"}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
        (
            "us.anthropic.claude-opus-4-6-v1",
            "high",
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "high"},
            },
        ),
        (NOVA, "high", {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}),
        ("openai.gpt-oss-120b-1:0", "low", {"reasoning_effort": "low"}),
        ("openai.gpt-5.6-luna", "low", {"reasoning": {"effort": "low"}}),
        ("deepseek.v3-v1:0", "low", {"reasoning_effort": "low"}),
    ],
)
def test_each_family_has_its_own(model: str, effort: Any, expected: JSON) -> None:
    assert body(model=model, reasoning_effort=effort)["additionalModelRequestFields"] == expected


@pytest.mark.parametrize("model", [CLAUDE, NOVA])
@pytest.mark.parametrize("effort", ["none", {}])
def test_no_effort_is_nothing(model: str, effort: Any) -> None:
    assert "additionalModelRequestFields" not in body(model=model, reasoning_effort=effort)


@pytest.mark.parametrize("model", [CLAUDE, NOVA])
def test_an_effort_that_the_model_does_not_have_is_refused(model: str) -> None:
    with pytest.raises(BadRequestError, match="no reasoning_effort 'frantic'"):
        body(model=model, reasoning_effort="frantic")
