"""Values as the request asks for them; and what a request forbids."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel
from tests.script.asking import FORMATS, ask, rebuilt

from unspool import UnscriptedRequestError
from unspool.script import Script, call, finish, refusal, structured, text


class City(BaseModel):
    name: str
    people: int


SCHEMA = City.model_json_schema()
OSLO = City(name="Oslo", people=700_000)
VALUE = {"name": "Oslo", "people": 700_000}


def function(name: str, schema: Any = SCHEMA) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": schema}}


BY_SCHEMA: dict[str, dict[str, Any]] = {
    "openai": {"response_format": {"type": "json_schema", "json_schema": {"name": "City", "schema": SCHEMA}}},
    "responses": {"text": {"format": {"type": "json_schema", "name": "City", "schema": SCHEMA}}},
    "anthropic": {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    "gemini": {"generationConfig": {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}},
    "converse": {
        "outputConfig": {
            "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": json.dumps(SCHEMA)}}}
        }
    },
    "cohere": {"response_format": {"type": "json_object", "json_schema": SCHEMA}},
    "ollama": {"format": SCHEMA},
}
BY_TOOL: dict[str, dict[str, Any]] = {
    "openai": {
        "tools": [function("other"), function("City")],
        "tool_choice": {"type": "function", "function": {"name": "City"}},
    },
    "responses": {
        "tools": [{"type": "function", "name": "City", "parameters": SCHEMA}],
        "tool_choice": {"type": "function", "name": "City"},
    },
    "anthropic": {
        "tools": [{"name": "City", "input_schema": SCHEMA}],
        "tool_choice": {"type": "tool", "name": "City"},
    },
    "gemini": {
        "tools": [{"functionDeclarations": [{"name": "City", "parametersJsonSchema": SCHEMA}]}],
        "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["City"]}},
    },
    "converse": {
        "toolConfig": {
            "tools": [{"toolSpec": {"name": "City", "inputSchema": {"json": SCHEMA}}}],
            "toolChoice": {"tool": {"name": "City"}},
        }
    },
    "cohere": {"tools": [function("City")], "tool_choice": "REQUIRED"},
}


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", BY_SCHEMA)
def test_a_value_is_text_where_a_schema_is_sent(name: str, stream: bool) -> None:
    message = rebuilt(Script(structured(OSLO)), name, stream=stream, **BY_SCHEMA[name]).choices[0].message
    assert json.loads(message.content or "") == VALUE


@pytest.mark.parametrize("name", BY_TOOL)
def test_a_value_is_a_call_where_a_tool_is_demanded(name: str) -> None:
    message = rebuilt(Script(structured(VALUE)), name, **BY_TOOL[name]).choices[0].message
    (made,) = message.tool_calls or ()
    assert (made.function.name, json.loads(made.function.arguments)) == ("City", VALUE)


def test_a_value_is_a_final_result_among_other_tools() -> None:
    asked = {"tools": [function("get_weather"), function("final_result")], "tool_choice": "required"}
    (made,) = rebuilt(Script(structured(VALUE)), "openai", **asked).choices[0].message.tool_calls or ()
    assert made.function.name == "final_result"


def test_of_several_final_results_the_one_that_fits_is_called() -> None:
    other = {"type": "object", "properties": {"road": {"type": "string"}}, "required": ["road"]}
    asked = {"tools": [function("final_result_Road", other), function("final_result_City")]}
    (made,) = rebuilt(Script(structured(VALUE)), "openai", **asked).choices[0].message.tool_calls or ()
    assert made.function.name == "final_result_City"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({"name": "Oslo"}, r"\$.people is missing"),
        ({"name": "Oslo", "people": "many"}, "should be integer"),
        ([1], "should be object"),
    ],
)
def test_a_value_that_breaks_the_schema_is_a_wrong_script(value: Any, what: str) -> None:
    with pytest.raises(UnscriptedRequestError, match=what):
        ask(Script(structured(value)), "openai", **BY_SCHEMA["openai"])


def test_a_value_that_is_to_break_the_schema_does() -> None:
    script = Script(structured({"name": "Oslo"}, valid=False))
    message = rebuilt(script, "openai", **BY_SCHEMA["openai"]).choices[0].message
    assert json.loads(message.content or "") == {"name": "Oslo"}
    with pytest.raises(UnscriptedRequestError, match="valid=False"):
        ask(Script(structured(VALUE, valid=False)), "openai", **BY_SCHEMA["openai"])


def test_a_value_that_nobody_asks_for_is_a_wrong_script() -> None:
    with pytest.raises(UnscriptedRequestError, match="asks for no value"):
        ask(Script(structured(VALUE)), "openai")


@pytest.mark.parametrize("name", BY_TOOL)
def test_a_turn_without_the_demanded_call_is_a_wrong_script(name: str) -> None:
    with pytest.raises(UnscriptedRequestError, match="demands a call"):
        ask(Script(text("No call.")), name, **BY_TOOL[name])


@pytest.mark.parametrize("name", [name for name in BY_TOOL if name != "cohere"])
def test_another_call_than_the_demanded_one_is_a_wrong_script(name: str) -> None:
    with pytest.raises(UnscriptedRequestError, match="demands a call of City"):
        ask(Script(call("other")), name, **BY_TOOL[name])


def test_a_refusal_and_a_cut_turn_need_no_call() -> None:
    for made in (refusal(), text("It rai") + finish("length")):
        ask(Script(made), "openai", **BY_TOOL["openai"])


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("openai", {"tool_choice": "none"}),
        ("anthropic", {"tool_choice": {"type": "none"}}),
        ("gemini", {"toolConfig": {"functionCallingConfig": {"mode": "NONE"}}}),
        ("cohere", {"tool_choice": "NONE"}),
    ],
)
def test_a_call_that_is_forbidden_is_a_wrong_script(name: str, asked: dict[str, Any]) -> None:
    assert name in FORMATS
    with pytest.raises(UnscriptedRequestError, match="forbids tool calls"):
        ask(Script(call("City")), name, **asked)


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("openai", {"parallel_tool_calls": False}),
        ("responses", {"parallel_tool_calls": False}),
        ("anthropic", {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}),
    ],
)
def test_parallel_calls_that_are_forbidden_are_a_wrong_script(name: str, asked: dict[str, Any]) -> None:
    with pytest.raises(UnscriptedRequestError, match="forbids parallel tool calls"):
        ask(Script(call("a") + call("b")), name, **asked)
    ask(Script(call("a")), name, **asked)
