"""Tools, and the choice among them, in Converse's shape."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.bedrock.asking import CLAUDE, MARK, NOVA, POINT, body, function

from unspool.providers.payload import JSON

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
