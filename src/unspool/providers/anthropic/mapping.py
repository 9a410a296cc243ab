"""Where the parts of a message go in OpenAI's shape, be they streamed or whole."""

from __future__ import annotations

import json

from unspool.providers.json_events import JSON, object_in, present, text_in

# LiteLLM's names, where it has one. A type that isn't here: see `list_for`.
_LIST_OF_BLOCK: dict[str, str] = {
    "compaction": "compaction_blocks",
    "mcp_tool_use": "server_tool_use",
    "server_tool_use": "server_tool_use",
    "web_fetch_tool_result": "web_search_results",
    "web_search_tool_result": "web_search_results",
}


def list_for(kind: str) -> str:
    """The list of `provider_specific_fields` that keeps blocks of this type."""
    other = "tool_results" if kind.endswith("_tool_result") else "other_blocks"
    return _LIST_OF_BLOCK.get(kind, other)


def tool_call(block: JSON, *, arguments: str) -> JSON:
    """A `tool_use` block as a call; with its caller, the model or code that it had run, if one is named."""
    function = {"name": text_in(block, "name"), "arguments": arguments}
    call = {"id": text_in(block, "id"), "type": "function", "function": function}
    return {**call, "caller": block["caller"]} if block.get("caller") else call


def arguments_of(block: JSON) -> str:
    """The input that a `tool_use` block holds itself, as JSON text."""
    return json.dumps(object_in(block, "input"))


def with_supported_text(citations: list[JSON], text: str) -> list[JSON]:
    """The citations of a text block, each with the text that it supports."""
    return [{**citation, "supported_text": text} for citation in citations]


def fields_of_end(message: JSON) -> JSON:
    """What a message's end says beside its stop reason and its usage."""
    return present(message, "stop_sequence", "stop_details", "container", "context_management")
