"""OpenAI's `reasoning_effort` as each model family on Bedrock has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.anthropic.reasoning import reasoning_settings
from unspool.providers.json_events import JSON

_NOVAS = ("low", "medium", "high")


def takes_effort(model: str) -> bool:
    """Whether a model is known to accept a reasoning effort; unknown for an ARN."""
    return any(name in model for name in _FAMILIES)


def reasoning_fields(effort: Any, model: str) -> JSON:
    """What goes into `additionalModelRequestFields`; nothing for no effort.

    Args:
        effort: its name, or an object that has it as its `effort`.
        model: one that takes it.

    Raises:
        BadRequestError: the model has no such effort.
    """
    if isinstance(effort, dict):
        effort = effort.get("effort")
    if effort is None:
        return {}
    return next(write for name, write in _FAMILIES.items() if name in model)(effort, model)


def _novas(effort: Any, model: str) -> JSON:
    if effort == "none":
        return {}
    if effort not in _NOVAS:
        raise BadRequestError(
            f"Nova has no reasoning_effort {effort!r}: use one of {', '.join(_NOVAS)}, none",
            model=model,
            llm_provider="bedrock",
            param="reasoning_effort",
        )
    return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}


def _openais(effort: Any, _: str) -> JSON:
    return {"reasoning": {"effort": effort}}


def _plain(effort: Any, _: str) -> JSON:
    return {"reasoning_effort": effort}


# By a piece of the model's name; the first one that is in it counts.
_FAMILIES: dict[str, Callable[[Any, str], JSON]] = {
    "claude": reasoning_settings,
    "nova-2": _novas,
    "gpt-oss": _plain,
    "openai.gpt-": _openais,
    "deepseek.v": _plain,  # R1 always reasons, and rejects the setting
}
