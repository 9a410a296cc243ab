"""OpenAI's `reasoning_effort` as Gemini's thinking: a budget of tokens or, since Gemini 3, a level."""

from __future__ import annotations

from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.gemini.family import is_gemini_3
from unspool.providers.json_events import JSON

# LiteLLM's budgets, in tokens. The least that a model can think differs.
_BUDGETS = {"none": 0, "disable": 0, "minimal": 128, "low": 1024, "medium": 2048, "high": 4096}
_LEAST = {"gemini-2.5-flash-lite": 512, "gemini-2.5-pro": 128, "gemini-2.5-flash": 1}


def thinking_from(effort: Any, model: str) -> JSON:
    """`thinkingConfig`.

    Args:
        effort: its name, or an object that has it as its `effort`.

    Raises:
        BadRequestError: Gemini has no such effort.
    """
    if isinstance(effort, dict):
        effort = effort.get("effort")
    if effort not in _BUDGETS:
        raise BadRequestError(
            f"Gemini has no reasoning_effort {effort!r}: use one of {', '.join(_BUDGETS)}",
            model=model,
            llm_provider="gemini",
            param="reasoning_effort",
        )
    shown = {"includeThoughts": effort not in ("none", "disable")}
    if is_gemini_3(model):
        return {"thinkingLevel": _level(effort, model), **shown}
    least = next((_LEAST[name] for name in _LEAST if name in model.lower()), _BUDGETS["minimal"])
    return {"thinkingBudget": least if effort == "minimal" else _BUDGETS[effort], **shown}


def _level(effort: str, model: str) -> str:
    if effort in ("low", "medium", "high"):
        return effort
    return "minimal" if "flash" in model.lower() else "low"  # Pro can't think that little


def thinking_from_anthropics(thinking: JSON, model: str) -> JSON:
    """`thinkingConfig` of Anthropic's `thinking`, which LiteLLM takes for any model."""
    budget = thinking.get("budget_tokens")
    shown = thinking.get("type") == "enabled" and budget != 0
    if is_gemini_3(model):
        return {"includeThoughts": shown}
    return {
        **({"includeThoughts": True} if shown else {}),
        **({"thinkingBudget": budget} if isinstance(budget, int) else {}),
    }
