"""The request for Gemini's Interactions: https://ai.google.dev/api/interactions-api.

Messages become steps, and parameters go where an interaction has them, most into `generation_config`. What
OpenAI doesn't have (`previous_interaction_id`, `store`, `agent_config` and so on) is sent as it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from unspool.errors import BadRequestError
from unspool.providers.gemini.media import media_part
from unspool.providers.json_events import JSON
from unspool.providers.request import CompletionRequest, HTTPRequest, parsed_arguments

_VERSION = "/v1beta"
_PATH = "/interactions"
_REVISION = "2026-05-20"  # the first with steps, and the one that LiteLLM asks for

_LACKS = frozenset(
    name
    for names in (
        "audio function_call functions logit_bias logprobs modalities n parallel_tool_calls prediction",
        "prompt_cache_key prompt_cache_retention safety_identifier stream_options top_logprobs user",
        "verbosity web_search_options",
    )
    for name in names.split()
)


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for an interaction.

    Fields of the request:
        base_url: `https://generativelanguage.googleapis.com`, or with its version.

    Raises:
        UnsupportedParamsError: an interaction has no such parameter, and `drop_params` is false.
        BadRequestError: a message can't be expressed as steps.
    """
    given = request.supported(_LACKS, llm_provider="gemini", title="Gemini's Interactions API")
    settings: JSON = {}
    config: JSON = {}
    for name, value in given.items():
        if name in _CONFIG:
            config |= _CONFIG[name](value)
        else:
            settings |= _TRANSLATIONS.get(name, _as_it_is(name))(value)
    config |= settings.pop("generation_config", {})
    body = {
        "model": request.model,
        **_conversation(request.conversation),
        **settings,
        **({"generation_config": config} if config else {}),
        **({"stream": True} if request.stream else {}),
    }
    root = request.base_url.rstrip("/").removesuffix(_PATH)
    version = "" if urlsplit(root).path else _VERSION
    url = f"{root}{version}{_PATH}{'?alt=sse' if request.stream else ''}"
    return request.post(url, body, {"x-goog-api-key": request.api_key, "api-revision": _REVISION})


def _conversation(messages: Sequence[JSON]) -> JSON:
    system = [
        text
        for message in messages
        if message.get("role") in ("system", "developer")
        for text in _texts(message.get("content"))
    ]
    names = {
        call.get("id"): (call.get("function") or {}).get("name")
        for message in messages
        for call in message.get("tool_calls") or ()
    }
    steps = [step for message in messages for step in _steps(message, names)]
    return {"input": steps, **({"system_instruction": "\n".join(system)} if system else {})}


def _steps(message: JSON, names: Mapping[Any, Any]) -> Iterator[JSON]:
    role = message.get("role")
    if role in ("system", "developer"):
        return
    if role == "user":
        yield {"type": "user_input", "content": _contents(message.get("content"))}
    elif role == "tool":
        called = message.get("tool_call_id")
        result = _contents(message.get("content"))
        yield {"type": "function_result", "call_id": called, "name": names.get(called), "result": result}
    elif role == "assistant":
        yield from _thoughts(message)
        content = _contents(message.get("content"))
        if content:
            yield {"type": "model_output", "content": content}
        yield from map(_call, message.get("tool_calls") or ())
    else:
        raise BadRequestError(
            f"Gemini has no message of the role {role!r}: use one of user, assistant, tool, system",
            llm_provider="gemini",
            param="messages",
        )


def _thoughts(message: JSON) -> Iterator[JSON]:
    """The thoughts with a signature: without one Gemini takes none back."""
    summary: list[JSON] = []
    for block in message.get("thinking_blocks") or ():
        if block.get("thinking"):
            summary.append({"type": "text", "text": block["thinking"]})
        if block.get("signature"):
            yield {"type": "thought", "signature": block["signature"], "summary": summary}
            summary = []


def _call(call: JSON) -> JSON:
    function = call.get("function") or {}
    signature = (call.get("provider_specific_fields") or {}).get("thought_signature")
    return {
        "type": "function_call",
        "id": call.get("id"),
        "name": function.get("name"),
        "arguments": parsed_arguments(function, llm_provider="gemini"),
        **({"signature": signature} if signature else {}),
    }


def _contents(content: Any) -> list[JSON]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [_content(part) for part in content or ()]


def _content(part: Any) -> JSON:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if part.get("type") != "image_url":
        return {key: value for key, value in part.items() if key != "cache_control"}
    image = part.get("image_url")
    given = image if isinstance(image, dict) else {"url": image}
    media = media_part(str(given.get("url")), given.get("format"))
    held = media.get("inline_data") or media["file_data"]
    return {"type": "image", **{"uri" if key == "file_uri" else key: value for key, value in held.items()}}


def _texts(content: Any) -> list[str]:
    return [part["text"] for part in _contents(content) if part.get("text")]


Translate = Callable[[Any], JSON]


def _as_it_is(name: str) -> Translate:
    return lambda value: {name: value}


def _tools(tools: Sequence[JSON]) -> JSON:
    return {
        "tools": [{"type": "function", **tool["function"]} if "function" in tool else tool for tool in tools]
    }


def _response_format(value: JSON) -> JSON:
    schema = (value.get("json_schema") or {}).get("schema")
    if value.get("type") not in ("json_object", "json_schema"):
        return {} if value == {"type": "text"} else {"response_format": value}
    json_text: JSON = {"type": "text", "mime_type": "application/json"}
    return {"response_format": {**json_text, "schema": schema} if schema else json_text}


def _tool_choice(choice: Any) -> JSON:
    if not isinstance(choice, dict):
        return {"tool_choice": "any" if choice == "required" else choice}
    name = (choice.get("function") or {}).get("name")
    return {"tool_choice": {"allowed_tools": {"mode": "any", "tools": [name]}} if name else choice}


def _stop(value: Any) -> JSON:
    return {"stop_sequences": [value] if isinstance(value, str) else value}


def _thinking(effort: Any) -> JSON:
    # The levels are minimal to high; `none` has no equal, so that the least is asked for.
    return {"thinking_level": {"none": "minimal", "xhigh": "high"}.get(effort, effort)}


_TRANSLATIONS: dict[str, Translate] = {"response_format": _response_format, "tools": _tools}

_CONFIG: dict[str, Translate] = {
    "frequency_penalty": _as_it_is("frequency_penalty"),
    "max_completion_tokens": _as_it_is("max_output_tokens"),
    "max_tokens": _as_it_is("max_output_tokens"),
    "presence_penalty": _as_it_is("presence_penalty"),
    "reasoning_effort": _thinking,
    "seed": _as_it_is("seed"),
    "stop": _stop,
    "temperature": _as_it_is("temperature"),
    "tool_choice": _tool_choice,
    "top_p": _as_it_is("top_p"),
}
