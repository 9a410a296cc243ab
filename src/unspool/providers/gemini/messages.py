"""A conversation in OpenAI's shape as Gemini's `system_instruction` and `contents`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from unspool.errors import BadRequestError
from unspool.providers.gemini.assistant import model_parts, result_part
from unspool.providers.gemini.family import is_gemini_3
from unspool.providers.gemini.parts import parts_from
from unspool.providers.json_events import JSON
from unspool.providers.turns import system_blocks

_KINDS = {
    "assistant": "model",
    "developer": "system",
    "function": "result",
    "system": "system",
    "tool": "result",
    "user": "user",
}


def system_of(messages: Sequence[JSON]) -> JSON:
    """All system messages, wherever they stand, a part each."""
    parts = system_blocks(messages, _text_alone)
    return {"system_instruction": {"parts": parts}} if parts else {}


def _text_alone(message: JSON) -> list[JSON]:
    return [{"text": "".join(part.get("text", "") for part in parts_from(message, detailed=False))}]


def contents_of(messages: Sequence[JSON], model: str) -> list[JSON]:
    """All other messages as turns; those of one kind that follow each other are one.

    Raises:
        BadRequestError: a message can't be expressed in Gemini's format.
    """
    spoken = [message for message in messages if _kind(message) != "system"]
    is_new = is_gemini_3(model)
    calls: list[JSON] = []
    turns = []
    for kind, group in groupby(spoken, key=_kind):
        parts: list[JSON] = []
        for message in group:
            calls += message.get("tool_calls") or ()
            parts += _parts(kind, message, calls, is_new=is_new)
        if kind == "user" and parts and not any("text" in part for part in parts):
            parts.append({"text": " "})  # Vertex AI refuses a turn of images alone, says LiteLLM
        if parts:
            turns.append({"role": "model" if kind == "model" else "user", "parts": parts})
    # A system message alone is a prompt to others, as it is in LiteLLM.
    return turns or [{"role": "user", "parts": [{"text": "."}]}]


def _parts(kind: str, message: JSON, calls: Sequence[JSON], *, is_new: bool) -> list[JSON]:
    if kind == "model":
        return model_parts(message, is_new=is_new)
    if kind == "result":
        return [result_part(message, calls, is_new=is_new)]
    return parts_from(message, detailed=is_new)


def _kind(message: JSON) -> str:
    role = message.get("role")
    kind = _KINDS.get(role) if isinstance(role, str) else None
    if kind is None:
        raise BadRequestError(
            f"a message's role must be one of {', '.join(_KINDS)}, not {role!r}",
            llm_provider="gemini",
            param="messages",
        )
    return kind
