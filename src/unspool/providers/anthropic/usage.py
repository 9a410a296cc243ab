"""Anthropic's token counts as LiteLLM counts them."""

from __future__ import annotations

from unspool.models import Record, Usage
from unspool.providers.json_events import JSON, object_in, objects_in


def usage_from(reported: JSON, *, silent: bool) -> Usage | None:
    """LiteLLM's counts of what Anthropic reports; every other counter stays as it was sent.

    Args:
        silent: the message is known to hold no thinking.
    """
    if not reported:
        return None
    # A message made in several passes reports at its top only the last one: with compaction, and when
    # another model is asked in between. LiteLLM adds them up.
    iterations = objects_in(reported, "iterations")
    passes = iterations or [reported]
    new, written, read, said = (
        sum(_tokens(each, key) for each in passes)
        for key in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
    )
    renamed = () if iterations else ("input_tokens", "output_tokens")
    return Usage.model_validate(
        {
            **{key: value for key, value in reported.items() if value is not None and key not in renamed},
            **_as_record(reported, "server_tool_use"),
            "prompt_tokens": new + written + read,
            "completion_tokens": said,
            "total_tokens": new + written + read + said,
            "prompt_tokens_details": {
                "text_tokens": new,
                "cached_tokens": read,
                "cache_creation_tokens": written,
                **_as_record(reported, "cache_creation", "cache_creation_token_details"),
            },
            "completion_tokens_details": _completion_details(reported, said, silent=silent),
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
        }
    )


def _completion_details(reported: JSON, said: int, *, silent: bool) -> dict[str, int] | None:
    details = object_in(reported, "output_tokens_details")
    if details.get("thinking_tokens") is None and not silent:
        return None  # older models don't say; LiteLLM would guess with a tokenizer
    thought = min(_tokens(details, "thinking_tokens"), said)
    return {"reasoning_tokens": thought, "text_tokens": said - thought}


def _as_record(reported: JSON, key: str, name: str | None = None) -> dict[str, Record]:
    """A counter's object such that `usage.server_tool_use.web_search_requests` works, as in LiteLLM."""
    found = object_in(reported, key)
    return {name or key: Record.model_validate(found)} if found else {}


def _tokens(counts: JSON, key: str) -> int:
    value = counts.get(key)
    return int(value) if isinstance(value, int | float) else 0
