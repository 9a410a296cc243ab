"""OpenAI's parameters as Converse's, and those that Converse doesn't have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from unspool.errors import UnsupportedParamsError
from unspool.providers.anthropic.params import DEFAULT_MAX_TOKENS
from unspool.providers.bedrock.chunks import without
from unspool.providers.bedrock.output import output_config
from unspool.providers.bedrock.reasoning import reasoning_fields, takes_effort
from unspool.providers.bedrock.tools import tool_config
from unspool.providers.payload import JSON
from unspool.providers.request import EXTRAS, plain

_UNSUPPORTED = frozenset(
    {
        "audio",
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
# LiteLLM's ways to come by credentials, which are AWS's SDK's business here.
_AWS = "aws_"
_AWS_INSTEAD = (
    "pass the aws_access_key_id=…, aws_secret_access_key=… and aws_session_token=… that it gives you"
)
_INSTEAD = {
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

_FIELDS = "additionalModelRequestFields"

# Converse's own, which stand at the top of the body under their own names.
_CONVERSES_OWN = frozenset(
    {
        _FIELDS,
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
    settings |= {name: value for name, value in given.items() if name in _CONVERSES_OWN}
    for name in (name for name in given if name in _TRANSLATIONS):
        settings |= _TRANSLATIONS[name](given[name])
    tools, of_parallel_calls = tool_config(given, model)
    fields = {
        **settings.pop(_FIELDS, {}),
        **_models_own(given, model),
        **of_parallel_calls,
        **reasoning_fields(given.get("reasoning_effort"), model),
    }
    return {**settings, **_with_thinking(fields, settings), **tools}


def _inference(given: JSON) -> JSON:
    """The sampling parameters."""
    config = {_INFERENCE[name]: value for name, value in given.items() if name in _INFERENCE}
    if isinstance(config.get("stopSequences"), str):
        config["stopSequences"] = [config["stopSequences"]]
    return config


def _models_own(given: JSON, model: str) -> JSON:
    """What nobody here knows. `top_k` all models have, and Nova in a place of its own."""
    others = {name: value for name, value in given.items() if name not in _KNOWN}
    if "nova" not in model or "top_k" not in others:
        return others
    return {**without(others, "top_k"), "inferenceConfig": {"topK": others["top_k"]}}


def _with_thinking(fields: JSON, settings: JSON) -> JSON:
    """The fields for the model; with thinking, its tokens are asked for, and there is room for them."""
    thinking = fields.get("thinking")
    if not isinstance(thinking, dict):
        return {_FIELDS: fields} if fields else {}
    config = settings["inferenceConfig"]
    if "budget_tokens" in thinking:
        config.setdefault("maxTokens", DEFAULT_MAX_TOKENS + thinking["budget_tokens"])
    paths = settings.get("additionalModelResponseFieldPaths", ["/usage/output_tokens_details"])
    return {_FIELDS: fields, "additionalModelResponseFieldPaths": paths}


def _supported(params: Mapping[str, Any], model: str, *, drop_params: bool) -> JSON:
    given = {name: plain(value) for name, value in params.items() if value is not None}
    wrong = [name for name in given if _is_unsupported(name, given, model)]
    if wrong and not drop_params:
        raise UnsupportedParamsError(
            f"Converse has no parameter {wrong[0]!r}: {_instead(wrong[0])},"
            " or pass drop_params=True, which leaves it out for you",
            model=model,
            llm_provider="bedrock",
            param=wrong[0],
        )
    unsent = {*wrong, *_UNSUPPORTED, *_NOT_SENT}
    return {name: value for name, value in given.items() if name not in unsent}


def _instead(name: str) -> str:
    return _AWS_INSTEAD if name.startswith(_AWS) else _INSTEAD.get(name, "leave it out")


def _is_unsupported(name: str, given: JSON, model: str) -> bool:
    if name.startswith(_AWS):
        return True
    if name == "reasoning_effort":
        return not takes_effort(model)
    if name == "tool_choice":
        return bool(given[name] == "none" and given.get("tools"))
    if name == "response_format":
        return bool(given[name].get("type") == "json_object")
    return name in _UNSUPPORTED and given[name] != _HARMLESS.get(name)


def _service_tier(value: Any) -> JSON:
    return {"serviceTier": {"type": "default" if value == "auto" else value}}


_TRANSLATIONS: dict[str, Callable[[Any], JSON]] = {
    "response_format": output_config,
    "service_tier": _service_tier,
}

_KNOWN = _CONVERSES_OWN | _TOOLS | {"reasoning_effort", *_INFERENCE, *_TRANSLATIONS}
