"""Tools, and the choice among them, in Anthropic's shape."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.anthropic.asking import MARK, body

from unspool.providers.payload import JSON

SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
LOOK = {"type": "function", "function": {"name": "look", "description": "Look up", "parameters": SCHEMA}}


def test_a_function_becomes_a_tool() -> None:
    assert body(tools=[LOOK])["tools"] == [{"name": "look", "description": "Look up", "input_schema": SCHEMA}]


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
