"""OpenAI's parameters as Converse's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.bedrock.asking import CLAUDE, NOVA, body, function

from unspool.errors import UnsupportedParamsError
from unspool.providers.payload import JSON


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"max_tokens": 9}, {"maxTokens": 9}),
        ({"max_completion_tokens": 9}, {"maxTokens": 9}),
        ({"temperature": 0.0}, {"temperature": 0.0}),
        ({"top_p": 0.5}, {"topP": 0.5}),
        ({"stop": "END"}, {"stopSequences": ["END"]}),
        ({"stop": ["A", "B"]}, {"stopSequences": ["A", "B"]}),
        ({"temperature": None}, {}),
    ],
)
def test_sampling(given: JSON, expected: JSON) -> None:
    assert body(**given)["inferenceConfig"] == expected


@pytest.mark.parametrize(
    ("model", "expected"), [(CLAUDE, {"top_k": 5}), (NOVA, {"inferenceConfig": {"topK": 5}})]
)
def test_top_k_is_the_model_s_own(model: str, expected: JSON) -> None:
    assert body(model=model, top_k=5)["additionalModelRequestFields"] == expected


def test_what_nobody_knows_is_the_model_s_own() -> None:
    assert body(hologram=1, additionalModelRequestFields={"light": 2})["additionalModelRequestFields"] == {
        "hologram": 1,
        "light": 2,
    }


@pytest.mark.parametrize(
    "own",
    [
        {"guardrailConfig": {"guardrailIdentifier": "g", "guardrailVersion": "1"}},
        {"performanceConfig": {"latency": "optimized"}},
        {"requestMetadata": {"team": "a"}},
        {"promptVariables": {"who": {"text": "you"}}},
        {"additionalModelResponseFieldPaths": ["/stop_sequence"]},
    ],
)
def test_converse_s_own_are_sent_as_they_are(own: JSON) -> None:
    assert own.items() <= body(**own).items()


@pytest.mark.parametrize(("tier", "expected"), [("auto", "default"), ("flex", "flex")])
def test_the_service_tier(tier: str, expected: str) -> None:
    assert body(service_tier=tier)["serviceTier"] == {"type": expected}


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"seed": 1}, "seed"),
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"functions": []}, "functions"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"tools": [function()], "tool_choice": "none"}, "tool_choice"),
        ({"aws_profile_name": "me"}, "aws_profile_name"),
        ({"model": "mistral.mistral-large-2402-v1:0", "reasoning_effort": "low"}, "reasoning_effort"),
    ],
)
def test_what_converse_does_not_have_is_an_error_or_dropped(given: dict[str, Any], names: str) -> None:
    with pytest.raises(UnsupportedParamsError, match=f"no parameter '{names}'") as caught:
        body(**given)
    assert caught.value.param == names
    others = {name: value for name, value in given.items() if name != names}
    assert body(**given, drop_params=True) == body(**others)


@pytest.mark.parametrize(
    "given", [{"n": 1}, {"stream_options": {"include_usage": True}}, {"seed": None}, {"user": "me"}]
)
def test_what_says_no_more_than_converse_does_anyway_is_no_error(given: JSON) -> None:
    assert body(**given) == body()


@pytest.mark.parametrize("given", [{}, {"max_tokens": 8000}])
def test_thinking_has_its_room_and_its_tokens_are_asked_for(given: JSON) -> None:
    thinking = {"type": "enabled", "budget_tokens": 1500}
    asked = body(thinking=thinking, **given)
    assert asked["additionalModelRequestFields"] == {"thinking": thinking}
    assert asked["inferenceConfig"]["maxTokens"] == given.get("max_tokens", 5596)
    assert asked["additionalModelResponseFieldPaths"] == ["/usage/output_tokens_details"]


def test_the_caller_s_own_paths_stay() -> None:
    paths = ["/usage"]
    asked = body(thinking={"type": "adaptive"}, additionalModelResponseFieldPaths=paths)
    assert asked["additionalModelResponseFieldPaths"] == paths
