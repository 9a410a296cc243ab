"""The request for Anthropic's Messages API, from messages and parameters in OpenAI's shape.

https://docs.anthropic.com/en/api/messages. The mapping is LiteLLM's; where it differs, the comment
says why. System messages go to `system`, turns of one role are joined, and what a message carries from
an earlier response (`thinking_blocks`, the lists of `unspool.providers.anthropic`) goes back in the
order that Anthropic demands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby, zip_longest
from typing import Any

from pydantic_core import from_json

from unspool.errors import BadRequestError, UnsupportedParamsError
from unspool.providers.request import EXTRAS, JSON, HTTPRequest, plain, post

VERSION = "2023-06-01"
DEFAULT_MAX_TOKENS = 4096
"""Anthropic demands a limit; LiteLLM's for a model that it doesn't know."""

_PROVIDER = "anthropic"
_PATH = "/v1/messages"
_SYSTEM_ROLES = ("system", "developer")


def build_request(
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """A message; see `BuildRequest`. Parameters that OpenAI doesn't have are sent as they are.

    Args:
        base_url: without the version, such as `https://api.anthropic.com`.

    Raises:
        UnsupportedParamsError: Anthropic has no such parameter, and `drop_params` is false.
        BadRequestError: a message can't be said in Anthropic's terms.
    """
    conversation = [plain(message) for message in messages]
    body: JSON = {
        "model": model,
        **_settings(_supported(params, model, drop_params=drop_params), model),
        **_system(conversation),
        "messages": _turns(conversation),
    }
    if stream:
        body["stream"] = True
    if not body["messages"]:
        raise BadRequestError(
            "Anthropic needs a message that isn't a system message: add one of the role 'user'",
            model=model,
            llm_provider=_PROVIDER,
        )
    root = base_url.rstrip("/").removesuffix("/messages").removesuffix("/v1")
    return post(root + _PATH, body, params, {"x-api-key": api_key, "anthropic-version": VERSION})


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
        "response_format",
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
    "response_format": 'use output_config={"format": {"type": "json_schema", "schema": …}}',
    "web_search_options": 'use tools=[{"type": "web_search_20250305", "name": "web_search"}]',
}
# What says no more than what Anthropic does anyway.
_HARMLESS: tuple[tuple[str, Any], ...] = (("n", 1), ("response_format", {"type": "text"}))

# Usage is always in the stream.
_NOT_SENT = EXTRAS | {"stream", "stream_options"}


def _supported(params: Mapping[str, Any], model: str, *, drop_params: bool) -> JSON:
    given = {name: plain(value) for name, value in params.items() if value is not None}
    wrong = [name for name in given if name in _UNSUPPORTED and (name, given[name]) not in _HARMLESS]
    if wrong and not drop_params:
        raise UnsupportedParamsError(
            f"Anthropic has no parameter {wrong[0]!r}: {_INSTEAD.get(wrong[0], 'leave it out')},"
            " or pass drop_params=True, which leaves it out for you",
            model=model,
            llm_provider=_PROVIDER,
            param=wrong[0],
        )
    return {name: value for name, value in given.items() if name not in _UNSUPPORTED | _NOT_SENT}


def _settings(params: JSON, model: str) -> JSON:
    settings: JSON = {}
    for name, value in params.items():
        translate = _TRANSLATIONS.get(name)
        settings |= {name: value} if translate is None else translate(value, params)
    reasoning = _reasoning(params.get("reasoning_effort"), model)
    if "output_config" in reasoning and "output_config" in settings:
        reasoning["output_config"] |= settings["output_config"]  # where an answer's JSON schema is, too
    settings |= reasoning
    settings.setdefault("max_tokens", _room_for(settings.get("thinking")))
    return settings


def _limit(value: Any, _: JSON) -> JSON:
    return {"max_tokens": value}


def _stop(value: Any, _: JSON) -> JSON:
    return {"stop_sequences": [value] if isinstance(value, str) else value}


# Anthropic refuses to be told who somebody is; LiteLLM leaves such a user out as well.
_PERSONAL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+|\+?[\d\s()-]{7,}")


def _user(value: Any, _: JSON) -> JSON:
    return {} if _PERSONAL.fullmatch(str(value)) else {"metadata": {"user_id": value}}


def _metadata(value: Any, _: JSON) -> JSON:
    # OpenAI takes any keys here, and Anthropic no other one than this.
    return {"metadata": {"user_id": value["user_id"]}} if value.get("user_id") else {}


def _tools(value: Any, _: JSON) -> JSON:
    return {"tools": [_tool(tool) for tool in value]}


# What Anthropic knows of a tool beyond OpenAI's shape: OpenAI's users write it there or in its function.
_TOOL_OPTIONS = (
    "allowed_callers",
    "cache_control",
    "defer_loading",
    "eager_input_streaming",
    "input_examples",
)


def _tool(tool: JSON) -> JSON:
    """A function in Anthropic's shape; any other tool, such as its own web search, as it is."""
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    described = {"description": function["description"]} if function.get("description") else {}
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    options = {**_options(function, *_TOOL_OPTIONS), **_options(tool, *_TOOL_OPTIONS)}
    return {"name": function.get("name"), **described, "input_schema": schema, **options}


_CHOICES = {"auto": "auto", "required": "any", "any": "any", "none": "none"}


def _tool_choice(_: Any, params: JSON) -> JSON:
    """`tool_choice` and `parallel_tool_calls`, which in Anthropic's shape are one."""
    if not params.get("tools"):
        return {}  # refused without tools, where OpenAI's users often send it with none
    choice = _choice(params.get("tool_choice", "auto"))
    parallel = params.get("parallel_tool_calls")
    if parallel is not None and choice["type"] != "none":
        choice = {**choice, "disable_parallel_tool_use": not parallel}
    return {"tool_choice": choice}


def _choice(choice: Any) -> JSON:
    if isinstance(choice, str):
        return {"type": _CHOICES.get(choice, choice)}
    if "function" in choice:
        return {"type": "tool", "name": choice["function"].get("name")}
    return {**choice, "type": _CHOICES.get(choice.get("type"), choice.get("type"))}


def _nothing(_: Any, __: JSON) -> JSON:
    return {}


# What isn't here goes under its own name: temperature, top_p, top_k, thinking, service_tier …
_TRANSLATIONS: dict[str, Callable[[Any, JSON], JSON]] = {
    "max_completion_tokens": _limit,
    "max_tokens": _limit,
    "metadata": _metadata,
    "parallel_tool_calls": _tool_choice,
    "reasoning_effort": _nothing,  # see _reasoning
    "stop": _stop,
    "tool_choice": _tool_choice,
    "tools": _tools,
    "user": _user,
}

# LiteLLM's budgets, in tokens; 1,024 is the least that Anthropic takes.
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
# Since 4.6 a model finds its own budget and is told an effort. Before 4 the version came first
# (claude-3-7-sonnet), and a date may follow it (claude-sonnet-4-20250514).
_VERSION_IN_NAME = re.compile(r"claude-[a-z]+-(\d+)(?:[-.](\d{1,2})(?!\d))?")


def _reasoning(effort: Any, model: str) -> JSON:
    if isinstance(effort, dict):
        effort = effort.get("effort")
    if effort in (None, "none"):
        return {}
    if effort not in _BUDGETS:
        raise BadRequestError(
            f"Anthropic has no reasoning_effort {effort!r}: use one of {', '.join(_BUDGETS)}, none",
            model=model,
            llm_provider=_PROVIDER,
            param="reasoning_effort",
        )
    if not _adapts(model):
        return {"thinking": {"type": "enabled", "budget_tokens": _BUDGETS[effort]}}
    named = "low" if effort == "minimal" else effort
    return {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": named}}


def _adapts(model: str) -> bool:
    version = _VERSION_IN_NAME.search(model)
    return version is not None and (int(version[1]), int(version[2] or 0)) >= (4, 6)


def _room_for(thinking: Any) -> int:
    """The default limit. Thinking counts towards it, so it comes on top."""
    budget = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    return DEFAULT_MAX_TOKENS + (budget or 0)


_EMPTY = "(empty message)"


def _system(messages: Sequence[JSON]) -> JSON:
    """All system messages, wherever they stand, as blocks of text.

    LiteLLM 1.106 turns those that come later into user messages, so that a cached prompt stays valid.
    """
    blocks = [
        block for message in messages if message.get("role") in _SYSTEM_ROLES for block in _said(message)
    ]
    return {"system": blocks} if blocks else {}


def _turns(messages: Sequence[JSON]) -> list[JSON]:
    spoken = [_turn(message) for message in messages if message.get("role") not in _SYSTEM_ROLES]
    turns = [
        {"role": role, "content": [block for _, blocks in same_role for block in blocks]}
        for role, same_role in groupby((turn for turn in spoken if turn[1]), key=lambda turn: turn[0])
    ]
    if turns and turns[-1]["role"] == "assistant":
        turns[-1]["content"] = [_stripped(block) for block in turns[-1]["content"]]
    return turns


def _stripped(block: JSON) -> JSON:
    """A prefill, which must not end in white space."""
    return {**block, "text": block["text"].rstrip()} if block.get("type") == "text" else block


def _turn(message: JSON) -> tuple[str, list[JSON]]:
    role = message.get("role")
    handle = _ROLES.get(role) if isinstance(role, str) else None
    if handle is None:
        raise BadRequestError(
            f"Anthropic has no message of the role {role!r}: use one of {', '.join(_ROLES)}, system",
            llm_provider=_PROVIDER,
            param="messages",
        )
    return handle(message)


def _user_turn(message: JSON) -> tuple[str, list[JSON]]:
    # Left out, the message before it would be the one to go on from.
    return "user", _said(message) or [{"type": "text", "text": _EMPTY}]


def _tool_turn(message: JSON) -> tuple[str, list[JSON]]:
    content = message.get("content") or ""
    result = {
        "type": "tool_result",
        "tool_use_id": _call_id(message.get("tool_call_id")),
        "content": content if isinstance(content, str) else _parts(content),
    }
    return "user", [{**result, **_options(message, "cache_control", "is_error")}]


def _assistant_turn(message: JSON) -> tuple[str, list[JSON]]:
    """What it said, in the order that Anthropic checks: thinking before what it led to, calls last."""
    kept = message.get("provider_specific_fields") or {}
    said = _said(message)
    inline = any(block.get("type") in ("thinking", "redacted_thinking") for block in said)
    thinking = [] if inline else list(filter(_is_signed, message.get("thinking_blocks") or ()))
    done = [_done_call(call, kept) for call in message.get("tool_calls") or ()]
    exchanges = [*_exchanges(kept), *(exchange for exchange in done if len(exchange) > 1)]
    calls = [exchange[0] for exchange in done if len(exchange) == 1]
    interleaved = [
        block
        for thought, exchange in zip_longest(thinking, exchanges)
        for block in (*([thought] if thought else ()), *(exchange or ()))
    ]
    return "assistant", [*(kept.get("compaction_blocks") or ()), *interleaved, *said, *calls]


_ROLES: dict[str, Callable[[JSON], tuple[str, list[JSON]]]] = {
    "assistant": _assistant_turn,
    "tool": _tool_turn,
    "user": _user_turn,
}


def _exchanges(kept: JSON) -> Iterator[list[JSON]]:
    """The calls that Anthropic ran itself, each with its result."""
    for call in kept.get("server_tool_use") or ():
        result = _result_of(call.get("id"), kept)
        yield [call] if result is None else [call, result]


def _done_call(call: JSON, kept: JSON) -> list[JSON]:
    """A tool call as a block; with its result if Anthropic ran it (LiteLLM has these among `tool_calls`)."""
    function = call.get("function") or {}
    name, arguments = function.get("name"), _input(function)
    result = _result_of(call.get("id"), kept)
    if result is not None:
        return [{"type": "server_tool_use", "id": call["id"], "name": name, "input": arguments}, result]
    block = {"type": "tool_use", "id": _call_id(call.get("id")), "name": name, "input": arguments}
    return [{**block, **_options(call, "cache_control", "caller")}]


def _result_of(call_id: Any, kept: JSON) -> JSON | None:
    results = [*(kept.get("web_search_results") or ()), *(kept.get("tool_results") or ())]
    return next((result for result in results if result.get("tool_use_id") == call_id), None)


def _input(function: JSON) -> Any:
    arguments = function.get("arguments") or "{}"
    if not isinstance(arguments, str):
        return arguments
    try:
        return from_json(arguments)
    except ValueError as error:
        raise BadRequestError(
            f"the arguments of the tool call {function.get('name')!r} aren't JSON ({error}):"
            f" {arguments[:200]!r}; send the message back as it was built from the whole stream",
            llm_provider=_PROVIDER,
            param="messages",
        ) from error


def _call_id(value: Any) -> str:
    """An id that Anthropic accepts: other providers' have dots and colons in them."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", str(value))


def _is_signed(block: JSON) -> bool:
    # Anthropic verifies the signature: a block from another provider, or from a cut-off stream, is refused.
    return block.get("type") != "thinking" or bool(block.get("signature"))


def _said(message: JSON) -> list[JSON]:
    content = message.get("content")
    if isinstance(content, list):
        return _parts(content)
    return _text_part({"text": content, **_options(message, "cache_control")})


def _parts(content: Sequence[JSON]) -> list[JSON]:
    return [block for part in content for block in _PARTS.get(part.get("type", ""), _as_it_is)(part)]


def _as_it_is(part: JSON) -> list[JSON]:
    return [part]  # Anthropic's own: document, search_result, tool_use, tool_reference …


def _text_part(part: JSON) -> list[JSON]:
    text = part.get("text")
    # Refused if empty, which other providers don't mind.
    if not isinstance(text, str) or not text.strip():
        return []
    return [{"type": "text", "text": text, **_options(part, "cache_control", "citations")}]


def _image_part(part: JSON) -> list[JSON]:
    image = part.get("image_url") or ""
    url, media_type = (image, None) if isinstance(image, str) else (image.get("url"), image.get("format"))
    return [{**_file(str(url), media_type), **_options(part, "cache_control")}]


def _file_part(part: JSON) -> list[JSON]:
    file = part.get("file") or {}
    if file.get("file_id"):
        block: JSON = {"type": "document", "source": {"type": "file", "file_id": file["file_id"]}}
    else:
        block = _file(str(file.get("file_data")), file.get("format"))
    return [{**block, **_options(part, "cache_control")}]


_PARTS: dict[str, Callable[[JSON], list[JSON]]] = {
    "file": _file_part,
    "image_url": _image_part,
    "text": _text_part,
}

_DATA_URL = re.compile(r"data:(?P<media_type>[^;,]*)(?:;[^;,]*)*?;base64,(?P<data>.*)", re.DOTALL)


def _file(url: str, media_type: str | None) -> JSON:
    """An image or a document, at an address or as it is in a `data:` URL."""
    inline = _DATA_URL.fullmatch(url)
    if inline is not None:
        kind = media_type or inline["media_type"]
        source = {"type": "base64", "media_type": kind, "data": inline["data"]}
        return {"type": "image" if kind.startswith("image/") else "document", "source": source}
    if url.startswith(("http://", "https://")):
        # LiteLLM fetches http:// and sends the bytes; here nothing is fetched.
        is_document = media_type is not None and not media_type.startswith("image/")
        return {"type": "document" if is_document else "image", "source": {"type": "url", "url": url}}
    raise BadRequestError(
        f"an image must be a data: URL with base64, or an http(s) address, not {url[:100]!r}",
        llm_provider=_PROVIDER,
        param="messages",
    )


def _options(holder: JSON, *keys: str) -> JSON:
    return {key: holder[key] for key in keys if holder.get(key) is not None}
