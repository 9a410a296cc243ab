"""A conversation as one text, for models that take no messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON


def prompt_of(messages: Sequence[JSON], *, llm_provider: str) -> str:
    """The texts of the messages, one below the other, without roles: the model's template isn't known.

    Raises:
        BadRequestError: a message has something else than text, or calls.
    """
    return "\n".join(text for message in messages if (text := _text(message, llm_provider)))


def _text(message: JSON, llm_provider: str) -> str:
    if message.get("tool_calls") or message.get("role") == "tool":
        raise _refusal("tool calls", llm_provider)
    content: Any = message.get("content") or ""
    parts = [content] if isinstance(content, str) else content
    return "".join(part if isinstance(part, str) else _text_of_part(part, llm_provider) for part in parts)


def _text_of_part(part: JSON, llm_provider: str) -> str:
    if part.get("type") == "text":
        return str(part.get("text") or "")
    raise _refusal(f"a part of the type {part.get('type')!r}", llm_provider)


def _refusal(what: str, llm_provider: str) -> BadRequestError:
    return BadRequestError(
        f"{llm_provider} takes one text, and a message has {what}: send text alone",
        llm_provider=llm_provider,
        param="messages",
    )
