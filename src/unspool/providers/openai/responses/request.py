"""The request for OpenAI's Responses: https://platform.openai.com/docs/api-reference/responses/create.

The messages of a chat become input items, and parameters get the names that Responses has for them, as in
LiteLLM's bridge. What a chat doesn't have (`reasoning`, `include`, `previous_response_id` and so on) is sent
as it was given; so are the tools that OpenAI runs, such as `{"type": "web_search"}`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from unspool.providers.json_events import JSON, present
from unspool.providers.request import CompletionRequest, HTTPRequest

_PATH = "/responses"

_LACKS = frozenset(
    name
    for names in (
        "audio frequency_penalty function_call functions logit_bias modalities n prediction",
        "presence_penalty seed stop web_search_options",
    )
    for name in names.split()
)
_INSTEAD = {
    "function_call": "pass tool_choice=",
    "functions": "pass tools=",
    "web_search_options": 'pass tools=[{"type": "web_search"}]',
}


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a response.

    Fields of the request:
        base_url: with its version, such as `https://api.openai.com/v1`.

    Raises:
        UnsupportedParamsError: Responses has no such parameter, and `drop_params` is false.
    """
    given = request.supported(_LACKS, llm_provider="openai", title="OpenAI's Responses API", instead=_INSTEAD)
    settings: JSON = {}
    for name, value in given.items():
        _lay_over(settings, _TRANSLATIONS.get(name, _as_it_is(name))(value))
    asked = {"input": input_items(request.conversation)} if request.messages else {}
    body = {"model": request.model, **asked, **settings, **({"stream": True} if request.stream else {})}
    root = request.base_url.rstrip("/").removesuffix(_PATH)
    return request.post(root + _PATH, body, {"authorization": request.bearer})


def input_items(messages: Sequence[JSON]) -> list[JSON]:
    """The items of a conversation: messages, calls, their results, and the reasoning before them."""
    custom = {
        call.get("id")
        for message in messages
        for call in message.get("tool_calls") or ()
        if call.get("type") == "custom"
    }
    return [item for message in messages for item in _items(message, custom)]


def _items(message: JSON, custom: set[Any]) -> Iterator[JSON]:
    role = message.get("role")
    if role == "tool":
        kind = "custom_tool_call" if message.get("tool_call_id") in custom else "function_call"
        output = _result(message.get("content"))
        yield {"type": f"{kind}_output", "call_id": message.get("tool_call_id"), "output": output}
        return
    yield from message.get("reasoning_items") or ()
    texts = _parts(message.get("content"), "output_text" if role == "assistant" else "input_text")
    refusal = message.get("refusal")
    content = [*texts, *([{"type": "refusal", "refusal": refusal}] if refusal else ())]
    if content or role != "assistant":
        phase = present(message.get("provider_specific_fields") or {}, "phase")
        yield {"type": "message", "role": role, "content": content, **phase}
    yield from map(_call, message.get("tool_calls") or ())


def _result(content: Any) -> Any:
    return content if isinstance(content, str) else _parts(content, "input_text")


def _parts(content: Any, text: str) -> list[JSON]:
    """A message's content, its text as parts of the type `text`."""
    if isinstance(content, str):
        return [{"type": text, "text": content}] if content else []
    return [
        _part({"type": "text", "text": part} if isinstance(part, str) else part, text)
        for part in content or ()
    ]


def _part(part: JSON, text: str) -> JSON:
    kind = part.get("type")
    if kind == "text":
        return {"type": text, "text": part.get("text")}
    if kind == "image_url":
        image = part.get("image_url")
        given = image if isinstance(image, dict) else {"url": image}
        return {"type": "input_image", "image_url": given.get("url"), "detail": given.get("detail") or "auto"}
    if kind == "file":
        return {"type": "input_file", **(part.get("file") or {})}
    return part


def _call(call: JSON) -> JSON:
    called = {"call_id": call.get("id")}
    if call.get("type") == "custom":
        custom = call.get("custom") or {}
        return {
            "type": "custom_tool_call",
            **called,
            "name": custom.get("name"),
            "input": custom.get("input"),
        }
    function = call.get("function") or {}
    # Without arguments a call has the empty text; the API wants JSON.
    arguments = function.get("arguments") or "{}"
    return {"type": "function_call", **called, "name": function.get("name"), "arguments": arguments}


Translate = Callable[[Any], JSON]


def _as_it_is(name: str) -> Translate:
    return lambda value: {name: value}


def _lay_over(settings: JSON, given: JSON) -> None:
    """Add what a parameter becomes: two may be parts of one object, such as `text`, or of one list."""
    for name, value in given.items():
        old = settings.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            settings[name] = {**old, **value}
        elif name == "include" and old:
            settings[name] = [*old, *(item for item in value if item not in old)]
        else:
            settings[name] = value


def _limit(value: Any) -> JSON:
    return {"max_output_tokens": value}


def _reasoning(effort: Any) -> JSON:
    return {"reasoning": effort if isinstance(effort, dict) else {"effort": effort}}


def _logprobs(wanted: Any) -> JSON:
    return {"include": ["message.output_text.logprobs"]} if wanted else {}


def _response_format(value: JSON) -> JSON:
    described = value.get("json_schema") or {}
    return {"text": {"format": {"type": value.get("type"), **described}}}


def _verbosity(value: Any) -> JSON:
    return {"text": {"verbosity": value}}


def _stream_options(value: JSON) -> JSON:
    # The usage comes unasked, and the option of that name is an error.
    others = {name: option for name, option in value.items() if name != "include_usage"}
    return {"stream_options": others} if others else {}


def _tools(tools: Sequence[JSON]) -> JSON:
    return {"tools": [_tool(tool) for tool in tools]}


def _tool(tool: JSON) -> JSON:
    kind = tool.get("type")
    described = tool.get(kind) if isinstance(kind, str) else None
    if not isinstance(described, dict):
        return tool  # one that OpenAI runs, or in the shape of Responses already
    # A function of a chat is strict if it says so, one of a response unless it says otherwise.
    strict = {"strict": False} if kind == "function" else {}
    return {"type": kind, **strict, **present(described, *described)}


def _tool_choice(choice: Any) -> JSON:
    if not isinstance(choice, dict):
        return {"tool_choice": choice}
    kind = choice.get("type")
    if kind == "allowed_tools" and isinstance(choice.get(kind), dict):
        allowed = choice[kind]
        return {
            "tool_choice": {"type": kind, **allowed, "tools": list(map(_named, allowed.get("tools") or ()))}
        }
    return {"tool_choice": _named(choice)}


def _named(tool: JSON) -> JSON:
    described = tool.get(str(tool.get("type")))
    return {"type": tool.get("type"), **described} if isinstance(described, dict) else tool


_TRANSLATIONS: dict[str, Translate] = {
    "logprobs": _logprobs,
    "max_completion_tokens": _limit,
    "max_tokens": _limit,
    "reasoning_effort": _reasoning,
    "response_format": _response_format,
    "stream_options": _stream_options,
    "tool_choice": _tool_choice,
    "tools": _tools,
    "verbosity": _verbosity,
}
