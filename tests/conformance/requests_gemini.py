"""Recorded requests to Gemini, read back naively: the call in OpenAI's shape that they may have been.

Both the recorded body and ours are then settled: one spelling, nothing that says nothing, one order.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

JSON = dict[str, Any]

RENAMED = {
    "candidateCount": "n",
    "maxOutputTokens": "max_tokens",
    "stopSequences": "stop",
    "topP": "top_p",
    "topK": "top_k",
}
MODES = {"ANY": "required", "AUTO": "auto", "NONE": "none"}
FREE = {"args", "response", "default", "enum", "example"}
"""Keys whose values are the user's own."""

READ = {"contents", "generationConfig", "model", "systemInstruction", "toolConfig", "tools"}

NO_SIGNATURE = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="


def camel(value: Any) -> Any:
    """The same in one spelling, without what is null."""
    if isinstance(value, dict):
        return {
            _camel(key): item if key in FREE else _names(item) if key == "properties" else camel(item)
            for key, item in value.items()
            if item is not None
        }
    return [camel(item) for item in value] if isinstance(value, list) else value


def _names(properties: JSON) -> JSON:
    return {name: camel(schema) for name, schema in properties.items()}


def _camel(name: str) -> str:
    return re.sub("_([a-z])", lambda match: match[1].upper(), name)


def call_of(body: JSON) -> tuple[list[JSON], JSON]:
    """Messages and parameters that may have led to this body; it is in one spelling."""
    messages = list(_system(body.get("systemInstruction")))
    names: list[str] = []
    for content in body["contents"]:
        read = _said if content.get("role") == "model" else _asked
        messages += read(content.get("parts") or [], names)
    return messages, dict(_params(body))


def _system(instruction: JSON | None) -> Iterator[JSON]:
    for part in (instruction or {}).get("parts") or ():
        yield {"role": "system", "content": part.get("text") or ""}


def _asked(parts: list[JSON], names: list[str]) -> Iterator[JSON]:
    """A user's turn: the results of calls, each a message, and the rest as another."""
    for is_result, group in groupby(parts, key=lambda part: "functionResponse" in part):
        if not is_result:
            yield {"role": "user", "content": [_part(part) for part in group]}
            continue
        for part in group:
            result = part["functionResponse"]
            call_id = result.get("id") or f"made-up-{result['name']}"
            content = json.dumps(result.get("response"))
            yield {"role": "tool", "tool_call_id": call_id, "name": result["name"], "content": content}


def _part(part: JSON) -> JSON:
    if "inlineData" in part:
        blob = part["inlineData"]
        url = f"data:{blob['mimeType']};base64,{blob['data']}"
        return {"type": "image_url", "image_url": {"url": url}}
    if "fileData" in part:
        file = part["fileData"]
        return {"type": "file", "file": {"file_id": file["fileUri"], "format": file.get("mimeType")}}
    return {"type": "text", "text": part["text"]} if "text" in part else part


def _said(parts: list[JSON], names: list[str]) -> Iterator[JSON]:
    """What the model said. Parts that OpenAI has no place for can't be sent back, and aren't."""
    calls = [part for part in parts if "functionCall" in part]
    texts = [part for part in parts if "text" in part and not part.get("thought")]
    thoughts = [part for part in parts if "text" in part and part.get("thought")]
    others = [part for part in parts if part not in calls and part not in thoughts]
    signatures = [part["thoughtSignature"] for part in others if part.get("thoughtSignature")]
    yield {
        "role": "assistant",
        "content": [{"type": "text", "text": part["text"]} for part in texts] or None,
        "thinking_blocks": [_thinking(part) for part in thoughts],
        "tool_calls": [_call(part, names) for part in calls],
        "provider_specific_fields": {"thought_signatures": signatures},
    }


def _thinking(part: JSON) -> JSON:
    return {"type": "thinking", "thinking": part["text"], "signature": part.get("thoughtSignature")}


def _call(part: JSON, names: list[str]) -> JSON:
    call = part["functionCall"]
    function = {"name": call["name"], "arguments": json.dumps(call.get("args") or {})}
    kept = {"thought_signature": part.get("thoughtSignature")}
    made_up = f"made-up-{call['name']}"
    return {"id": call.get("id") or made_up, "function": function, "provider_specific_fields": kept}


def _params(body: JSON) -> Iterator[tuple[str, Any]]:
    config = dict(body.get("generationConfig") or {})
    schema = config.pop("responseJsonSchema", None) or lower(config.pop("responseSchema", None))
    kind = config.pop("responseMimeType", None)
    if schema:
        yield "response_format", {"type": "json_schema", "json_schema": {"schema": schema}}
    elif kind:
        yield "response_format", {"type": "text" if kind == "text/plain" else "json_object"}
    for name, value in config.items():
        yield RENAMED.get(name, name), value
    tools = list(_tools(body.get("tools") or []))
    if tools:
        yield "tools", tools
    yield from _choice(body.get("toolConfig"))
    for name in body.keys() - {
        "contents",
        "generationConfig",
        "model",
        "systemInstruction",
        "toolConfig",
        "tools",
    }:
        yield name, body[name]


def _tools(tools: list[JSON]) -> Iterator[JSON]:
    for tool in tools:
        for function in tool.get("functionDeclarations") or ():
            schema = function.get("parametersJsonSchema") or lower(function.get("parameters"))
            beside = {key: value for key, value in function.items() if not key.startswith("parameters")}
            yield {"type": "function", "function": {**beside, "parameters": schema}}
        for name, value in tool.items():
            if name != "functionDeclarations":
                yield {name: value}


def _choice(config: JSON | None) -> Iterator[tuple[str, Any]]:
    calling = (config or {}).get("functionCallingConfig") or {}
    names = calling.get("allowedFunctionNames") or []
    if len(names) == 1 and config is not None and len(config) == 1:
        yield "tool_choice", {"type": "function", "function": {"name": names[0]}}
    elif calling and not names and config is not None and len(config) == 1:
        yield "tool_choice", MODES[calling["mode"]]
    elif config:
        yield "toolConfig", config  # OpenAI has nothing like it


def lower(schema: Any) -> Any:
    """A schema with its types as JSON Schema writes them."""
    if isinstance(schema, dict):
        return {
            key: value.lower() if key == "type" and isinstance(value, str) else lower(value)
            for key, value in schema.items()
        }
    return [lower(item) for item in schema] if isinstance(schema, list) else schema


# -- what two bodies have in common -------------------------------------------------------------------


def settled(body: JSON, *, is_new: bool) -> JSON:
    """A body in one spelling, with nothing in it that says nothing.

    Args:
        is_new: Gemini 3 or newer; others don't get the ids of calls, by LiteLLM's rule.
    """
    body = camel(body)
    config = dict(body.get("generationConfig") or {})
    config.setdefault("responseJsonSchema", lower(config.pop("responseSchema", None)))
    if is_new and config.get("temperature") == 1:
        del config["temperature"]
    if "thinkingConfig" in config:
        config["thinkingConfig"] = {
            key: value.lower() if isinstance(value, str) else value
            for key, value in config["thinkingConfig"].items()
        }
    contents = [
        {"role": role, "parts": [_settled_part(part, is_new) for each in group for part in each["parts"]]}
        for role, group in groupby(body["contents"], key=lambda each: each.get("role") or "user")
    ]
    for content in contents:
        content["parts"] = sorted(filter(None, content["parts"]), key=_place)
    system = [part.get("text") for part in (body.get("systemInstruction") or {}).get("parts") or ()]
    settled_body = {
        **{key: value for key, value in body.items() if key != "model"},
        "contents": contents,
        "systemInstruction": system,
        "generationConfig": {key: value for key, value in config.items() if value is not None},
        "tools": sorted(map(_settled_tool, body.get("tools") or ()), key=repr),
    }
    return {key: value for key, value in settled_body.items() if value not in ({}, [], None)}


def _settled_part(part: JSON, is_new: bool) -> JSON:
    part = {key: value for key, value in part.items() if value not in (False, NO_SIGNATURE)}
    for key in ("functionCall", "functionResponse"):
        if key in part:
            dropped = () if is_new else ("id",)
            made = {name: value for name, value in part[key].items() if name not in dropped}
            if str(made.get("id", "")).startswith("made-up"):
                del made["id"]
            part[key] = {**made, **({"args": made.get("args") or {}} if key == "functionCall" else {})}
    return part if part.get("text", "…").strip() or len(part) > 1 else {}


def _place(part: JSON) -> int:
    """Thoughts come first and calls last; the rest stays as it is."""
    return 0 if part.get("thought") else 2 if "functionCall" in part else 1


def _settled_tool(tool: JSON) -> JSON:
    functions = [
        {**{key: value for key, value in each.items() if not key.startswith("parameters")}, **_schema(each)}
        for each in tool.get("functionDeclarations") or ()
    ]
    return {**tool, **({"functionDeclarations": functions} if functions else {})}


def _schema(function: JSON) -> JSON:
    schema = function.get("parametersJsonSchema") or function.get("parameters") or {}
    schema = _open(lower(schema))
    if not schema.get("properties"):
        schema = {key: value for key, value in schema.items() if key not in ("properties", "required")}
    return {"parameters": schema} if schema else {}


def _open(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _open(value)
            for key, value in schema.items()
            if key not in ("additionalProperties", "$schema") and value != []
        }
    return [_open(item) for item in schema] if isinstance(schema, list) else schema
