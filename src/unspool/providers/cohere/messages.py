"""Messages as version 2 of Cohere's chat takes them, with what an earlier answer of its own had beside."""

from __future__ import annotations

from typing import Any

from unspool.providers.payload import JSON
from unspool.providers.shape import present

_ROLES = {"developer": "system"}  # the others are OpenAI's


def message_from(message: JSON) -> JSON:
    """A message in OpenAI's shape, in Cohere's.

    What it thought, planned and cited, as `unspool.providers.cohere` keeps it, goes back to it.
    """
    role = message.get("role")
    kept = message.get("provider_specific_fields") or {}
    content = _content(message)
    return {
        "role": _ROLES.get(str(role), role),
        **({} if content is None else {"content": content}),
        **present(message, "tool_calls", "tool_call_id"),
        **present({**kept, **message}, "tool_plan", "citations"),
    }


def _content(message: JSON) -> Any:
    content, thinking = message.get("content"), message.get("reasoning_content")
    if isinstance(content, list):
        return [_part(part) for part in content]
    if not thinking:
        return content
    text = [{"type": "text", "text": content}] if content else []
    return [{"type": "thinking", "thinking": thinking}, *text]


def _part(part: Any) -> Any:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    if isinstance(part.get("image_url"), str):
        return {**part, "image_url": {"url": part["image_url"]}}
    return part
