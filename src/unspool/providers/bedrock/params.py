"""OpenAI's parameters, tools and `response_format` as Converse's, and the parameters it doesn't have.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unspool.providers.anthropic.params import DEFAULT_MAX_TOKENS
from unspool.providers.bedrock.chunks import without
from unspool.providers.bedrock.parts import cache_point
from unspool.providers.bedrock.reasoning import reasoning_fields, takes_effort
from unspool.providers.json_events import JSON, present
from unspool.providers.request import EXTRAS, plain, supported


def output_config(response_format: JSON) -> JSON:
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
    """Return a request's body without the messages.

    Unknown parameters (`top_k`, `thinking` …) are in `additionalModelRequestFields`, where Converse accepts
    the model's own.

    Raises:
        UnsupportedParamsError: Converse has no such parameter, and `drop_params` is false.
        BadRequestError: an effort that the model doesn't have.
    """
    asked = {name: plain(value) for name, value in params.items() if value is not None}
    lacks = _lacking(asked, model)
    taken = supported(
        asked,
        lacks,
        model=model,
        llm_provider="bedrock",
        drop_params=drop_params,
        title="Converse",
        instead={name: _AWS_INSTEAD for name in lacks if name.startswith(_AWS)} | _INSTEAD,
    )
    given = {name: value for name, value in taken.items() if name not in _NOT_SENT}
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
    """Return the unknown parameters. All models have `top_k`, Nova in its own place."""
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


def _lacking(given: JSON, model: str) -> frozenset[str]:
    """What Converse lacks, some of it only in this model, or as it is asked for here."""
    lacks = {name for name in given if name.startswith(_AWS)}
    if not takes_effort(model):
        lacks.add("reasoning_effort")
    if given.get("tool_choice") == "none" and given.get("tools"):
        lacks.add("tool_choice")
    if given.get("response_format", {}).get("type") == "json_object":
        lacks.add("response_format")
    return _UNSUPPORTED | lacks


def _service_tier(value: Any) -> JSON:
    return {"serviceTier": {"type": "default" if value == "auto" else value}}


_TRANSLATIONS: dict[str, Callable[[Any], JSON]] = {
    "response_format": output_config,
    "service_tier": _service_tier,
}

_KNOWN = _CONVERSES_OWN | _TOOLS | {"reasoning_effort", *_INFERENCE, *_TRANSLATIONS}


_CHOICES: dict[str, JSON] = {"auto": {"auto": {}}, "required": {"any": {}}}


def tool_config(given: JSON, model: str) -> tuple[JSON, JSON]:
    """Return `toolConfig`, and Claude's own setting of parallel calls; both empty without tools.

    Args:
        given: `tools`, `tool_choice` and `parallel_tool_calls`, as far as they are there.
    """
    if not given.get("tools"):
        return {}, {}  # a choice is refused without tools, where OpenAI's users often send it with none
    config: JSON = {"tools": [block for tool in given["tools"] for block in _tool_blocks(tool, model)]}
    choice = given.get("tool_choice", "none")
    if choice != "none":
        config["toolChoice"] = _choice(choice)
    parallel = given.get("parallel_tool_calls")
    if parallel is None or "claude" not in model:
        return {"toolConfig": config}, {}
    # The type of the choice may stand in one of the two places only.
    kind = {} if "toolChoice" in config else {"type": "auto"}
    return {"toolConfig": config}, {"tool_choice": {**kind, "disable_parallel_tool_use": not parallel}}


def _tool_blocks(tool: JSON, model: str) -> Iterator[JSON]:
    """A function as a `toolSpec`; any other tool, such as Nova's own, as it is."""
    function = tool.get("function")
    if not isinstance(function, dict):
        yield tool
        return
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    spec = {
        "name": function.get("name"),
        **({"description": function["description"]} if function.get("description") else {}),
        "inputSchema": {"json": schema},
        # Other models refuse it, and OpenAI's SDK sets it on every tool that it makes.
        **(present(function, "strict") if "claude" in model else {}),
    }
    yield {"toolSpec": spec}
    yield from cache_point(tool) or cache_point(function)


def _choice(choice: Any) -> JSON:
    if isinstance(choice, str):
        return _CHOICES.get(choice, {"tool": {"name": choice}})
    if "function" in choice:
        return {"tool": {"name": choice["function"].get("name")}}
    return dict(choice)
