"""OpenAI's parameters and tools as Anthropic's, and the parameters that Anthropic doesn't have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from unspool.providers.anthropic.reasoning import reasoning_settings
from unspool.providers.json_events import JSON, present
from unspool.providers.request import EXTRAS, plain, supported

DEFAULT_MAX_TOKENS = 4096
"""Anthropic demands a limit; LiteLLM's for a model that it doesn't know."""

_UNSUPPORTED = frozenset(
    {
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "include_server_side_tool_invocations",
        "logit_bias",
        "logprobs",
        "modalities",
        "n",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "seed",
        "store",
        "top_logprobs",
        "verbosity",
        "web_search_options",
    }
)
_INSTEAD = {
    "functions": 'use tools=[{"type": "function", "function": …}]',
    "response_format": 'use one of the type "json_schema"',
    "web_search_options": 'use tools=[{"type": "web_search_20250305", "name": "web_search"}]',
}
# Usage is always in the stream.
_NOT_SENT = EXTRAS | {"stream", "stream_options"}


def settings_from(params: Mapping[str, Any], model: str, *, drop_params: bool) -> JSON:
    """Return a request's body without the model and the messages.

    Raises:
        UnsupportedParamsError: Anthropic has no such parameter, and `drop_params` is false.
        BadRequestError: an effort that Anthropic doesn't have.
    """
    taken = supported(
        params,
        _lacking(params),
        model=model,
        llm_provider="anthropic",
        drop_params=drop_params,
        title="Anthropic",
        instead=_INSTEAD,
    )
    given = {name: plain(value) for name, value in taken.items() if name not in _NOT_SENT}
    effort = given.pop("reasoning_effort", None)
    settings: JSON = {}
    for name, value in given.items():
        translate = _TRANSLATIONS.get(name)
        settings |= {name: value} if translate is None else translate(value, given)
    reasoning = reasoning_settings(effort, model)
    if "output_config" in reasoning:  # an answer's JSON schema stands there, too
        reasoning["output_config"] |= settings.get("output_config", {})
    settings |= reasoning
    settings.setdefault("max_tokens", _room_for(settings.get("thinking")))
    return settings


def _lacking(params: Mapping[str, Any]) -> frozenset[str]:
    """What Anthropic lacks; it can be held to a schema, and not to just any JSON."""
    kind = (plain(params.get("response_format")) or {}).get("type")
    return _UNSUPPORTED if kind == "json_schema" else _UNSUPPORTED | {"response_format"}


def _room_for(thinking: Any) -> int:
    """The default limit. Thinking counts towards it, so it comes on top."""
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    return DEFAULT_MAX_TOKENS + (budget or 0)


def _limit(value: Any, _: JSON) -> JSON:
    return {"max_tokens": value}


def _output_config(_: Any, given: JSON) -> JSON:
    config = dict(given.get("output_config") or {})
    wanted = given.get("response_format") or {}
    if wanted:
        schema = (wanted.get("json_schema") or {}).get("schema")
        config.setdefault("format", {"type": "json_schema", "schema": schema})
    return {"output_config": config}


def _stop(value: Any, _: JSON) -> JSON:
    return {"stop_sequences": [value] if isinstance(value, str) else value}


# Anthropic rejects user ids that identify a person; LiteLLM omits them as well.
_PERSONAL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?[\d\s()-]{7,}")


def _user(value: Any, _: JSON) -> JSON:
    return {} if _PERSONAL.fullmatch(str(value)) else {"metadata": {"user_id": value}}


def _metadata(value: Any, _: JSON) -> JSON:
    # OpenAI takes any keys here, and Anthropic no other one than this.
    return {"metadata": {"user_id": value["user_id"]}} if value.get("user_id") else {}


def _tools(value: Any, _: JSON) -> JSON:
    return {"tools": [tool_from(tool) for tool in value]}


def _tool_choice(_: Any, params: JSON) -> JSON:
    if not params.get("tools"):
        return {}  # refused without tools, where OpenAI's users often send it with none
    choice = params.get("tool_choice", "auto")
    return {"tool_choice": tool_choice_from(choice, parallel=params.get("parallel_tool_calls"))}


# What isn't here goes under its own name: temperature, top_p, top_k, thinking, service_tier …
_TRANSLATIONS: dict[str, Callable[[Any, JSON], JSON]] = {
    "max_completion_tokens": _limit,
    "max_tokens": _limit,
    "metadata": _metadata,
    "output_config": _output_config,
    "parallel_tool_calls": _tool_choice,
    "response_format": _output_config,
    "stop": _stop,
    "tool_choice": _tool_choice,
    "tools": _tools,
    "user": _user,
}


# What Anthropic knows of a tool beyond OpenAI's shape: OpenAI's users write it there or in its function.
_OPTIONS = (
    "allowed_callers",
    "cache_control",
    "defer_loading",
    "eager_input_streaming",
    "input_examples",
)
_CHOICES = {"required": "any"}  # the others have OpenAI's names


def tool_from(tool: JSON) -> JSON:
    """A function in Anthropic's shape; any other tool, such as its own web search, as it is."""
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    described = {"description": function["description"]} if function.get("description") else {}
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    options = {**present(function, *_OPTIONS), **present(tool, *_OPTIONS)}
    return {"name": function.get("name"), **described, "input_schema": schema, **options}


def tool_choice_from(choice: Any, *, parallel: bool | None) -> JSON:
    """`tool_choice` and `parallel_tool_calls`, which in Anthropic's shape are one."""
    chosen = _choice(choice)
    if parallel is None or chosen["type"] == "none":
        return chosen
    return {**chosen, "disable_parallel_tool_use": not parallel}


def _choice(choice: Any) -> JSON:
    if isinstance(choice, str):
        choice = {"type": choice}
    if "function" in choice:
        return {"type": "tool", "name": choice["function"].get("name")}
    return {**choice, "type": _CHOICES.get(choice.get("type"), choice.get("type"))}
