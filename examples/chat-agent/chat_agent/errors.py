"""What keeps a model from answering, in words for the user; whichever SDK says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import anthropic
import httpx2
import openai

BUSY = "The model is busy. Please ask again in a minute."
BROKEN_OFF = "The model's answer broke off. Please ask again."
FAILED = "The model has failed. Please ask again."
REPEATING = "The model repeated itself, so I stopped it. Please ask in other words."

# Litellm's errors are OpenAI's. Both SDKs let through what they meet in mid-stream: broken JSON, and
# Anthropic's a lost connection too.
_ERRORS = (openai.OpenAIError, anthropic.AnthropicError, httpx2.TransportError, json.JSONDecodeError)
_LOST = (openai.APIConnectionError, anthropic.APIConnectionError, httpx2.TransportError)
_BUSY_STATUSES = {429, 503, 529}
_BUSY_TYPES = {"rate_limit_error", "overloaded_error"}


class ModelError(Exception):
    """The model didn't come to the end of its turn. The message is for the user."""


@contextmanager
def told_to_users() -> Iterator[None]:
    """Turns the SDKs' errors into a ModelError."""
    try:
        yield
    except _ERRORS as error:
        # Litellm hands an error in mid-stream on inside another one, for its router.
        raise ModelError(_saying(getattr(error, "original_exception", None) or error)) from error


def _saying(error: Exception) -> str:
    if isinstance(error, _LOST):
        return BROKEN_OFF
    return BUSY if _is_busy(error) else FAILED


def _is_busy(error: Exception) -> bool:
    """By its status; an error event in a stream that began with 200 has but a type."""
    body = str(getattr(error, "body", None))
    return getattr(error, "status_code", None) in _BUSY_STATUSES or any(kind in body for kind in _BUSY_TYPES)
