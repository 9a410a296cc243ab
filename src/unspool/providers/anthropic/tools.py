"""Tools, and the choice among them, in Anthropic's shape."""

from __future__ import annotations

from typing import Any

from unspool.providers.payload import JSON
from unspool.providers.shape import present

# What Anthropic knows of a tool beyond OpenAI's shape: OpenAI's users write it there or in its function.
_OPTIONS = (
    "allowed_callers",
    "cache_control",
    "defer_loading",
    "eager_input_streaming",
    "input_examples",
)
_CHOICES = {"required": "any"}  # the others have OpenAI's names


def tool_from(tool: JSON) -> JSON:
    """A function in Anthropic's shape; any other tool, such as its own web search, as it is."""
    function = tool.get("function")
    if not isinstance(function, dict):
        return tool
    described = {"description": function["description"]} if function.get("description") else {}
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    options = {**present(function, *_OPTIONS), **present(tool, *_OPTIONS)}
    return {"name": function.get("name"), **described, "input_schema": schema, **options}


def tool_choice_from(choice: Any, *, parallel: bool | None) -> JSON:
    """`tool_choice` and `parallel_tool_calls`, which in Anthropic's shape are one."""
    chosen = _choice(choice)
    if parallel is None or chosen["type"] == "none":
        return chosen
    return {**chosen, "disable_parallel_tool_use": not parallel}


def _choice(choice: Any) -> JSON:
    if isinstance(choice, str):
        choice = {"type": choice}
    if "function" in choice:
        return {"type": "tool", "name": choice["function"].get("name")}
    return {**choice, "type": _CHOICES.get(choice.get("type"), choice.get("type"))}
