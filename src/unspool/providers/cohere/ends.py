"""How a message ends, in both versions: with an error or a usage."""

from __future__ import annotations

from unspool.error_mapping import error_from_body
from unspool.models import Record, Usage
from unspool.providers.json_events import JSON, object_in, present, text_in

# https://docs.cohere.com/reference/chat: finish reasons of an answer that there isn't.
_STATUS_OF_REASON = {"ERROR": 500, "TIMEOUT": 504}


def raise_if_failed(end: JSON) -> None:
    """Raise what a message's end reports.

    Raises:
        ProviderError: it has an `error`, or a finish reason that is one.
    """
    reason = text_in(end, "finish_reason")
    if end.get("error") or reason in _STATUS_OF_REASON:
        message = end.get("error") or f"the message ended with finish_reason {reason!r}"
        status = _STATUS_OF_REASON.get(reason)
        raise error_from_body({"message": message}, status=status, llm_provider="cohere")


def raise_if_refused(body: JSON, kind: str) -> None:
    """Raise what came instead of an event or an answer: the body of an HTTP error, such as of a proxy.

    Args:
        body: the JSON.
        kind: the key that identifies it; an error has none.

    Raises:
        ProviderError: it is one.
    """
    if kind not in body and isinstance(body.get("message"), str):
        raise error_from_body(body, llm_provider="cohere")


def usage_from(reported: JSON, counted: str) -> Usage | None:
    """Cohere's counts, of which one becomes the usage; both are stored.

    Args:
        reported: `billed_units`, `tokens` and what else there is.
        counted: which of the two is the usage.
    """
    units = {key: object_in(reported, key) for key in (counted, "tokens", "billed_units")}
    counts = next(filter(None, units.values()), None)
    if counts is None:
        return None
    prompt, completion = (int(counts.get(key) or 0) for key in ("input_tokens", "output_tokens"))
    tokens = units["tokens"]
    return Usage.model_validate(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {**present(reported, "cached_tokens"), **present(tokens, "image_tokens")}
            or None,
            "completion_tokens_details": present(tokens, "reasoning_tokens") or None,
            **{key: Record.model_validate(value) for key, value in units.items() if value},
        }
    )
