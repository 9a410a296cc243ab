"""A recorded request's body: as the arguments of a call, and as what it comes to beside ours.

`PARSERS` reads a body into model, messages and parameters, in OpenAI's shape. `SETTLERS` gives bodies
that mean the same the same shape, such as text for a list with one part of text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True)
class Asked:
    """The arguments of a call."""

    model: str
    messages: list[JSON]
    params: JSON


def _parse_openai(body: JSON) -> Asked:
    return Asked(body.get("model") or "", body["messages"], _rest(body))


def _rest(body: JSON, *others: str) -> JSON:
    """All parameters but those that every builder has arguments for, and these others."""
    known = {"model", "messages", "stream", *others}
    return {name: value for name, value in body.items() if name not in known}


def _settle_openai(body: JSON) -> JSON:
    said = [_without_nulls(message) for message in body["messages"]]
    return {**_without_nulls(body), "messages": said}


def _without_nulls(holder: JSON) -> JSON:
    return {name: value for name, value in holder.items() if value is not None}


# -- Anthropic ----------------------------------------------------------------------------------------


def _parse_anthropic(body: JSON) -> Asked:
    system = [{"role": "system", "content": body["system"]}] if body.get("system") else []
    messages = [part for message in body["messages"] for part in _ANTHROPIC_ROLES[message["role"]](message)]
    params = _rest(body, "system", "tools", "tool_choice", "stop_sequences")
    if body.get("tools"):
        params["tools"] = [_function(tool) for tool in body["tools"]]
    if body.get("stop_sequences"):
        params["stop"] = body["stop_sequences"]
    params |= _choice(body.get("tool_choice") or {})
    return Asked(body.get("model") or "claude", [*system, *messages], params)


def _user(message: JSON) -> Iterator[JSON]:
    others = []
    for block in _blocks(message["content"]):
        if block["type"] == "tool_result":
            said = {name: value for name, value in block.items() if name not in ("type", "tool_use_id")}
            yield {"role": "tool", "tool_call_id": block["tool_use_id"], **said}
        else:
            others.append(block)
    if others:
        yield {"role": "user", "content": others}


def _assistant(message: JSON) -> Iterator[JSON]:
    blocks = _blocks(message["content"])
    calls = [block for block in blocks if block["type"] == "tool_use"]
    yield {
        "role": "assistant",
        "content": [block for block in blocks if block not in calls],
        "tool_calls": [_called(call) for call in calls],
    }


def _called(block: JSON) -> JSON:
    others = {name: value for name, value in block.items() if name not in ("type", "name", "input")}
    return {
        **others,
        "type": "function",
        "function": {"name": block["name"], "arguments": json.dumps(block["input"])},
    }


_ANTHROPIC_ROLES: dict[str, Callable[[JSON], Iterator[JSON]]] = {"assistant": _assistant, "user": _user}


def _blocks(content: Any) -> list[JSON]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _function(tool: JSON) -> JSON:
    if tool.get("type", "custom") != "custom":
        return tool
    others = {name: value for name, value in tool.items() if name not in ("type", "input_schema")}
    return {"type": "function", "function": {**others, "parameters": tool["input_schema"]}}


def _choice(choice: JSON) -> JSON:
    if not choice:
        return {}
    kind = {"any": "required"}.get(choice["type"], choice["type"])
    named = {"type": "function", "function": {"name": choice.get("name")}}
    parallel = choice.get("disable_parallel_tool_use")
    return {
        "tool_choice": named if kind == "tool" else kind,
        **({} if parallel is None else {"parallel_tool_calls": not parallel}),
    }


def _settle_anthropic(body: JSON) -> JSON:
    system = {"system": _blocks(body["system"])} if body.get("system") else {}
    tools = [
        {name: value for name, value in tool.items() if value != "custom"} for tool in body.get("tools") or ()
    ]
    turns = [
        {
            "role": role,
            "content": [_settle_block(block) for message in said for block in _blocks(message["content"])],
        }
        for role, said in groupby(body["messages"], itemgetter("role"))
    ]
    others = {name: value for name, value in _without_nulls(body).items() if name not in ("system", "tools")}
    return {**others, **system, "tools": tools, "messages": turns}


def _settle_block(block: JSON) -> JSON:
    return {**block, "content": _blocks(block["content"])} if block["type"] == "tool_result" else block


# -- Ollama -------------------------------------------------------------------------------------------


def _parse_ollama(body: JSON) -> Asked:
    ids: list[str] = []
    return Asked(body["model"], [_ollama_message(message, ids) for message in body["messages"]], _rest(body))


def _ollama_message(message: JSON, ids: list[str]) -> JSON:
    """With an id for each call, which its result refers to; they come in the same order."""
    if message["role"] == "tool":
        return {"role": "tool", "content": message["content"], "tool_call_id": ids.pop(0) if ids else None}
    calls = message.get("tool_calls") or []
    ids += [f"call_{len(ids) + place}" for place in range(len(calls))]
    numbered = zip(ids[len(ids) - len(calls) :], calls, strict=True)
    return {**message, "tool_calls": [_ollama_call(call_id, call) for call_id, call in numbered]}


def _ollama_call(call_id: str, call: JSON) -> JSON:
    function = call["function"]
    return {
        "id": call_id,
        "type": "function",
        "function": {"name": function["name"], "arguments": json.dumps(function["arguments"])},
    }


def _settle_ollama(body: JSON) -> JSON:
    settled = {"stream": True, **{name: value for name, value in body.items() if value not in (None, "", {})}}
    settled["messages"] = [_settle_ollama_message(message) for message in body["messages"]]
    return settled


def _settle_ollama_message(message: JSON) -> JSON:
    kept = {name: value for name, value in message.items() if name != "tool_call_id"}
    if "tool_calls" in kept:
        kept["tool_calls"] = [_settle_ollama_call(call["function"]) for call in kept["tool_calls"]]
    return kept


def _settle_ollama_call(function: JSON) -> JSON:
    return {"name": function["name"], "arguments": function["arguments"]}


PARSERS: Mapping[str, Callable[[JSON], Asked]] = {
    "anthropic-messages": _parse_anthropic,
    "cohere-v2": _parse_openai,
    "ollama-ndjson": _parse_ollama,
    "openai-chat": _parse_openai,
}
SETTLERS: Mapping[str, Callable[[JSON], JSON]] = {
    "anthropic-messages": _settle_anthropic,
    "cohere-v2": _settle_openai,
    "ollama-ndjson": _settle_ollama,
    "openai-chat": _settle_openai,
}
