"""OpenAI's `reasoning_effort` as each model family on Bedrock has it."""

from __future__ import annotations

from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.anthropic.reasoning import reasoning_settings
from unspool.providers.payload import JSON

_NOVAS = ("low", "medium", "high")


def reasoning_fields(effort: Any, model: str) -> JSON:
    """What goes into `additionalModelRequestFields`; nothing for no effort.

    Args:
        effort: its name, or an object that has it as its `effort`.

    Raises:
        BadRequestError: the model has no such effort.
    """
    if isinstance(effort, dict):
        effort = effort.get("effort")
    if effort is None:
        return {}
    if "claude" in model:
        return reasoning_settings(effort, model)
    if "nova-2" in model:
        return _novas(effort, model)
    if "openai.gpt-" in model and "gpt-oss" not in model:
        return {"reasoning": {"effort": effort}}
    return {"reasoning_effort": effort}  # gpt-oss and DeepSeek have OpenAI's


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
