"""The request for Ollama's own chat: https://docs.ollama.com/api/chat.

`ollama/…` asks here as `ollama_chat/…` does, where LiteLLM writes a prompt of its own for
`/api/generate`: the model's template is Ollama's business. For its OpenAI-compatible API pass
`openai/…` with `base_url="http://localhost:11434/v1"`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON, present
from unspool.providers.request import CompletionRequest, HTTPRequest, parsed_arguments

_PATH = "/api/chat"

_LACKS = frozenset(
    name
    for names in (
        "audio function_call functions logit_bias metadata modalities n parallel_tool_calls prediction",
        "prompt_cache_key prompt_cache_retention safety_identifier service_tier store stream_options",
        "tool_choice user verbosity web_search_options",
    )
    for name in names.split()
)

# What stands beside the model; everything else is one of the model's `options`.
_TOP_LEVEL = ("format", "keep_alive", "logprobs", "think", "tools", "top_logprobs")


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a chat. Parameters that OpenAI doesn't have are Ollama's `options`.

    Fields of the request:
        base_url: without a path, such as `http://localhost:11434`.

    Raises:
        UnsupportedParamsError: Ollama has no such parameter, and `drop_params` is false.
        BadRequestError: an image that isn't in the message itself, or a call whose arguments aren't JSON.
    """
    settings: JSON = {}
    for name, value in request.supported(_LACKS, llm_provider="ollama", title="Ollama").items():
        settings |= _TRANSLATIONS.get(name, _as_it_is(name))(value, request.model)
    top_level = present(settings, *_TOP_LEVEL)
    own = settings.pop("options", {})
    options = {**{name: value for name, value in settings.items() if name not in _TOP_LEVEL}, **own}
    body = {
        "model": request.model,
        "messages": _messages(request.conversation),
        **top_level,
        **({"options": options} if options else {}),
        "stream": request.stream,  # which is true unless it's said
    }
    root = request.base_url.rstrip("/").removesuffix("/chat").removesuffix("/api")
    return request.post(root + _PATH, body, {"authorization": request.bearer})


def _messages(messages: Sequence[JSON]) -> list[JSON]:
    """The messages, each result with the name of the tool, which only the call has."""
    names = {
        call.get("id"): (call.get("function") or {}).get("name")
        for message in messages
        for call in message.get("tool_calls") or ()
    }
    return [_message(message, names) for message in messages]


def _message(message: JSON, names: Mapping[Any, Any]) -> JSON:
    role, content = message.get("role"), message.get("content")
    parts = content if isinstance(content, list) else [content or ""]
    images = [
        _image(part["image_url"]) for part in parts if not isinstance(part, str) and "image_url" in part
    ]
    calls = [_call(call) for call in message.get("tool_calls") or ()]
    said = {
        "role": "system" if role == "developer" else role,
        "content": "".join(part if isinstance(part, str) else part.get("text") or "" for part in parts),
        "thinking": message.get("reasoning_content"),
        "images": images or None,
        "tool_calls": calls or None,
        "tool_call_id": message.get("tool_call_id"),
        "tool_name": names.get(message.get("tool_call_id")),
    }
    return present(said, *said)


def _image(image: Any) -> str:
    url = str(image.get("url") if isinstance(image, dict) else image)
    _, is_inline, data = url.partition(";base64,")
    if not is_inline:
        raise BadRequestError(
            f"Ollama takes no image by its address, {url:.100}: put its data there, data:image/png;base64,…",
            llm_provider="ollama",
            param="messages",
        )
    return data


def _call(call: JSON) -> JSON:
    function = call.get("function") or {}
    arguments = parsed_arguments(function, llm_provider="ollama")
    return {**present(call, "id"), "function": {"name": function.get("name"), "arguments": arguments}}


Translate = Callable[[Any, str], JSON]


def _as_it_is(name: str) -> Translate:
    return lambda value, _: {name: value}


def _limit(value: Any, _: str) -> JSON:
    return {"num_predict": value}


def _stop(value: Any, _: str) -> JSON:
    return {"stop": [value] if isinstance(value, str) else value}


def _response_format(value: JSON, _: str) -> JSON:
    schema = (value.get("json_schema") or {}).get("schema")
    return {} if value.get("type") == "text" else {"format": schema or "json"}


def _think(effort: Any, model: str) -> JSON:
    # Only gpt-oss has levels; the others think, or they don't.
    if effort == "none":
        return {"think": False}
    return {"think": effort if model.startswith("gpt-oss") else True}


_TRANSLATIONS: dict[str, Translate] = {
    "max_completion_tokens": _limit,
    "max_tokens": _limit,
    "reasoning_effort": _think,
    "response_format": _response_format,
    "stop": _stop,
}
