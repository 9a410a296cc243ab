"""Gemini's token counts as LiteLLM counts them: https://ai.google.dev/api/generate-content#UsageMetadata."""

from __future__ import annotations

from collections import Counter

from unspool.models import Usage
from unspool.providers.gemini.metadata import others_in
from unspool.providers.json_events import JSON, objects_in

# By name, or by number where Google's older SDKs ask for numbers; documents are counted as text.
_MODALITIES = {
    "TEXT": "text_tokens",
    "DOCUMENT": "text_tokens",
    "IMAGE": "image_tokens",
    "VIDEO": "video_tokens",
    "AUDIO": "audio_tokens",
    1: "text_tokens",
    2: "image_tokens",
    3: "video_tokens",
    4: "audio_tokens",
    5: "text_tokens",
}
_READ = frozenset(
    {
        "cachedContentTokenCount",
        "cacheTokensDetails",
        "candidatesTokenCount",
        "candidatesTokensDetails",
        "promptTokenCount",
        "promptTokensDetails",
        "thoughtsTokenCount",
        "toolUsePromptTokenCount",
        "totalTokenCount",
        "trafficType",
    }
)


def usage_from(reported: JSON, *, searches: int) -> Usage | None:
    """LiteLLM's counts of what Gemini reports, None if it reports none; other counters stay as sent.

    Args:
        searches: how many searches were made. What they found is in `toolUsePromptTokenCount`, but Google
            charges for the search instead, so LiteLLM leaves it out of the prompt.
    """
    if not any(key.endswith("TokenCount") for key in reported):
        return None
    prompt, said, thought, total, used = (
        _tokens(reported, key)
        for key in (
            "promptTokenCount",
            "candidatesTokenCount",
            "thoughtsTokenCount",
            "totalTokenCount",
            "toolUsePromptTokenCount",
        )
    )
    if prompt + said + used != total:  # else the thoughts are in `said` already
        said += thought
    prompt += 0 if searches else used
    return Usage.model_validate(
        {
            **others_in(reported, _READ),
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": total or prompt + said,
            "prompt_tokens_details": _prompt_details(reported, used, searches),
            "completion_tokens_details": _completion_details(reported),
            "cache_read_input_tokens": reported.get("cachedContentTokenCount"),
        }
    )


def _prompt_details(reported: JSON, used: int, searches: int) -> JSON:
    cached = reported.get("cachedContentTokenCount")
    found = Counter(_by_modality(reported, "promptTokensDetails"))
    of_cache = _by_modality(reported, "cacheTokensDetails")
    if not of_cache and "text_tokens" in found:
        of_cache = {"text_tokens": cached or 0}
    found.subtract({key: count for key, count in of_cache.items() if key in found})
    return {
        **found,
        "cached_tokens": cached,
        **({"tool_use_tokens": used} if used else {}),
        **({"web_search_requests": searches} if searches else {}),
    }


def _completion_details(reported: JSON) -> JSON | None:
    found = _by_modality(reported, "candidatesTokensDetails")
    said = _tokens(reported, "candidatesTokenCount")
    if said and "text_tokens" not in found:
        found["text_tokens"] = said - sum(found.values())
    if "thoughtsTokenCount" in reported:
        found = {"text_tokens": 0, **found, "reasoning_tokens": _tokens(reported, "thoughtsTokenCount")}
    return found or None


def _by_modality(reported: JSON, key: str) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for detail in objects_in(reported, key):
        name = _MODALITIES.get(detail.get("modality", ""))
        if name is not None:
            counts[name] += _tokens(detail, "tokenCount")
    return dict(counts)


def _tokens(counts: JSON, key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) else 0
