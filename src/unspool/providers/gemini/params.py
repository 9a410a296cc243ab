"""OpenAI's parameters as Gemini's, and those that Gemini doesn't have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from unspool.providers.gemini.family import is_gemini_3
from unspool.providers.gemini.metadata import snake_case
from unspool.providers.gemini.thinking import thinking_from, thinking_from_anthropics
from unspool.providers.gemini.tools import tool_choice_from, tools_from
from unspool.providers.json_events import JSON
from unspool.providers.request import EXTRAS, plain, supported

_UNSUPPORTED = frozenset(
    {
        "function_call",
        "logit_bias",
        "metadata",
        "parallel_tool_calls",
        "prediction",
        "prompt_cache_key",
        "prompt_cache_retention",
        "safety_identifier",
        "store",
        "user",
        "verbosity",
    }
)
_PENALTIES = frozenset({"frequency_penalty", "presence_penalty"})  # no more since Gemini 3
_INSTEAD = {
    "function_call": "use tool_choice",
    "metadata": "on Vertex AI, use labels",
    "prompt_cache_key": "use cached_content",
}
# Usage is always in the stream.
_NOT_SENT = EXTRAS | {"stream", "stream_options"}


def settings_from(params: Mapping[str, Any], model: str, *, drop_params: bool) -> JSON:
    """Return a request's body without the messages.

    Raises:
        UnsupportedParamsError: Gemini has no such parameter, and `drop_params` is false.
        BadRequestError: a value of one that Gemini doesn't have.
    """
    is_new = is_gemini_3(model)
    taken = supported(
        params,
        _UNSUPPORTED | _PENALTIES if is_new else _UNSUPPORTED,
        model=model,
        llm_provider="gemini",
        drop_params=drop_params,
        title="Gemini",
        instead=_INSTEAD,
    )
    given = {name: plain(value) for name, value in taken.items() if name not in _NOT_SENT}
    # LiteLLM's default, and Google's advice: less can make Gemini 3 loop.
    config: JSON = {"temperature": 1.0} if is_new else {}
    body: JSON = {}
    for name, value in given.items():
        if name in _CONFIG:
            config |= _CONFIG[name](value, model)
        elif name in _BODY:
            _merge(body, _BODY[name](value, model))
        elif snake_case(name) in _CONFIG_NAMES:
            config[name] = value
        else:
            body[name] = value
    if "speechConfig" in config:
        config["responseModalities"] = _with_audio(config.get("responseModalities") or [])
    return {**body, **({"generationConfig": config} if config else {})}


def _merge(body: JSON, more: JSON) -> None:
    for key, value in more.items():
        body[key] = [*body.get(key, ()), *value] if isinstance(value, list) else value


def _with_audio(modalities: list[str]) -> list[str]:
    return modalities if "AUDIO" in modalities else [*modalities, "AUDIO"]


def _named(name: str) -> Callable[[Any, str], JSON]:
    return lambda value, _: {name: value}


def _stop(value: Any, _: str) -> JSON:
    return {"stop_sequences": [value] if isinstance(value, str) else value}


def _response_format(value: Any, _: str) -> JSON:
    kind = value.get("type")
    if kind == "text":
        return {"response_mime_type": "text/plain"}
    schema = value.get("response_schema") or (value.get("json_schema") or {}).get("schema")
    answer = {"response_mime_type": "application/json"}
    return {**answer, "response_json_schema": schema} if schema else answer


def _reasoning_effort(value: Any, model: str) -> JSON:
    return {"thinkingConfig": thinking_from(value, model)}


def _thinking(value: Any, model: str) -> JSON:
    return {"thinkingConfig": thinking_from_anthropics(value, model)}


def _modalities(value: Any, _: str) -> JSON:
    return {"responseModalities": [str(each).upper() for each in value]}


def _audio(value: Any, _: str) -> JSON:
    voice = value.get("voice")
    spoken = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}} if voice else {}
    language = {"languageCode": value["language_code"]} if value.get("language_code") else {}
    return {"speechConfig": {**spoken, **language}}


def _tools(value: Any, _: str) -> JSON:
    return {"tools": tools_from(value)}


def _tool_choice(value: Any, _: str) -> JSON:
    return {"toolConfig": tool_choice_from(value)}


def _web_search(_: Any, __: str) -> JSON:
    return {"tools": [{"googleSearch": {}}]}


def _service_tier(value: Any, _: str) -> JSON:
    tier = str(value).lower()
    return {"serviceTier": {"auto": "priority", "default": "standard"}.get(tier, tier)}


# In `generationConfig`, in LiteLLM's spelling; Google reads both.
_CONFIG: dict[str, Callable[[Any, str], JSON]] = {
    "audio": _audio,
    "logprobs": _named("responseLogprobs"),
    "max_completion_tokens": _named("max_output_tokens"),
    "max_tokens": _named("max_output_tokens"),
    "modalities": _modalities,
    "n": _named("candidate_count"),
    "reasoning_effort": _reasoning_effort,
    "response_format": _response_format,
    "stop": _stop,
    "thinking": _thinking,
    "top_logprobs": _named("logprobs"),
}
_BODY: dict[str, Callable[[Any, str], JSON]] = {
    "cached_content": _named("cachedContent"),
    "functions": _tools,
    "safety_settings": _named("safetySettings"),
    "service_tier": _service_tier,
    "tool_choice": _tool_choice,
    "tools": _tools,
    "web_search_options": _web_search,
}
# Gemini's own, in either spelling, and those that it shares with OpenAI. What is in none of these tables goes
# beside `generationConfig`.
_CONFIG_NAMES = frozenset(
    {
        "candidate_count",
        "enable_enhanced_civic_answers",
        "frequency_penalty",
        "image_config",
        "max_output_tokens",
        "media_resolution",
        "presence_penalty",
        "response_format",
        "response_json_schema",
        "response_logprobs",
        "response_mime_type",
        "response_modalities",
        "response_schema",
        "seed",
        "speech_config",
        "stop_sequences",
        "temperature",
        "thinking_config",
        "top_k",
        "top_p",
    }
)
