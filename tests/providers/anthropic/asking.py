"""Requests to Anthropic as a test asks for them."""

from __future__ import annotations

from typing import Any

from unspool.providers.anthropic.request import build_request
from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest

HELLO = [{"role": "user", "content": "Hello"}]
MARK = {"type": "ephemeral"}
PNG = "data:image/png;base64,iVBORw0="
BASE64 = {"type": "base64", "media_type": "image/png", "data": "iVBORw0="}


def build(
    messages: list[Any] | None = None,
    *,
    model: str = "claude-test",
    api_key: str | None = "sk-1",
    base_url: str = "https://api.anthropic.com",
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


def said(text: str, **fields: Any) -> JSON:
    return {"type": "text", "text": text, **fields}


def user(*content: JSON) -> JSON:
    return {"role": "user", "content": list(content)}


def assistant(*content: JSON) -> JSON:
    return {"role": "assistant", "content": list(content)}


def call(call_id: str, name: str = "look", arguments: Any = '{"at": "sky"}', **fields: Any) -> JSON:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function, **fields}


def answer(*calls: JSON, content: str | None = None, **fields: Any) -> JSON:
    return {"role": "assistant", "content": content, "tool_calls": list(calls) or None, **fields}
