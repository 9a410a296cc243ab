"""The token counts of an interaction, counted as those of `generateContent` are."""

from __future__ import annotations

from unspool.models import Usage
from unspool.providers.gemini.usage import usage_from
from unspool.providers.payload import JSON
from unspool.providers.shape import objects_in

_COUNTS = {
    "total_cached_tokens": "cachedContentTokenCount",
    "total_input_tokens": "promptTokenCount",
    "total_output_tokens": "candidatesTokenCount",
    "total_thought_tokens": "thoughtsTokenCount",
    "total_tokens": "totalTokenCount",
    "total_tool_use_tokens": "toolUsePromptTokenCount",
}
_DETAILS = {
    "cached_tokens_by_modality": "cacheTokensDetails",
    "input_tokens_by_modality": "promptTokensDetails",
    "output_tokens_by_modality": "candidatesTokensDetails",
    "tool_use_tokens_by_modality": "toolUsePromptTokensDetails",
}


def usage_of_interaction(reported: JSON, *, searches: int) -> Usage | None:
    """LiteLLM's counts; other counters stay as sent."""
    renamed = {_COUNTS.get(key, key): value for key, value in reported.items() if key not in _DETAILS}
    for key, name in _DETAILS.items():
        if key in reported:
            renamed[name] = [_detail(detail) for detail in objects_in(reported, key)]
    return usage_from(renamed, searches=searches)


def _detail(detail: JSON) -> JSON:
    return {"modality": str(detail.get("modality", "")).upper(), "tokenCount": detail.get("tokens")}
