from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import BadRequestError, UnsupportedParamsError
from unspool.providers.request import CompletionRequest, HTTPRequest
from unspool.providers.watsonx.request import build_chat_request, build_text_request

HOST = "https://us-south.ml.cloud.ibm.com"
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]
IN_PROJECT = {"project_id": "p"}


def chat(
    model: str = "ibm/granite-4", *, stream: bool = True, base_url: str = HOST, **params: Any
) -> HTTPRequest:
    return build_chat_request(
        CompletionRequest(model, HELLO, params, api_key="t", base_url=base_url, stream=stream)
    )


def text(messages: Any = HELLO, *, stream: bool = True, **params: Any) -> HTTPRequest:
    return build_text_request(
        CompletionRequest(
            "ibm/granite-13b", messages, {**IN_PROJECT, **params}, api_key="t", base_url=HOST, stream=stream
        )
    )


def test_a_chat_is_asked_in_a_project() -> None:
    request = chat(**IN_PROJECT, temperature=0.5)

    assert request.url == f"{HOST}/ml/v1/text/chat_stream?version=2024-03-13"
    assert request.headers["authorization"] == "Bearer t"
    assert request.body == {
        "model_id": "ibm/granite-4",
        "project_id": "p",
        "messages": HELLO,
        "temperature": 0.5,
    }


def test_a_whole_answer_has_another_path() -> None:
    assert chat(stream=False, **IN_PROJECT).url == f"{HOST}/ml/v1/text/chat?version=2024-03-13"
    assert text(stream=False).url == f"{HOST}/ml/v1/text/generation?version=2024-03-13"


def test_the_version_is_the_callers() -> None:
    assert chat(base_url=f"{HOST}?api-version=2025-01-01", **IN_PROJECT).url.endswith("?version=2025-01-01")


def test_a_deployment_is_in_the_path_alone() -> None:
    request = chat("deployment/d1", **IN_PROJECT)

    assert request.url.startswith(f"{HOST}/ml/v1/deployments/d1/text/chat_stream?")
    assert set(request.body) == {"messages"}


def test_a_space_will_do_and_one_of_both_is_sent() -> None:
    assert chat(space_id="s").body["space_id"] == "s"
    assert "space_id" not in chat(space_id="s", project_id="p").body
    with pytest.raises(BadRequestError, match="project_id"):
        chat()


def test_a_tool_choice_by_word_has_a_name_of_its_own() -> None:
    named = {"type": "function", "function": {"name": "f"}}
    assert chat(tool_choice="auto", **IN_PROJECT).body["tool_choice_option"] == "auto"
    assert chat(tool_choice=named, **IN_PROJECT).body["tool_choice"] == named


def test_a_generation_takes_one_text() -> None:
    request = text(max_tokens=5, stop="END", seed=7, decoding_method="greedy", moderations={"hap": {}})

    assert request.url == f"{HOST}/ml/v1/text/generation_stream?version=2024-03-13"
    assert request.body == {
        "model_id": "ibm/granite-13b",
        "project_id": "p",
        "moderations": {"hap": {}},
        "input": "Be brief.\nHello?",
        "parameters": {
            "max_new_tokens": 5,
            "stop_sequences": ["END"],
            "random_seed": 7,
            "decoding_method": "greedy",
        },
    }


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "u"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "x"},
        {"role": "assistant", "tool_calls": [{"id": "1"}]},
    ],
)
def test_a_generation_takes_text_alone(message: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match="takes one text"):
        text([message])


def test_a_generation_has_no_tools() -> None:
    with pytest.raises(UnsupportedParamsError, match="'tools'"):
        text(tools=[])


def test_litellm_s_other_keys_go_into_the_header_alone() -> None:
    for key, expected in (("token", "Bearer x"), ("zen_api_key", "ZenApiKey x")):
        request = chat(**IN_PROJECT, **{key: "x"})
        assert request.headers["authorization"] == expected
        assert key not in request.body
