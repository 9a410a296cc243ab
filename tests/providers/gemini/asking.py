"""Requests to Gemini as a test asks for them."""

from __future__ import annotations

from typing import Any

from unspool.providers.gemini.request import build_request
from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest

HELLO = [{"role": "user", "content": "Hello"}]
PNG = "data:image/png;base64,iVBORw0="
INLINE = {"inline_data": {"data": "iVBORw0=", "mime_type": "image/png"}}
OLD, NEW = "gemini-2.5-flash", "gemini-3-flash"
HOST = "https://generativelanguage.googleapis.com"


def build(
    messages: list[Any] | None = None,
    *,
    model: str = OLD,
    api_key: str | None = "key-1",
    base_url: str = HOST,
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


def config(**params: Any) -> Any:
    return body(**params).get("generationConfig")


def turns(*messages: Any, model: str = OLD) -> Any:
    return body(list(messages), model=model)["contents"]


def user(*parts: JSON) -> JSON:
    return {"role": "user", "parts": list(parts)}


def model_turn(*parts: JSON) -> JSON:
    return {"role": "model", "parts": list(parts)}


def said(text: str, **fields: Any) -> JSON:
    return {"text": text, **fields}


def call(call_id: str, name: str = "look", arguments: Any = '{"at": "sky"}', **fields: Any) -> JSON:
    function = {"name": name, "arguments": arguments}
    return {"id": call_id, "type": "function", "function": function, **fields}


def answer(*calls: JSON, content: str | None = None, **fields: Any) -> JSON:
    return {"role": "assistant", "content": content, "tool_calls": list(calls) or None, **fields}


def result(call_id: str, content: Any = "Blue.", **fields: Any) -> JSON:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **fields}
