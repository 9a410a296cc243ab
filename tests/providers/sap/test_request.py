from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import UnsupportedParamsError
from unspool.providers.request import CompletionRequest, HTTPRequest
from unspool.providers.sap.request import build_request

DEPLOYMENT = "https://api.ai.prod.hana.ondemand.com/v2/inference/deployments/d1"
HELLO = [{"role": "user", "content": "Hello?"}]


def build(*, stream: bool = True, base_url: str = DEPLOYMENT, **params: Any) -> HTTPRequest:
    return build_request(
        CompletionRequest("gpt-4o", HELLO, params, api_key="t", base_url=base_url, stream=stream)
    )


def test_the_prompt_is_a_template_and_the_rest_is_the_model_s() -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    request = build(temperature=0.5, tools=tools, stream_options={"chunk_size": 10, "include_usage": True})

    assert request.url == f"{DEPLOYMENT}/v2/completion"
    assert request.headers["authorization"] == "Bearer t"
    assert request.headers["ai-resource-group"] == "default"
    assert request.body == {
        "config": {
            "modules": {
                "prompt_templating": {
                    "prompt": {"template": HELLO, "tools": tools},
                    "model": {"name": "gpt-4o", "params": {"temperature": 0.5}, "version": "latest"},
                }
            },
            "stream": {"enabled": True, "chunk_size": 10},
        }
    }


def test_modules_and_placeholders_stand_where_sap_has_them() -> None:
    body = build(
        stream=False,
        masking={"providers": []},
        placeholder_values={"name": "x"},
        placeholder_defaults={"name": "y"},
        model_version="2024-08-06",
    ).body

    modules = body["config"]["modules"]
    assert body["placeholder_values"] == {"name": "x"}
    assert modules["masking"] == {"providers": []}
    assert modules["prompt_templating"]["prompt"]["defaults"] == {"name": "y"}
    assert modules["prompt_templating"]["model"]["version"] == "2024-08-06"
    assert "stream" not in body["config"]


def test_the_resource_group_is_a_header() -> None:
    assert build(resource_group="mine").headers["ai-resource-group"] == "mine"


def test_the_address_may_be_whole() -> None:
    assert build(base_url=f"{DEPLOYMENT}/v2/completion").url == f"{DEPLOYMENT}/v2/completion"


def test_a_tool_choice_is_refused() -> None:
    with pytest.raises(UnsupportedParamsError, match="tool_choice"):
        build(tool_choice="required")
