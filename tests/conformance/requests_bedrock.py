"""Recorded requests to Converse, read back naively: the call in OpenAI's shape that they may have been."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]

RENAMED = {"maxTokens": "max_tokens", "stopSequences": "stop", "topP": "top_p"}
MEDIA = {"jpeg": "image/jpeg", "png": "image/png"}


def call_of(body: JSON) -> tuple[list[JSON], JSON]:
    """Messages and parameters that may have led to this body."""
    messages = [_message("system", [block]) for block in _marked(body.get("system") or [])]
    for turn in body["messages"]:
        messages += _turn(turn["role"], _marked(turn["content"]))
    return messages, dict(_params(body))


def _marked(blocks: list[JSON]) -> list[JSON]:
    """The blocks, each `cachePoint` as a mark on the block before it."""
    found: list[JSON] = []
    for block in blocks:
        if "cachePoint" in block:
            found[-1] = {**found[-1], "cache_control": {"type": "ephemeral"}}
        else:
            found.append(block)
    return found


def _turn(role: str, blocks: list[JSON]) -> Iterator[JSON]:
    said = [block for block in blocks if not block.keys() & {"toolUse", "toolResult"}]
    calls = [_call(block["toolUse"]) for block in blocks if "toolUse" in block]
    for block in blocks:
        if "toolResult" in block:
            result = block["toolResult"]
            parts = [_result_part(part) for part in result["content"]]
            yield {"role": "tool", "tool_call_id": result["toolUseId"], "content": parts}
    if said or calls:
        yield {**_message(role, said), **({"tool_calls": calls} if calls else {})}


def _message(role: str, blocks: list[JSON]) -> JSON:
    return {"role": role, "content": [_part(block) for block in blocks]}


def _part(block: JSON) -> JSON:
    marks = {"cache_control": block["cache_control"]} if "cache_control" in block else {}
    if "text" in block:
        return {"type": "text", "text": block["text"], **marks}
    image = block.get("image")
    if image and "bytes" in image["source"]:
        url = f"data:{MEDIA[image['format']]};base64,{image['source']['bytes']}"
        return {"type": "image_url", "image_url": {"url": url}}
    return block


def _result_part(part: JSON) -> JSON:
    return {"type": "text", "text": part["text"]} if "text" in part else part


def _call(tool: JSON) -> JSON:
    function = {"name": tool["name"], "arguments": json.dumps(tool["input"])}
    return {"id": tool["toolUseId"], "type": "function", "function": function}


def _params(body: JSON) -> Iterator[tuple[str, Any]]:
    for name, value in (body.get("inferenceConfig") or {}).items():
        yield RENAMED.get(name, name), value
    for name, value in body.items():
        if name in {"additionalModelRequestFields", "guardrailConfig"}:
            yield name, value
    output = (body.get("outputConfig") or {}).get("textFormat")
    if output:
        schema = output["structure"]["jsonSchema"]
        yield (
            "response_format",
            {"type": "json_schema", "json_schema": {**schema, "schema": json.loads(schema["schema"])}},
        )
    tools = body.get("toolConfig") or {}
    if tools:
        yield "tools", [_tool(tool) for tool in tools["tools"]]
    if tools.get("toolChoice"):
        yield "tool_choice", _choice(tools["toolChoice"])


def _tool(tool: JSON) -> JSON:
    spec = tool.get("toolSpec")
    if spec is None:
        return tool
    function = {"name": spec["name"], "parameters": spec["inputSchema"]["json"]}
    described = {"description": spec["description"]} if "description" in spec else {}
    return {"type": "function", "function": {**function, **described}}


def _choice(choice: JSON) -> Any:
    if "tool" in choice:
        return {"type": "function", "function": {"name": choice["tool"]["name"]}}
    return {"auto": "auto", "any": "required"}[next(iter(choice))]
