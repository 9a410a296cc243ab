from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import BadRequestError, UnsupportedParamsError
from unspool.providers.gemini_interactions.request import build_request
from unspool.providers.request import CompletionRequest, HTTPRequest

HOST = "https://generativelanguage.googleapis.com"
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]


def build(messages: Any = HELLO, *, stream: bool = True, base_url: str = HOST, **params: Any) -> HTTPRequest:
    return build_request(
        CompletionRequest("gemini-x", messages, params, api_key="k", base_url=base_url, stream=stream)
    )


def config_of(**params: Any) -> dict[str, Any]:
    config: dict[str, Any] = build(**params).body["generation_config"]
    return config


def test_messages_are_steps() -> None:
    request = build()

    assert request.url == f"{HOST}/v1beta/interactions?alt=sse"
    assert request.headers["x-goog-api-key"] == "k"
    assert request.headers["api-revision"] == "2026-05-20"
    assert request.body == {
        "model": "gemini-x",
        "input": [{"type": "user_input", "content": [{"type": "text", "text": "Hello?"}]}],
        "system_instruction": "Be brief.",
        "stream": True,
    }


def test_a_whole_answer_is_asked_for_without_events() -> None:
    request = build(stream=False, base_url=f"{HOST}/v1beta")

    assert request.url == f"{HOST}/v1beta/interactions"
    assert "stream" not in request.body


def test_calls_and_results_are_steps_of_their_own() -> None:
    call = {
        "id": "1",
        "type": "function",
        "function": {"name": "f", "arguments": '{"a": 1}'},
        "provider_specific_fields": {"thought_signature": "s"},
    }
    messages = [
        {
            "role": "assistant",
            "content": "Looking.",
            "tool_calls": [call],
            "thinking_blocks": [
                {"type": "thinking", "thinking": "Hm."},
                {"type": "thinking", "thinking": "", "signature": "c2ln"},
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": "Rain."},
    ]
    assert build(messages).body["input"] == [
        {"type": "thought", "signature": "c2ln", "summary": [{"type": "text", "text": "Hm."}]},
        {"type": "model_output", "content": [{"type": "text", "text": "Looking."}]},
        {"type": "function_call", "id": "1", "name": "f", "arguments": {"a": 1}, "signature": "s"},
        {
            "type": "function_result",
            "call_id": "1",
            "name": "f",
            "result": [{"type": "text", "text": "Rain."}],
        },
    ]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("data:image/png;base64,aGk=", {"data": "aGk=", "mime_type": "image/png"}),
        ("https://e.org/a.png", {"uri": "https://e.org/a.png", "mime_type": "image/png"}),
    ],
)
def test_an_image_is_data_or_an_address(url: str, expected: dict[str, str]) -> None:
    [step] = build([{"role": "user", "content": [{"type": "image_url", "image_url": url}]}]).body["input"]
    assert step["content"] == [{"type": "image", **expected}]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"max_tokens": 5, "temperature": 1, "seed": 7},
            {"max_output_tokens": 5, "temperature": 1, "seed": 7},
        ),
        ({"stop": "END"}, {"stop_sequences": ["END"]}),
        ({"reasoning_effort": "low"}, {"thinking_level": "low"}),
        ({"tool_choice": "required"}, {"tool_choice": "any"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {"tool_choice": {"allowed_tools": {"mode": "any", "tools": ["f"]}}},
        ),
        ({"top_p": 0.5, "generation_config": {"top_p": 1}}, {"top_p": 1}),
    ],
)
def test_most_parameters_are_the_generation_s(params: dict[str, Any], expected: dict[str, Any]) -> None:
    assert config_of(**params) == expected


def test_tools_formats_and_what_is_gemini_s_own() -> None:
    body = build(
        tools=[{"type": "function", "function": {"name": "f"}}, {"type": "google_search"}],
        response_format={"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}},
        previous_interaction_id="v1_1",
    ).body

    assert body["tools"] == [{"type": "function", "name": "f"}, {"type": "google_search"}]
    assert body["response_format"] == {
        "type": "text",
        "mime_type": "application/json",
        "schema": {"type": "object"},
    }
    assert body["previous_interaction_id"] == "v1_1"


def test_what_an_interaction_lacks_is_refused() -> None:
    with pytest.raises(UnsupportedParamsError, match="Interactions API has no parameter 'n'"):
        build(n=2)
    with pytest.raises(BadRequestError, match="role 'judge'"):
        build([{"role": "judge", "content": "x"}])
