"""Bedrock's token counts as LiteLLM counts them."""

from __future__ import annotations

from unspool.models import Record, Usage
from unspool.providers.bedrock.chunks import without
from unspool.providers.json_events import JSON, object_in, objects_in

# Converse's names, and the ones that InvokeModel has for the same.
_NEW = ("inputTokens", "inputTokenCount")
_SAID = ("outputTokens", "outputTokenCount")
_READ = ("cacheReadInputTokens", "cacheReadInputTokenCount")
_WRITTEN = ("cacheWriteInputTokens", "cacheWriteInputTokenCount")
_TOTAL = ("totalTokens",)


def usage_from(reported: JSON, *, silent: bool, thought: int | None = None) -> Usage | None:
    """LiteLLM's counts of what Bedrock reports; every other counter stays as it was sent.

    `prompt_tokens` includes what was read from the cache and written to it.

    Args:
        silent: the message is known to hold no reasoning.
        thought: the tokens of its reasoning, if they are known.
    """
    if not reported:
        return None
    new, said, read, written = (_tokens(reported, *names) for names in (_NEW, _SAID, _READ, _WRITTEN))
    prompt = new + read + written
    return Usage.model_validate(
        {
            **without(reported, *_NEW, *_SAID, *_READ, *_WRITTEN, *_TOTAL),
            "prompt_tokens": prompt,
            "completion_tokens": said,
            "total_tokens": _tokens(reported, *_TOTAL) or prompt + said,
            "prompt_tokens_details": {
                "text_tokens": new,
                "cached_tokens": read,
                "cache_creation_tokens": written,
                **_lifetimes(reported, written),
            },
            "completion_tokens_details": _completion_details(0 if silent else thought, said),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
        }
    )


def thinking_tokens(fields: JSON) -> int | None:
    """The tokens of reasoning among `additionalModelResponseFields`, where `request` asks for them."""
    details = object_in(object_in(fields, "usage"), "output_tokens_details")
    count = details.get("thinking_tokens")
    return count if isinstance(count, int) else None


def _completion_details(thought: int | None, said: int) -> JSON | None:
    if thought is None:
        return None
    return {"reasoning_tokens": min(thought, said), "text_tokens": said - min(thought, said)}


def _lifetimes(reported: JSON, written: int) -> dict[str, Record]:
    """Return the written cache tokens by lifetime, in Anthropic's names; only if they account for all of
    them.
    """
    details = objects_in(reported, "cacheDetails")
    kept = {
        ttl: sum(_tokens(each, "inputTokens") for each in details if each.get("ttl") == ttl) for ttl in _TTLS
    }
    if not details or sum(kept.values()) != written:
        return {}
    named = {f"ephemeral_{ttl}_input_tokens": count for ttl, count in kept.items()}
    return {"cache_creation_token_details": Record.model_validate(named)}


_TTLS = ("5m", "1h")


def _tokens(counts: JSON, *names: str) -> int:
    found = (counts[name] for name in names if isinstance(counts.get(name), int | float))
    return int(next(found, 0))
