"""A conversation in OpenAI's shape as Converse's `system` and turns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from unspool.providers.bedrock.parts import cache_point, said_in
from unspool.providers.json_events import JSON
from unspool.providers.request import parsed_arguments
from unspool.providers.turns import Roles, alternating, system_blocks


def system_of(messages: Sequence[JSON]) -> JSON:
    """All system messages, wherever they stand, as blocks of text."""
    blocks = system_blocks(messages, said_in)
    return {"system": blocks} if blocks else {}


def turns_of(messages: Sequence[JSON]) -> list[JSON]:
    """All other messages as turns; those of one role that follow each other are one.

    Raises:
        BadRequestError: a message can't be expressed in Converse's format.
    """
    turns = alternating(messages, _ROLES, title="Converse", llm_provider="bedrock")
    _name_documents(turns)
    return turns


def _name_documents(turns: Sequence[JSON]) -> None:
    """Converse wants a name for each document, no two alike; LiteLLM makes one of a hash of its data."""
    documents = [block["document"] for turn in turns for block in turn["content"] if "document" in block]
    nameless = (document for document in documents if "name" not in document)
    for number, document in enumerate(nameless, 1):
        document["name"] = f"Document {number}"


def _user_blocks(message: JSON) -> list[JSON]:
    # Left out, the message before it would be the one to go on from.
    return said_in(message) or [{"text": "(empty message)"}]


def _result_blocks(message: JSON) -> list[JSON]:
    blocks = said_in(message)
    marks = [block for block in blocks if "cachePoint" in block] or cache_point(message)
    result = {
        "toolUseId": _accepted_id(message.get("tool_call_id")),
        "content": [block for block in blocks if "cachePoint" not in block],
        **({"status": "error"} if message.get("is_error") else {}),
    }
    return [{"toolResult": result}, *marks[:1]]  # inside of a result there may be none


def _assistant_blocks(message: JSON) -> list[JSON]:
    """Reasoning before what it led to, calls last: so Converse demands it."""
    calls = [block for call in message.get("tool_calls") or () for block in _call_blocks(call)]
    return [*_reasoning_blocks(message), *said_in(message), *calls]


def _call_blocks(call: JSON) -> Iterator[JSON]:
    function = call.get("function") or {}
    named = {"toolUseId": _accepted_id(call.get("id")), "name": function.get("name")}
    yield {"toolUse": {**named, "input": parsed_arguments(function, llm_provider="bedrock")}}
    yield from cache_point(call)


def _reasoning_blocks(message: JSON) -> Iterator[JSON]:
    for block in message.get("thinking_blocks") or ():
        if block.get("type") == "redacted_thinking":
            yield {"reasoningContent": {"redactedContent": block.get("data")}}
        elif block.get("signature"):
            # Bedrock verifies it, and refuses reasoning that is another provider's. LiteLLM makes text of it.
            said = {"text": block.get("thinking") or "", "signature": block["signature"]}
            yield {"reasoningContent": {"reasoningText": said}}


def _accepted_id(value: Any) -> str:
    """A call's id as Converse accepts it: up to 64 letters, digits and some marks."""
    return re.sub(r"[^a-zA-Z0-9_.:-]", "_", str(value))[:64]


_ROLES: Roles = {
    "assistant": ("assistant", _assistant_blocks),
    "tool": ("user", _result_blocks),
    "user": ("user", _user_blocks),
}
