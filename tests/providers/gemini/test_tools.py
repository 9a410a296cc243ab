"""Tools in Gemini's shape."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.gemini.asking import body

from unspool.errors import BadRequestError

SCHEMA = {
    "type": "object",
    "properties": {
        "at": {"type": "string", "enum": ["sky", "sea"], "description": "Where to."},
        "times": {"type": "array", "items": {"type": "integer", "minimum": 1}},
        "strict": {"type": "boolean"},
    },
    "required": ["at"],
}


def function(parameters: Any = None, **fields: Any) -> Any:
    given = {} if parameters is None else {"parameters": parameters}
    return {"type": "function", "function": {"name": "look", **given, **fields}}


def declared(*tools: Any) -> Any:
    return body(tools=list(tools))["tools"][0]["function_declarations"]


def test_a_schema_that_gemini_can_say_stays_as_it_is() -> None:
    assert declared(function(SCHEMA, description="Looks.")) == [
        {"name": "look", "description": "Looks.", "parameters": SCHEMA}
    ]


def test_what_only_openai_wants_is_left_out() -> None:
    strict = {**SCHEMA, "additionalProperties": False, "$schema": "https://json-schema.org/draft-07/schema"}
    assert declared(function(strict, strict=True)) == declared(function(SCHEMA))


@pytest.mark.parametrize("parameters", [None, {"type": "object", "properties": {}, "required": []}])
def test_a_function_may_take_nothing(parameters: Any) -> None:
    expected = {} if parameters is None else {"parameters": {"type": "object"}}
    assert declared(function(parameters)) == [{"name": "look", **expected}]


@pytest.mark.parametrize(
    "property_",
    [
        {"$ref": "#/$defs/Place"},
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": ["string", "null"]},
        {"type": "integer", "enum": [1, 2]},
        {"type": "string", "format": "email"},
        {"type": "array"},
        {"type": "array", "items": {"const": 1}},
        {},
    ],
)
def test_any_other_schema_goes_where_json_schema_is_understood(property_: Any) -> None:
    schema = {"type": "object", "properties": {"at": property_}, "additionalProperties": False}
    assert declared(function({**schema, "strict": True})) == [
        {"name": "look", "parametersJsonSchema": schema}
    ]


def test_what_gemini_knows_of_a_function_goes_along() -> None:
    assert declared(function(behavior="NON_BLOCKING")) == [{"name": "look", "behavior": "NON_BLOCKING"}]


def test_functions_are_one_tool_and_come_first() -> None:
    tools = [{"google_search": {}}, function(), {"codeExecution": {}}, function(), {"urlContext": {}}]
    assert body(tools=tools)["tools"] == [
        {"function_declarations": [{"name": "look"}, {"name": "look"}]},
        {"googleSearch": {}},
        {"code_execution": {}},
        {"url_context": {}},
    ]


@pytest.mark.parametrize("kind", ["web_search", "web_search_preview"])
def test_openais_search_is_googles(kind: str) -> None:
    assert body(tools=[{"type": kind}])["tools"] == [{"googleSearch": {}}]


def test_a_search_that_is_asked_for_by_options_is_a_tool() -> None:
    asked = body(tools=[function()], web_search_options={})
    assert asked["tools"] == [{"function_declarations": [{"name": "look"}]}, {"googleSearch": {}}]


def test_openais_older_functions_are_tools() -> None:
    assert body(functions=[{"name": "look"}])["tools"] == [{"function_declarations": [{"name": "look"}]}]


@pytest.mark.parametrize(
    ("choice", "config"),
    [
        ("auto", {"mode": "AUTO"}),
        ("none", {"mode": "NONE"}),
        ("required", {"mode": "ANY"}),
        (
            {"type": "function", "function": {"name": "look"}},
            {"mode": "ANY", "allowed_function_names": ["look"]},
        ),
    ],
)
def test_a_choice_is_a_mode(choice: Any, config: Any) -> None:
    assert body(tool_choice=choice)["toolConfig"] == {"functionCallingConfig": config}


@pytest.mark.parametrize("choice", ["maybe", {"type": "custom"}])
def test_an_unknown_choice_is_refused(choice: Any) -> None:
    with pytest.raises(BadRequestError, match="no tool_choice"):
        body(tool_choice=choice)
