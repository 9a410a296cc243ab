"""OpenAI's parameters as Converse's."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.providers.bedrock.asking import CLAUDE, MARK, NOVA, POINT, body, function

from unspool.errors import UnsupportedParamsError
from unspool.providers.json_events import JSON


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


POINT_AND_TAGS: JSON = {
    "type": "object",
    "properties": {"x": {"type": "number"}, "tags": {"type": "array", "items": {"type": "object"}}},
    "required": ["x"],
}


def test_a_schema_is_closed_and_sent_as_text() -> None:
    asked = {
        "type": "json_schema",
        "json_schema": {"name": "point", "schema": POINT_AND_TAGS, "strict": True},
    }

    text_format = body(response_format=asked)["outputConfig"]["textFormat"]

    assert text_format["type"] == "json_schema"
    wanted = text_format["structure"]["jsonSchema"]
    assert wanted["name"] == "point"
    schema = json.loads(wanted["schema"])
    assert schema["additionalProperties"] is False
    assert schema["properties"]["tags"]["items"]["additionalProperties"] is False
    assert "additionalProperties" not in POINT_AND_TAGS


def test_plain_text_needs_no_output_config() -> None:
    assert "outputConfig" not in body(response_format={"type": "text"})


SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
SPEC = {"name": "look", "description": "Look.", "inputSchema": {"json": SCHEMA}}


def config(*tools: JSON, **params: Any) -> JSON:
    found: JSON = body(tools=list(tools), **params)["toolConfig"]
    return found


def test_a_function_is_a_tool_spec() -> None:
    assert config(function()) == {"tools": [{"toolSpec": SPEC}]}


def test_a_function_may_say_little() -> None:
    (tool,) = config({"type": "function", "function": {"name": "ping"}})["tools"]
    assert tool["toolSpec"] == {
        "name": "ping",
        "inputSchema": {"json": {"type": "object", "properties": {}}},
    }


def test_another_tool_is_sent_as_it_is() -> None:
    own = {"systemTool": {"name": "nova_grounding"}}
    assert config(own, model=NOVA)["tools"] == [own]


@pytest.mark.parametrize(("model", "expected"), [(CLAUDE, True), (NOVA, None)])
def test_only_claude_is_told_to_be_strict(model: str, expected: bool | None) -> None:
    (tool,) = config(function(strict=True), model=model)["tools"]
    assert tool["toolSpec"].get("strict") == expected


@pytest.mark.parametrize("marked", [{**function(), "cache_control": MARK}, function(cache_control=MARK)])
def test_a_mark_to_cache_is_a_tool_behind(marked: JSON) -> None:
    assert config(marked)["tools"][1:] == [POINT]


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("auto", {"auto": {}}),
        ("required", {"any": {}}),
        ({"type": "function", "function": {"name": "look"}}, {"tool": {"name": "look"}}),
        ({"any": {}}, {"any": {}}),
    ],
)
def test_the_choice(choice: Any, expected: JSON) -> None:
    assert config(function(), tool_choice=choice)["toolChoice"] == expected


@pytest.mark.parametrize("given", [{"tool_choice": "auto"}, {"tools": [], "tool_choice": "none"}])
def test_without_tools_there_is_no_choice(given: JSON) -> None:
    assert "toolConfig" not in body(**given)


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        (None, {"type": "auto", "disable_parallel_tool_use": True}),
        ("auto", {"disable_parallel_tool_use": True}),
    ],
)
def test_claude_can_be_told_of_parallel_calls(choice: str | None, expected: JSON) -> None:
    """The choice has its type in one of the two places only."""
    asked = body(tools=[function()], tool_choice=choice, parallel_tool_calls=False)
    assert asked["additionalModelRequestFields"] == {"tool_choice": expected}


def test_others_can_not() -> None:
    assert "additionalModelRequestFields" not in body(
        model=NOVA, tools=[function()], parallel_tool_calls=False
    )
