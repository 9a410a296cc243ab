from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import BadRequestError, UnsupportedParamsError
from unspool.providers.json_events import JSON
from unspool.providers.ollama.request import build_request
from unspool.providers.request import CompletionRequest, HTTPRequest

HELLO: list[JSON] = [{"role": "user", "content": "Hello?"}]
TOOL = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}


def build(
    messages: list[JSON] = HELLO,
    *,
    model: str = "llama",
    base_url: str = "http://localhost:11434",
    api_key: str | None = None,
    stream: bool = True,
    **params: Any,
) -> HTTPRequest:
    return build_request(
        CompletionRequest(model, messages, params, api_key=api_key, base_url=base_url, stream=stream)
    )


def sent(**params: Any) -> JSON:
    """The body but the model, the messages and `stream`."""
    body = build(**params).body
    return {name: value for name, value in body.items() if name not in ("model", "messages", "stream")}


def said(*messages: JSON) -> list[JSON]:
    said: list[JSON] = build(list(messages)).body["messages"]
    return said


@pytest.mark.parametrize("path", ["", "/", "/api", "/api/chat"])
def test_the_address_is_that_of_the_chat(path: str) -> None:
    assert build(base_url=f"http://localhost:11434{path}").url == "http://localhost:11434/api/chat"


def test_a_key_is_sent_if_there_is_one() -> None:
    assert build(api_key="k").headers["authorization"] == "Bearer k"
    assert "authorization" not in build().headers


@pytest.mark.parametrize("stream", [True, False])
def test_it_is_always_said_whether_to_stream(stream: bool) -> None:
    assert build(stream=stream).body == {"model": "llama", "messages": HELLO, "stream": stream}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"max_tokens": 5}, {"options": {"num_predict": 5}}),
        ({"max_completion_tokens": 5}, {"options": {"num_predict": 5}}),
        ({"temperature": 0, "top_p": 1, "seed": 7}, {"options": {"temperature": 0, "top_p": 1, "seed": 7}}),
        ({"stop": "END"}, {"options": {"stop": ["END"]}}),
        ({"frequency_penalty": 1}, {"options": {"frequency_penalty": 1}}),
        ({"num_ctx": 4096, "options": {"mirostat": 1}}, {"options": {"num_ctx": 4096, "mirostat": 1}}),
        ({"keep_alive": "5m"}, {"keep_alive": "5m"}),
        ({"tools": [TOOL], "tool_choice": "auto"}, {"tools": [TOOL]}),
        ({"response_format": {"type": "json_object"}}, {"format": "json"}),
        ({"response_format": {"type": "text"}}, {}),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}},
            {"format": {"type": "object"}},
        ),
        ({"logprobs": True, "top_logprobs": 2}, {"logprobs": True, "top_logprobs": 2}),
        ({"reasoning_effort": "none"}, {"think": False}),
        ({"reasoning_effort": "low"}, {"think": True}),
        ({"reasoning_effort": "low", "model": "gpt-oss:20b"}, {"think": "low"}),
        ({"extra_body": {"options": {"a": 1}}}, {"options": {"a": 1}}),
    ],
)
def test_parameters_are_options_or_stand_beside_them(given: JSON, expected: JSON) -> None:
    assert sent(**given) == expected


def test_a_parameter_that_ollama_lacks_is_an_error() -> None:
    with pytest.raises(UnsupportedParamsError, match="Ollama has no parameter 'tool_choice'"):
        build(tool_choice="required")


def test_parts_are_one_text_and_images_stand_beside_it() -> None:
    parts = [
        {"type": "text", "text": "What "},
        "is it?",
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "image_url", "image_url": "data:image/png;base64,BBBB"},
    ]

    assert said({"role": "user", "content": parts}) == [
        {"role": "user", "content": "What is it?", "images": ["AAAA", "BBBB"]}
    ]


def test_an_image_s_address_is_an_error() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
    with pytest.raises(BadRequestError, match=r"no image by its address, https://example\.com/a\.png"):
        said({"role": "user", "content": [image]})


def test_a_call_has_an_object_of_arguments_and_its_result_the_tool_s_name() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": '{"at": "it"}'}}

    assert said(
        {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Rain."},
    ) == [
        {
            "role": "assistant",
            "content": "",
            "thinking": "Hm.",
            "tool_calls": [{"id": "call_1", "function": {"name": "look", "arguments": {"at": "it"}}}],
        },
        {"role": "tool", "content": "Rain.", "tool_call_id": "call_1", "tool_name": "look"},
    ]


def test_a_developer_is_the_system() -> None:
    assert said({"role": "developer", "content": "Be brief."}) == [{"role": "system", "content": "Be brief."}]
