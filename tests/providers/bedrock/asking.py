"""Requests to Converse as a test asks for them."""

from __future__ import annotations

from typing import Any

from unspool.providers.bedrock.request import build_request
from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest

HELLO = [{"role": "user", "content": "Hello"}]
MARK = {"type": "ephemeral"}
POINT = {"cachePoint": {"type": "default"}}
PNG = "data:image/png;base64,iVBORw0="
IMAGE = {"image": {"format": "png", "source": {"bytes": "iVBORw0="}}}
CLAUDE, NOVA = "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.amazon.nova-2-lite-v1:0"


def build(
    messages: list[Any] | None = None,
    *,
    model: str = CLAUDE,
    api_key: str | None = None,
    base_url: str = "https://bedrock-runtime.us-east-1.amazonaws.com",
    stream: bool = True,
    drop_params: bool = False,
    **params: Any,
) -> HTTPRequest:
    return build_request(
        CompletionRequest(
            model,
            HELLO if messages is None else messages,
            params,
            api_key=api_key,
            base_url=base_url,
            stream=stream,
            drop_params=drop_params,
        )
    )


def body(messages: list[Any] | None = None, **params: Any) -> JSON:
    return build(messages, **params).body


def turns(*messages: Any) -> list[JSON]:
    return body(list(messages))["messages"]


def user(*content: JSON) -> JSON:
    return {"role": "user", "content": list(content)}


def assistant(*content: JSON) -> JSON:
    return {"role": "assistant", "content": list(content)}


def call(call_id: str, name: str = "look", arguments: Any = '{"at": "sky"}', **fields: Any) -> JSON:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function, **fields}


def answer(*calls: JSON, content: Any = None, **fields: Any) -> JSON:
    return {"role": "assistant", "content": content, "tool_calls": list(calls) or None, **fields}


def result(call_id: str, content: Any, **fields: Any) -> JSON:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **fields}


def function(name: str = "look", **fields: Any) -> JSON:
    schema = {"type": "object", "properties": {"at": {"type": "string"}}}
    return {
        "type": "function",
        "function": {"name": name, "description": "Look.", "parameters": schema, **fields},
    }
