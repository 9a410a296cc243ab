"""The token counts of OpenAI's newer APIs under the names of its chat completions."""

from __future__ import annotations

from unspool.models import Usage
from unspool.providers.json_events import JSON

# "token" and "tokens": the API has both.
_NAMES = {
    "input_token_details": "prompt_tokens_details",
    "input_tokens": "prompt_tokens",
    "input_tokens_details": "prompt_tokens_details",
    "output_token_details": "completion_tokens_details",
    "output_tokens": "completion_tokens",
    "output_tokens_details": "completion_tokens_details",
    "prompt_token_details": "prompt_tokens_details",
}


def usage_from_counts(reported: JSON) -> Usage | None:
    """The usage that `input_tokens`, `output_tokens` … amount to; every other counter stays as it was sent.

    Raises:
        ValueError: a count isn't a number.
    """
    if not reported:
        return None
    counts = {_NAMES.get(key, key): value for key, value in reported.items() if value is not None}
    usage = Usage.model_validate(counts)
    usage.total_tokens = usage.total_tokens or usage.prompt_tokens + usage.completion_tokens
    return usage
