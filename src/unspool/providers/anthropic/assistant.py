"""Earlier messages of the model, sent back to it.

The message's fields from its response (`thinking_blocks`, the lists of `unspool.providers.anthropic`) become
blocks again, in the order that Anthropic demands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from unspool.providers.anthropic.parts import said_in
from unspool.providers.json_events import JSON, present
from unspool.providers.request import parsed_arguments


def assistant_blocks(message: JSON) -> list[JSON]:
    """Return its blocks, in the order that Anthropic checks: thinking before its results, calls last.

    Raises:
        BadRequestError: the arguments of a tool call aren't JSON.
    """
    kept = message.get("provider_specific_fields") or {}
    said = said_in(message)
    calls = [_call(call, kept) for call in message.get("tool_calls") or ()]
    asked = [call for call in calls if call["type"] == "tool_use"]
    ran = [*(kept.get("server_tool_use") or ()), *(call for call in calls if call["type"] != "tool_use")]
    thoughts = [[block] for block in _thinking(message, said)]
    exchanges = [[call, *_results_of(call.get("id"), kept)] for call in ran]
    pairs = zip_longest(thoughts, exchanges, fillvalue=())
    led_to = [block for pair in pairs for blocks in pair for block in blocks]
    return [*(kept.get("compaction_blocks") or ()), *led_to, *said, *asked]


def accepted_id(value: Any) -> str:
    """A call's id as Anthropic accepts it: other providers' have dots and colons in them."""
    return re.sub(r"[^a-zA-Z0-9_-]", "_", str(value))


def _thinking(message: JSON, said: Sequence[JSON]) -> list[JSON]:
    if any(block.get("type") in ("thinking", "redacted_thinking") for block in said):
        return []  # it's in the content already
    return [block for block in message.get("thinking_blocks") or () if _is_signed(block)]


def _is_signed(block: JSON) -> bool:
    # Anthropic verifies the signature: a block from another provider, or from a cut-off stream, is refused.
    return block.get("type") != "thinking" or bool(block.get("signature"))


def _call(call: JSON, kept: JSON) -> JSON:
    """A tool call as a block; of another type if there is a result already, so that Anthropic ran it itself.

    LiteLLM has such calls among `tool_calls`; our own responses have them in `server_tool_use`.
    """
    call_id, function = call.get("id"), call.get("function") or {}
    named = {"name": function.get("name"), "input": parsed_arguments(function, llm_provider="anthropic")}
    if _results_of(call_id, kept):
        return {"type": "server_tool_use", "id": call_id, **named}
    return {
        "type": "tool_use",
        "id": accepted_id(call_id),
        **named,
        **present(call, "cache_control", "caller"),
    }


def _results_of(call_id: Any, kept: JSON) -> list[JSON]:
    """The result of a call that Anthropic ran, if it's there; the first one if there are more."""
    results = [*(kept.get("web_search_results") or ()), *(kept.get("tool_results") or ())]
    return [result for result in results if result.get("tool_use_id") == call_id][:1]
