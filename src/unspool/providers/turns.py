"""A conversation in OpenAI's shape for providers that want turns: a user's and the assistant's, by turns."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON

Blocks = Callable[[JSON], list[JSON]]
"""What a message says, as the provider's blocks."""

Roles = Mapping[str, tuple[str, Blocks]]
"""The provider's role for each of OpenAI's, and what one of its messages says."""

_SYSTEM_ROLES = ("system", "developer")


def system_blocks(messages: Sequence[JSON], blocks_of: Blocks) -> list[JSON]:
    """What all system messages say, wherever they stand.

    LiteLLM 1.110.2 turns those that come later into user messages, so that a cached prompt stays valid.
    """
    return [
        block for message in messages if message.get("role") in _SYSTEM_ROLES for block in blocks_of(message)
    ]


def alternating(messages: Sequence[JSON], roles: Roles, *, title: str, llm_provider: str) -> list[JSON]:
    """All other messages as turns; those of one role that follow each other are one.

    Args:
        title: what the provider calls itself; LiteLLM calls it `llm_provider`.

    Raises:
        BadRequestError: a message has a role that the provider doesn't know.
    """
    spoken = [
        _spoken(message, roles, title, llm_provider)
        for message in messages
        if message.get("role") not in _SYSTEM_ROLES
    ]
    return [
        {"role": role, "content": [block for _, blocks in same_role for block in blocks]}
        for role, same_role in groupby((turn for turn in spoken if turn[1]), key=lambda turn: turn[0])
    ]


def _spoken(message: JSON, roles: Roles, title: str, llm_provider: str) -> tuple[str, list[JSON]]:
    role = message.get("role")
    known = roles.get(role) if isinstance(role, str) else None
    if known is None:
        raise BadRequestError(
            f"{title} has no message of the role {role!r}: use one of {', '.join(roles)}, system",
            llm_provider=llm_provider,
            param="messages",
        )
    theirs, blocks_of = known
    return theirs, blocks_of(message)
