from __future__ import annotations

from typing import Any

import pytest

import unspool
from unspool.errors import UnsupportedParamsError
from unspool.providers.openai.responses.request import build_request, input_items
from unspool.providers.request import CompletionRequest, HTTPRequest

HELLO = [{"role": "user", "content": "Hello?"}]


def build(messages: Any = HELLO, *, drop_params: bool = False, **params: Any) -> HTTPRequest:
    return build_request(
        CompletionRequest(
            "gpt-5",
            messages,
            params,
            api_key="k",
            base_url="https://api.openai.com/v1",
            stream=True,
            drop_params=drop_params,
        )
    )


def body_of(**params: Any) -> dict[str, Any]:
    """What the parameters add to the body."""
    return {k: v for k, v in build(**params).body.items() if k not in ("input", "model", "stream")}


def test_a_message_is_an_item_of_the_input() -> None:
    request = build([{"role": "system", "content": "Be brief."}, *HELLO])

    assert request.url == "https://api.openai.com/v1/responses"
    assert request.headers == {"content-type": "application/json", "authorization": "Bearer k"}
    assert request.body == {
        "model": "gpt-5",
        "input": [
            {"type": "message", "role": "system", "content": [{"type": "input_text", "text": "Be brief."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello?"}]},
        ],
        "stream": True,
    }


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ({"type": "text", "text": "a"}, {"type": "input_text", "text": "a"}),
        (
            {"type": "image_url", "image_url": {"url": "u", "detail": "low"}},
            {"type": "input_image", "image_url": "u", "detail": "low"},
        ),
        (
            {"type": "image_url", "image_url": "u"},
            {"type": "input_image", "image_url": "u", "detail": "auto"},
        ),
        ({"type": "file", "file": {"file_id": "f"}}, {"type": "input_file", "file_id": "f"}),
        ({"type": "input_file", "file_url": "u"}, {"type": "input_file", "file_url": "u"}),
    ],
)
def test_parts_of_a_message_are_renamed(part: dict[str, Any], expected: dict[str, Any]) -> None:
    [item] = input_items([{"role": "user", "content": [part]}])
    assert item["content"] == [expected]


def test_calls_and_their_results_are_items_of_their_own() -> None:
    function = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    custom = {"id": "2", "type": "custom", "custom": {"name": "c", "input": "text"}}
    items = input_items(
        [
            {"role": "assistant", "content": None, "tool_calls": [function, custom]},
            {"role": "tool", "tool_call_id": "1", "content": "one"},
            {"role": "tool", "tool_call_id": "2", "content": [{"type": "text", "text": "two"}]},
        ]
    )
    assert items == [
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{"a": 1}'},
        {"type": "custom_tool_call", "call_id": "2", "name": "c", "input": "text"},
        {"type": "function_call_output", "call_id": "1", "output": "one"},
        {
            "type": "custom_tool_call_output",
            "call_id": "2",
            "output": [{"type": "input_text", "text": "two"}],
        },
    ]


def test_an_answer_goes_back_as_it_came() -> None:
    reasoning = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "e"}
    answer = unspool.Message(
        role="assistant",
        content="Four.",
        reasoning_content="Easy.",
        reasoning_items=[reasoning],
        provider_specific_fields={"phase": "final_answer"},
    )
    content = [{"type": "output_text", "text": "Four."}]
    assert build([answer]).body["input"] == [
        reasoning,
        {"type": "message", "role": "assistant", "content": content, "phase": "final_answer"},
    ]


def test_a_refusal_goes_back_as_a_part() -> None:
    [item] = input_items([{"role": "assistant", "content": None, "refusal": "No."}])
    assert item["content"] == [{"type": "refusal", "refusal": "No."}]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"max_tokens": 5}, {"max_output_tokens": 5}),
        ({"max_completion_tokens": 5}, {"max_output_tokens": 5}),
        ({"reasoning_effort": "low"}, {"reasoning": {"effort": "low"}}),
        (
            {"reasoning_effort": "low", "reasoning": {"summary": "auto"}},
            {"reasoning": {"effort": "low", "summary": "auto"}},
        ),
        ({"verbosity": "low"}, {"text": {"verbosity": "low"}}),
        ({"response_format": {"type": "json_object"}}, {"text": {"format": {"type": "json_object"}}}),
        (
            {
                "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}},
                "verbosity": "low",
            },
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": {}}, "verbosity": "low"}},
        ),
        ({"logprobs": True}, {"include": ["message.output_text.logprobs"]}),
        (
            {"logprobs": True, "include": ["reasoning.encrypted_content"]},
            {"include": ["message.output_text.logprobs", "reasoning.encrypted_content"]},
        ),
        ({"stream_options": {"include_usage": True}}, {}),
        (
            {"stream_options": {"include_usage": True, "include_obfuscation": False}},
            {"stream_options": {"include_obfuscation": False}},
        ),
        (
            {"previous_response_id": "resp_1", "store": False},
            {"previous_response_id": "resp_1", "store": False},
        ),
    ],
)
def test_parameters_get_the_names_of_responses(params: dict[str, Any], expected: dict[str, Any]) -> None:
    assert body_of(**params) == expected


def test_tools_are_flat() -> None:
    tools = [
        {"type": "function", "function": {"name": "f", "parameters": {}, "description": None}},
        {"type": "function", "function": {"name": "g", "parameters": {}, "strict": True}},
        {"type": "custom", "custom": {"name": "c"}},
        {"type": "web_search"},
        {"type": "function", "name": "h", "parameters": {}},
    ]
    assert body_of(tools=tools) == {
        "tools": [
            {"type": "function", "strict": False, "name": "f", "parameters": {}},
            {"type": "function", "strict": True, "name": "g", "parameters": {}},
            {"type": "custom", "name": "c"},
            {"type": "web_search"},
            {"type": "function", "name": "h", "parameters": {}},
        ]
    }


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        ("required", "required"),
        ({"type": "function", "function": {"name": "f"}}, {"type": "function", "name": "f"}),
        ({"type": "web_search"}, {"type": "web_search"}),
        (
            {
                "type": "allowed_tools",
                "allowed_tools": {
                    "mode": "auto",
                    "tools": [{"type": "function", "function": {"name": "f"}}],
                },
            },
            {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
        ),
    ],
)
def test_a_tool_is_chosen_by_its_name(choice: Any, expected: Any) -> None:
    assert body_of(tool_choice=choice) == {"tool_choice": expected}


def test_what_responses_lacks_is_refused_or_dropped() -> None:
    with pytest.raises(UnsupportedParamsError, match="Responses API has no parameter 'seed'"):
        build(seed=7)
    with pytest.raises(UnsupportedParamsError, match="web_search"):
        build(web_search_options={})

    assert "seed" not in build(seed=7, drop_params=True).body
