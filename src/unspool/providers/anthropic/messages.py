"""A conversation in OpenAI's shape as Anthropic's `system` and turns."""

from __future__ import annotations

from collections.abc import Sequence

from unspool.providers.anthropic.assistant import accepted_id, assistant_blocks
from unspool.providers.anthropic.parts import blocks_from, said_in
from unspool.providers.json_events import JSON, present
from unspool.providers.turns import Roles, alternating, system_blocks


def system_of(messages: Sequence[JSON]) -> JSON:
    """Return all system messages, in any position, as blocks of text."""
    blocks = system_blocks(messages, said_in)
    return {"system": blocks} if blocks else {}


def turns_of(messages: Sequence[JSON]) -> list[JSON]:
    """Return all other messages as turns; consecutive ones of one role are joined.

    Raises:
        BadRequestError: a message can't be expressed in Anthropic's format.
    """
    turns = alternating(messages, _ROLES, title="Anthropic", llm_provider="anthropic")
    if turns and turns[-1]["role"] == "assistant":
        turns[-1]["content"] = [_stripped(block) for block in turns[-1]["content"]]
    return turns


def _stripped(block: JSON) -> JSON:
    """A prefill, which must not end in white space."""
    return {**block, "text": block["text"].rstrip()} if block.get("type") == "text" else block


def _user_blocks(message: JSON) -> list[JSON]:
    # Left out, the message before it would be the one to go on from.
    return said_in(message) or [{"type": "text", "text": "(empty message)"}]


def _result_blocks(message: JSON) -> list[JSON]:
    content = message.get("content") or ""
    result = {
        "type": "tool_result",
        "tool_use_id": accepted_id(message.get("tool_call_id")),
        "content": content if isinstance(content, str) else blocks_from(content),
    }
    return [{**result, **present(message, "cache_control", "is_error")}]


_ROLES: Roles = {
    "assistant": ("assistant", assistant_blocks),
    "tool": ("user", _result_blocks),
    "user": ("user", _user_blocks),
}
