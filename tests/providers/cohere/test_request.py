from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import UnsupportedParamsError
from unspool.providers.cohere.request import build_request, message_from
from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest

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
    return build_request(
        CompletionRequest("command", HELLO, params, api_key=api_key, base_url=base_url, stream=stream)
    )


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


CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
        {"role": "user", "content": [{"type": "text", "text": "Look!"}, IMAGE]},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Rain."},
        {"role": "assistant", "tool_calls": [CALL], "tool_plan": "I'll look."},
    ],
)
def test_what_is_in_cohere_s_shape_already_is_left_as_it_is(message: JSON) -> None:
    assert message_from(message) == message


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "developer", "content": "Be brief."}, {"role": "system", "content": "Be brief."}),
        (
            {"role": "user", "content": ["Look!", {"type": "image_url", "image_url": "https://e.com/a.png"}]},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look!"},
                    {"type": "image_url", "image_url": {"url": "https://e.com/a.png"}},
                ],
            },
        ),
        ({"role": "user", "content": "Hi", "name": "me"}, {"role": "user", "content": "Hi"}),
    ],
)
def test_what_is_not_is_put_into_it(message: JSON, expected: JSON) -> None:
    assert message_from(message) == expected


def test_what_an_answer_thought_planned_and_cited_goes_back() -> None:
    kept = {"tool_plan": "I'll look.", "citations": [{"start": 0, "end": 1}]}
    answer = {
        "role": "assistant",
        "content": "So.",
        "reasoning_content": "Hm.",
        "provider_specific_fields": kept,
    }

    assert message_from(answer) == {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "So."}],
        **kept,
    }


def test_thinking_may_be_all_there_is() -> None:
    answer = {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": [CALL]}

    assert message_from(answer)["content"] == [{"type": "thinking", "thinking": "Hm."}]
