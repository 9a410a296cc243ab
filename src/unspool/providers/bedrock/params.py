"""OpenAI's parameters as Converse's, and those that Converse doesn't have."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from unspool.errors import UnsupportedParamsError
from unspool.providers.anthropic.params import DEFAULT_MAX_TOKENS
from unspool.providers.bedrock.reasoning import reasoning_fields, takes_effort
from unspool.providers.bedrock.tools import tool_config
from unspool.providers.payload import JSON
from unspool.providers.request import EXTRAS, plain

_UNSUPPORTED = frozenset(
    {
        "audio",
        "aws_profile_name",
        "aws_role_name",
        "aws_session_name",
        "aws_web_identity_token",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "metadata",
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
        "user",
        "verbosity",
        "web_search_options",
    }
)
_CREDENTIALS = (
    "pass aws_access_key_id=…, aws_secret_access_key=… and aws_session_token=… of what it gives you"
)
_INSTEAD = {
    "aws_profile_name": _CREDENTIALS,
    "aws_role_name": _CREDENTIALS,
    "aws_web_identity_token": _CREDENTIALS,
    "functions": 'use tools=[{"type": "function", "function": …}]',
    "metadata": "use requestMetadata={…}",
    "reasoning_effort": "use additionalModelRequestFields={…} with what the model calls it",
    "response_format": "use a json_schema, or ask for JSON in the prompt",
    "web_search_options": 'use tools=[{"systemTool": {"name": "nova_grounding"}}]',
}
# What says no more than what Converse does anyway.
_HARMLESS: JSON = {"n": 1}

# Usage is always in the stream.
_NOT_SENT = EXTRAS | {"stream", "stream_options"}

# Converse's own, which stand at the top of the body under their own names.
_CONVERSES_OWN = frozenset(
    {
        "additionalModelRequestFields",
        "additionalModelResponseFieldPaths",
        "guardrailConfig",
        "outputConfig",
        "performanceConfig",
        "promptVariables",
        "requestMetadata",
        "serviceTier",
    }
)

# OpenAI's, and those of Converse's `inferenceConfig`.
_INFERENCE: dict[str, str] = {
    "max_completion_tokens": "maxTokens",
    "max_tokens": "maxTokens",
    "stop": "stopSequences",
    "temperature": "temperature",
    "top_p": "topP",
}
_TOOLS = frozenset({"parallel_tool_calls", "tool_choice", "tools"})


def settings_from(params: Mapping[str, Any], model: str, *, drop_params: bool) -> JSON:
    """All of a request's body but what is said.

    Whatever nobody here knows (`top_k`, `thinking` …) is in `additionalModelRequestFields`, where
    Converse takes what is the model's own.

    Raises:
        UnsupportedParamsError: Converse has no such parameter, and `drop_params` is false.
        BadRequestError: an effort that the model doesn't have.
    """
    given = _supported(params, model, drop_params=drop_params)
    settings: JSON = {"inferenceConfig": _inference(given)}
    for name in [*given]:
        if name in _CONVERSES_OWN:
            settings[name] = given.pop(name)
        elif name in _TRANSLATIONS:
            settings |= _TRANSLATIONS[name](given.pop(name))
    config, more = tool_config({name: given.pop(name) for name in _TOOLS if name in given}, model)
    fields = {
        **settings.pop("additionalModelRequestFields", {}),
        **_named_by_model(given, model),
        **more,
    }
    if "reasoning_effort" in given:
        fields |= reasoning_fields(fields.pop("reasoning_effort"), model)
    return {**settings, **_with_thinking(fields, settings), **config}


def _inference(given: JSON) -> JSON:
    """The sampling parameters, taken out of `given`."""
    config = {_INFERENCE[name]: given.pop(name) for name in [*given] if name in _INFERENCE}
    if isinstance(config.get("stopSequences"), str):
        config["stopSequences"] = [config["stopSequences"]]
    return config


def _named_by_model(given: JSON, model: str) -> JSON:
    """`top_k`, the one that all models have and each calls otherwise."""
    if "nova" not in model or "top_k" not in given:
        return given
    return {"inferenceConfig": {"topK": given["top_k"]}, **{k: v for k, v in given.items() if k != "top_k"}}


def _with_thinking(fields: JSON, settings: JSON) -> JSON:
    """The fields for the model; with thinking, its tokens are asked for, and there is room for them."""
    thinking = fields.get("thinking")
    if not isinstance(thinking, dict):
        return {"additionalModelRequestFields": fields} if fields else {}
    config = settings["inferenceConfig"]
    if "budget_tokens" in thinking:
        config.setdefault("maxTokens", DEFAULT_MAX_TOKENS + thinking["budget_tokens"])
    paths = settings.get("additionalModelResponseFieldPaths", ["/usage/output_tokens_details"])
    return {"additionalModelRequestFields": fields, "additionalModelResponseFieldPaths": paths}


def _supported(params: Mapping[str, Any], model: str, *, drop_params: bool) -> JSON:
    given = {name: plain(value) for name, value in params.items() if value is not None}
    wrong = [name for name in given if _is_unsupported(name, given, model)]
    if wrong and not drop_params:
        raise UnsupportedParamsError(
            f"Converse has no parameter {wrong[0]!r}: {_INSTEAD.get(wrong[0], 'leave it out')},"
            " or pass drop_params=True, which leaves it out for you",
            model=model,
            llm_provider="bedrock",
            param=wrong[0],
        )
    unsent = {*wrong, *_UNSUPPORTED, *_NOT_SENT}
    return {name: value for name, value in given.items() if name not in unsent}


def _is_unsupported(name: str, given: JSON, model: str) -> bool:
    if name == "reasoning_effort":
        return not takes_effort(model)
    if name == "tool_choice":
        return bool(given[name] == "none" and given.get("tools"))
    if name == "response_format":
        return bool(given[name].get("type") == "json_object")
    return name in _UNSUPPORTED and given[name] != _HARMLESS.get(name)


def _output_config(response_format: JSON) -> JSON:
    """A JSON schema for the answer; LiteLLM makes a tool of it for models that it thinks don't know this."""
    if response_format.get("type") != "json_schema":
        return {}
    wanted = response_format["json_schema"]
    described = {key: wanted[key] for key in ("name", "description") if wanted.get(key)}
    schema = {"schema": json.dumps(_closed(wanted.get("schema") or {})), **described}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}}


def _closed(schema: Any) -> Any:
    """The schema with `additionalProperties: false` on each object, which Bedrock demands."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return {**closed, "additionalProperties": False} if _is_open(schema) else closed


def _is_open(schema: JSON) -> bool:
    return schema.get("type") == "object" and "additionalProperties" not in schema


def _service_tier(value: Any) -> JSON:
    return {"serviceTier": {"type": "default" if value == "auto" else value}}


_TRANSLATIONS: dict[str, Callable[[Any], JSON]] = {
    "response_format": _output_config,
    "service_tier": _service_tier,
}
