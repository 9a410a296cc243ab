"""The request for version 2 of Cohere's chat: https://docs.cohere.com/reference/chat-stream.

Its messages have OpenAI's shape, and so have its tools; the other parameters have names of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from unspool.providers.json_events import JSON, present
from unspool.providers.request import CompletionRequest, HTTPRequest

_PATH = "/v2/chat"

_LACKS = frozenset(
    name
    for names in (
        "audio function_call functions logit_bias metadata modalities n parallel_tool_calls prediction",
        "prompt_cache_key prompt_cache_retention safety_identifier service_tier store stream_options",
        "top_logprobs user verbosity web_search_options",
    )
    for name in names.split()
)


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a message. Parameters that OpenAI doesn't have are sent as they are.

    Fields of the request:
        base_url: without the version, such as `https://api.cohere.com`.

    Raises:
        UnsupportedParamsError: Cohere has no such parameter, and `drop_params` is false.
    """
    given = request.supported(_LACKS, llm_provider="cohere", title="Cohere")
    messages = [message_from(message) for message in request.conversation]
    body: JSON = {"model": request.model, "messages": messages}
    for name, value in given.items():
        translate = _TRANSLATIONS.get(name)
        body |= {name: value} if translate is None else translate(value, given)
    if request.stream:
        body["stream"] = True
    root = request.base_url.rstrip("/").removesuffix("/chat").removesuffix("/v2")
    return request.post(root + _PATH, body, {"authorization": request.bearer})


def _limit(value: Any, _: JSON) -> JSON:
    return {"max_tokens": value}


def _stop(value: Any, _: JSON) -> JSON:
    return {"stop_sequences": [value] if isinstance(value, str) else value}


def _response_format(value: JSON, _: JSON) -> JSON:
    if value.get("type") == "json_schema":
        schema = (value.get("json_schema") or {}).get("schema")
        value = {"type": "json_object", "json_schema": schema}
    return {"response_format": value}


def _thinking(effort: Any, _: JSON) -> JSON:
    # Cohere has a budget instead of an effort; its own OpenAI-compatible API maps them like this too.
    return {"thinking": {"type": "disabled" if effort == "none" else "enabled"}}


def _tools(tools: Sequence[JSON], given: JSON) -> JSON:
    choice = given.get("tool_choice")
    if not isinstance(choice, dict):
        return {"tools": tools}
    # One tool can't be named: to demand it is to offer no other one.
    name = (choice.get("function") or {}).get("name")
    return {"tools": [tool for tool in tools if (tool.get("function") or {}).get("name") == name]}


def _tool_choice(choice: Any, _: JSON) -> JSON:
    if choice == "auto":
        return {}  # what it does if nothing is said
    return {"tool_choice": "NONE" if choice == "none" else "REQUIRED"}


# What isn't here goes under its own name: temperature, seed, documents, safety_mode …
_TRANSLATIONS: dict[str, Callable[[Any, JSON], JSON]] = {
    "max_completion_tokens": _limit,
    "reasoning_effort": _thinking,
    "response_format": _response_format,
    "stop": _stop,
    "tool_choice": _tool_choice,
    "tools": _tools,
    "top_k": lambda value, _: {"k": value},
    "top_p": lambda value, _: {"p": value},
}


_ROLES = {"developer": "system"}  # the others are OpenAI's


def message_from(message: JSON) -> JSON:
    """A message in OpenAI's shape, in Cohere's.

    What it thought, planned and cited, as `unspool.providers.cohere` keeps it, goes back to it.
    """
    role = message.get("role")
    kept = message.get("provider_specific_fields") or {}
    content = _content(message)
    return {
        "role": _ROLES.get(str(role), role),
        **({} if content is None else {"content": content}),
        **present(message, "tool_calls", "tool_call_id"),
        **present({**kept, **message}, "tool_plan", "citations"),
    }


def _content(message: JSON) -> Any:
    content, thinking = message.get("content"), message.get("reasoning_content")
    if isinstance(content, list):
        return [_part(part) for part in content]
    if not thinking:
        return content
    text = [{"type": "text", "text": content}] if content else []
    return [{"type": "thinking", "thinking": thinking}, *text]


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if isinstance(part.get("image_url"), str):
        return {**part, "image_url": {"url": part["image_url"]}}
    return part
