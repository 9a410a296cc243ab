"""OpenAI's `reasoning_effort` as Anthropic's thinking: with a budget of tokens or, since 4.6, an effort."""

from __future__ import annotations

import re
from typing import Any

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON

# LiteLLM's budgets, in tokens; 1,024 is the least that Anthropic takes.
_BUDGETS = {"minimal": 1024, "low": 1024, "medium": 2048, "high": 4096, "xhigh": 8192, "max": 16384}
# Since 4.6 a model finds its own budget and is told an effort. Before 4 the version came first
# (claude-3-7-sonnet), and a date may follow it (claude-sonnet-4-20250514).
_VERSION_IN_NAME = re.compile(r"claude-[a-z]+-(\d+)(?:[-.](\d{1,2})(?!\d))?")


def reasoning_settings(effort: Any, model: str) -> JSON:
    """`thinking` and, for a model that is told an effort, `output_config`; nothing for no effort.

    Args:
        effort: its name, or an object that has it as its `effort`.

    Raises:
        BadRequestError: Anthropic has no such effort.
    """
    if isinstance(effort, dict):
        effort = effort.get("effort")
    if effort in (None, "none"):
        return {}
    if effort not in _BUDGETS:
        raise BadRequestError(
            f"Anthropic has no reasoning_effort {effort!r}: use one of {', '.join(_BUDGETS)}, none",
            model=model,
            llm_provider="anthropic",
            param="reasoning_effort",
        )
    if not _adapts(model):
        return {"thinking": {"type": "enabled", "budget_tokens": _BUDGETS[effort]}}
    named = "low" if effort == "minimal" else effort
    return {"thinking": {"type": "adaptive", "display": "summarized"}, "output_config": {"effort": named}}


def _adapts(model: str) -> bool:
    version = _VERSION_IN_NAME.search(model)
    return version is not None and (int(version[1]), int(version[2] or 0)) >= (4, 6)
