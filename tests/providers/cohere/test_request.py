from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import UnsupportedParamsError
from unspool.providers.cohere.request import build_request
from unspool.providers.payload import JSON
from unspool.providers.request import HTTPRequest

HELLO = [{"role": "user", "content": "Hello?"}]


def tool(name: str) -> JSON:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}


def build(
    *,
    base_url: str = "https://api.cohere.com",
    api_key: str | None = "k",
    stream: bool = False,
    **params: Any,
) -> HTTPRequest:
    return build_request("command", HELLO, params, api_key=api_key, base_url=base_url, stream=stream)


def sent(**params: Any) -> JSON:
    """The body but the model and the messages."""
    body = build(**params).body
    return {name: value for name, value in body.items() if name not in ("model", "messages")}


@pytest.mark.parametrize("path", ["", "/", "/v2", "/v2/", "/v2/chat"])
def test_the_address_is_that_of_version_2(path: str) -> None:
    assert build(base_url=f"https://api.cohere.com{path}").url == "https://api.cohere.com/v2/chat"


def test_the_key_is_a_bearer_s() -> None:
    assert build().headers["authorization"] == "Bearer k"
    assert "authorization" not in build(api_key=None).headers


def test_a_stream_is_asked_for() -> None:
    assert build().body == {"model": "command", "messages": HELLO}
    assert sent(stream=True) == {"stream": True}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"temperature": 0.5, "seed": 7}, {"temperature": 0.5, "seed": 7}),
        ({"max_tokens": 5}, {"max_tokens": 5}),
        ({"max_completion_tokens": 5}, {"max_tokens": 5}),
        ({"top_p": 0.5, "top_k": 9}, {"p": 0.5, "k": 9}),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"stop": ["A", "B"]}, {"stop_sequences": ["A", "B"]}),
        ({"documents": ["one"]}, {"documents": ["one"]}),
        ({"reasoning_effort": "none"}, {"thinking": {"type": "disabled"}}),
        ({"reasoning_effort": "high"}, {"thinking": {"type": "enabled"}}),
        ({"tools": [tool("a")]}, {"tools": [tool("a")]}),
        ({"tools": [tool("a")], "tool_choice": "auto"}, {"tools": [tool("a")]}),
        ({"tools": [tool("a")], "tool_choice": "none"}, {"tools": [tool("a")], "tool_choice": "NONE"}),
        (
            {"tools": [tool("a")], "tool_choice": "required"},
            {"tools": [tool("a")], "tool_choice": "REQUIRED"},
        ),
        ({"response_format": {"type": "json_object"}}, {"response_format": {"type": "json_object"}}),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": "x", "schema": {"type": "object"}},
                }
            },
            {"response_format": {"type": "json_object", "json_schema": {"type": "object"}}},
        ),
        ({"extra_body": {"safety_mode": "OFF"}}, {"safety_mode": "OFF"}),
    ],
)
def test_parameters_have_cohere_s_names(given: JSON, expected: JSON) -> None:
    assert sent(**given) == expected


def test_a_tool_that_is_demanded_is_the_only_one_offered() -> None:
    demanded = {"type": "function", "function": {"name": "b"}}

    assert sent(tools=[tool("a"), tool("b")], tool_choice=demanded) == {
        "tools": [tool("b")],
        "tool_choice": "REQUIRED",
    }


def test_a_parameter_that_cohere_lacks_is_an_error() -> None:
    with pytest.raises(UnsupportedParamsError, match="Cohere has no parameter 'logit_bias'"):
        build(logit_bias={"50": 1})
