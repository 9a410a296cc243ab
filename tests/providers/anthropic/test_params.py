"""OpenAI's parameters as Anthropic's."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.anthropic.asking import MARK, body, build

from unspool.errors import UnsupportedParamsError
from unspool.providers.json_events import JSON


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_the_limit_has_two_names(name: str) -> None:
    assert body(**{name: 9})["max_tokens"] == 9


def test_thinking_comes_on_top_of_the_default_limit() -> None:
    assert body(thinking={"type": "enabled", "budget_tokens": 2000})["max_tokens"] == 6096


@pytest.mark.parametrize(("stop", "sent"), [("a", ["a"]), (["a", "b"], ["a", "b"])])
def test_stop_becomes_stop_sequences(stop: Any, sent: list[str]) -> None:
    assert body(stop=stop)["stop_sequences"] == sent


def test_a_user_becomes_metadata() -> None:
    assert body(user="u-17")["metadata"] == {"user_id": "u-17"}


@pytest.mark.parametrize("name", ["ada@example.org", "+49 30 901820"])
def test_a_user_that_names_a_person_is_left_out(name: str) -> None:
    assert "metadata" not in body(user=name)


def test_of_metadata_only_the_user_is_sent() -> None:
    assert body(metadata={"user_id": "u-17", "trace": "t"})["metadata"] == {"user_id": "u-17"}
    assert "metadata" not in body(metadata={"trace": "t"})


def test_what_only_anthropic_knows_is_sent_as_it_is() -> None:
    own = {"top_k": 3, "thinking": {"type": "disabled"}, "container": "box", "service_tier": "auto"}
    sent = body(temperature=0.5, top_p=0.1, **own)
    assert {key: sent[key] for key in own} == own


def test_what_is_none_is_left_out() -> None:
    assert body(temperature=None, tools=None, response_format=None, reasoning_effort=None) == body()


@pytest.mark.parametrize(
    "harmless", [{"n": 1}, {"response_format": {"type": "text"}}, {"stream_options": {"include_usage": True}}]
)
def test_what_asks_for_nothing_unusual_is_left_out(harmless: JSON) -> None:
    assert body(**harmless) == body()


def test_a_parameter_that_anthropic_does_not_have_is_an_error() -> None:
    with pytest.raises(UnsupportedParamsError, match="drop_params=True") as caught:
        build(seed=1)
    assert (caught.value.param, caught.value.model) == ("seed", "claude-test")


def test_drop_params_leaves_such_a_parameter_out() -> None:
    assert body(seed=1, n=2, drop_params=True) == body()


def test_an_unsupported_parameter_with_a_substitute_names_it() -> None:
    with pytest.raises(UnsupportedParamsError, match="use one of the type"):
        build(response_format={"type": "json_object"})


SCHEMA: JSON = {"type": "object", "properties": {}}
HELD_TO_IT = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}
FORMAT = {"format": {"type": "json_schema", "schema": SCHEMA}}


def test_a_schema_for_the_answer_is_a_part_of_the_output_config() -> None:
    assert body(response_format=HELD_TO_IT) == {**body(), "output_config": FORMAT}


@pytest.mark.parametrize(
    "names", [("output_config", "response_format"), ("response_format", "output_config")]
)
def test_a_schema_and_an_output_config_are_one(names: tuple[str, str]) -> None:
    given = {"output_config": {"effort": "low"}, "response_format": HELD_TO_IT}
    sent = body(**{name: given[name] for name in names})
    assert sent["output_config"] == {"effort": "low", **FORMAT}


def test_an_effort_leaves_the_rest_of_the_output_config_alone() -> None:
    wanted = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    sent = body(model="claude-opus-4-7", output_config=wanted, reasoning_effort="high")
    assert sent["output_config"] == {"effort": "high", **wanted}


TOOL_SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
LOOK = {"type": "function", "function": {"name": "look", "description": "Look up", "parameters": TOOL_SCHEMA}}


def test_a_function_becomes_a_tool() -> None:
    assert body(tools=[LOOK])["tools"] == [
        {"name": "look", "description": "Look up", "input_schema": TOOL_SCHEMA}
    ]


def test_a_function_without_parameters_takes_an_empty_object() -> None:
    bare = {"type": "function", "function": {"name": "now"}}
    assert body(tools=[bare])["tools"] == [
        {"name": "now", "input_schema": {"type": "object", "properties": {}}}
    ]


def test_what_anthropic_knows_of_a_tool_is_kept_from_either_place() -> None:
    marked = {**LOOK, "cache_control": MARK, "function": {**LOOK["function"], "defer_loading": True}}
    (sent,) = body(tools=[marked])["tools"]
    assert (sent["cache_control"], sent["defer_loading"]) == (MARK, True)


def test_a_tool_of_anthropic_s_own_is_sent_as_it_is() -> None:
    search = {"type": "web_search_20250305", "name": "web_search", "max_uses": 2}
    assert body(tools=[search])["tools"] == [search]


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        ("auto", {"type": "auto"}),
        ("required", {"type": "any"}),
        ("none", {"type": "none"}),
        ({"type": "function", "function": {"name": "look"}}, {"type": "tool", "name": "look"}),
        ({"type": "required"}, {"type": "any"}),
        ({"type": "tool", "name": "look"}, {"type": "tool", "name": "look"}),
    ],
)
def test_tool_choice(choice: Any, sent: JSON) -> None:
    assert body(tools=[LOOK], tool_choice=choice)["tool_choice"] == sent


@pytest.mark.parametrize(
    ("params", "sent"),
    [
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
        ({"parallel_tool_calls": True}, {"type": "auto", "disable_parallel_tool_use": False}),
        (
            {"parallel_tool_calls": False, "tool_choice": "required"},
            {"type": "any", "disable_parallel_tool_use": True},
        ),
        ({"parallel_tool_calls": False, "tool_choice": "none"}, {"type": "none"}),
    ],
)
def test_parallel_tool_calls_are_part_of_the_choice(params: JSON, sent: JSON) -> None:
    assert body(tools=[LOOK], **params)["tool_choice"] == sent


def test_without_tools_there_is_no_choice() -> None:
    assert body(tool_choice="auto", parallel_tool_calls=False) == body()
