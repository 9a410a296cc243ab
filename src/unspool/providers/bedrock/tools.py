"""Tools, and the choice among them, in Converse's shape.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolConfiguration.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from unspool.providers.bedrock.parts import cache_point
from unspool.providers.payload import JSON
from unspool.providers.shape import present

_CHOICES: dict[str, JSON] = {"auto": {"auto": {}}, "required": {"any": {}}}


def tool_config(given: JSON, model: str) -> tuple[JSON, JSON]:
    """`toolConfig`, and what Claude alone is told of parallel calls; both empty without tools.

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
