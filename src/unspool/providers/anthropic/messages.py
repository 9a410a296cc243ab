"""A conversation in OpenAI's shape as Anthropic's `system` and turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from unspool.errors import BadRequestError
from unspool.providers.anthropic.assistant import accepted_id, assistant_blocks
from unspool.providers.anthropic.parts import blocks_from, said_in
from unspool.providers.anthropic.shape import present
from unspool.providers.payload import JSON

_SYSTEM_ROLES = ("system", "developer")


def system_of(messages: Sequence[JSON]) -> JSON:
    """All system messages, wherever they stand, as blocks of text.

    LiteLLM 1.106 turns those that come later into user messages, so that a cached prompt stays valid.
    """
    blocks = [
        block for message in messages if message.get("role") in _SYSTEM_ROLES for block in said_in(message)
    ]
    return {"system": blocks} if blocks else {}


def turns_of(messages: Sequence[JSON]) -> list[JSON]:
    """All other messages as turns; those of one role that follow each other are one.

    Raises:
        BadRequestError: a message can't be said in Anthropic's terms.
    """
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
    known = _ROLES.get(role) if isinstance(role, str) else None
    if known is None:
        raise BadRequestError(
            f"Anthropic has no message of the role {role!r}: use one of {', '.join(_ROLES)}, system",
            llm_provider="anthropic",
            param="messages",
        )
    theirs, blocks_of = known
    return theirs, blocks_of(message)


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


# Anthropic's role for each of OpenAI's, and what one of its messages says.
_ROLES: dict[str, tuple[str, Callable[[JSON], list[JSON]]]] = {
    "assistant": ("assistant", assistant_blocks),
    "tool": ("user", _result_blocks),
    "user": ("user", _user_blocks),
}
