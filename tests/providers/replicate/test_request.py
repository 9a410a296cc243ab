from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import BadRequestError, UnsupportedParamsError
from unspool.providers.replicate.request import build_request
from unspool.providers.request import CompletionRequest, HTTPRequest

BASE = "https://api.replicate.com/v1"
HELLO = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]


def build(
    model: str = "meta/llama", messages: Any = HELLO, *, stream: bool = True, **params: Any
) -> HTTPRequest:
    return build_request(
        CompletionRequest(model, messages, params, api_key="k", base_url=BASE, stream=stream)
    )


@pytest.mark.parametrize(
    ("model", "path", "version"),
    [
        ("meta/llama", "models/meta/llama/predictions", None),
        ("meta/llama:abc", "predictions", "abc"),
        ("deployments/me/mine", "deployments/me/mine/predictions", None),
    ],
)
def test_the_address_follows_from_the_model(model: str, path: str, version: str | None) -> None:
    request = build(model)

    assert request.url == f"{BASE}/{path}"
    assert request.body.get("version") == version


def test_the_messages_are_one_prompt() -> None:
    assert build().body == {"input": {"prompt": "Be brief.\nHello?"}, "stream": True}


def test_system_messages_stand_apart_where_the_model_has_a_place() -> None:
    inputs = build(supports_system_prompt=True).body["input"]
    assert inputs == {"prompt": "Hello?", "system_prompt": "Be brief."}


def test_a_whole_answer_is_waited_for() -> None:
    request = build(stream=False)

    assert request.headers["prefer"] == "wait"
    assert "prefer" not in build().headers
    assert "stream" not in request.body


def test_parameters_are_inputs_by_the_models_names() -> None:
    inputs = build(max_tokens=5, stop=["A", "B"], seed=7, top_k=3).body["input"]

    assert inputs == {
        "prompt": "Be brief.\nHello?",
        "max_new_tokens": 5,
        "stop_sequences": "A,B",
        "seed": 7,
        "top_k": 3,
    }
    assert build("meta/codellama-13b", max_tokens=5).body["input"]["max_tokens"] == 5
    assert build("replicate/flan-t5", max_tokens=5).body["input"]["max_length"] == 5


def test_a_webhook_is_the_prediction_s() -> None:
    assert build(webhook="https://e.org").body["webhook"] == "https://e.org"


def test_images_and_tools_are_refused() -> None:
    image = {"type": "image_url", "image_url": {"url": "u"}}
    with pytest.raises(BadRequestError, match="takes one text"):
        build(messages=[{"role": "user", "content": [image]}])
    with pytest.raises(UnsupportedParamsError, match="'tools'"):
        build(tools=[])
