"""How a response ends: why, with what error, and what it says of itself beside its output."""

from __future__ import annotations

from typing import Any

from unspool.error_mapping import error_from_body
from unspool.errors import ProviderError
from unspool.providers.json_events import JSON, object_in, text_in

_FINISH_REASONS = {"content_filter": "content_filter", "max_output_tokens": "length"}

# Whose fault it is, where the code alone would make it the server's:
# https://platform.openai.com/docs/api-reference/responses/object (error, code)
_BAD_REQUESTS = frozenset({"failed_to_download_image", "invalid_prompt", "unsupported_image_media_type"})

_MAPPED = frozenset(
    {"created_at", "error", "id", "model", "object", "output", "service_tier", "status", "usage"}
)
_OF_THE_REQUEST = frozenset(
    {
        "background",
        "frequency_penalty",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "parallel_tool_calls",
        "presence_penalty",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "store",
        "temperature",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "top_p",
        "truncation",
        "user",
    }
)


def has_failed(response: JSON) -> bool:
    return bool(response.get("error")) or text_in(response, "status") == "failed"


def error_of(body: JSON, model: str) -> ProviderError:
    """The error of a failed response, or of an `error` event: with its error as an object, or flat."""
    error = body.get("error") or {"message": "the response failed, and doesn't say why", **body}
    code = error.get("code") if isinstance(error, dict) else None
    status = 400 if _is_bad_request(code) else None
    return error_from_body({"error": error}, status=status, model=model)


def _is_bad_request(code: Any) -> bool:
    return isinstance(code, str) and (code in _BAD_REQUESTS or "image" in code.split("_"))


def finish_reason(response: JSON, *, has_calls: bool) -> str:
    """Return the finish reason by LiteLLM's rule: `tool_calls` if there is any call."""
    reason = text_in(object_in(response, "incomplete_details"), "reason")
    if reason or text_in(response, "status") == "incomplete":
        return _FINISH_REASONS.get(reason, "length")
    return "tool_calls" if has_calls else "stop"


def fields_of_end(response: JSON) -> JSON:
    """What it says of itself, without what only repeats the request."""
    told = _MAPPED | _OF_THE_REQUEST
    empty: tuple[Any, ...] = (None, {}, [])
    return {key: value for key, value in response.items() if key not in told and value not in empty}
