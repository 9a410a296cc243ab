"""Custom providers, written in Python and served through the same wrapper as the others.

    unspool.custom_provider_map = [{"provider": "my-llm", "custom_handler": MyLLM()}]
    unspool.completion("my-llm/any-model", messages, stream=True)

https://docs.litellm.ai/docs/providers/custom_llm_server
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from typing import Any, Required, TypedDict

from unspool.models import ModelResponse

_NOT_IMPLEMENTED = 501


class GenericStreamingChunk(TypedDict, total=False):
    """LiteLLM's simplest chunk. Text goes to choice `index`, 0 by default."""

    text: Required[str]
    is_finished: Required[bool]
    finish_reason: Required[str]
    usage: Required[dict[str, int] | None]
    index: int
    tool_use: dict[str, Any] | None
    provider_specific_fields: dict[str, Any] | None


class CustomLLMError(Exception):
    """An error of a handler; the caller gets the error class of its status."""

    def __init__(self, status_code: int, message: str) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.message = message


class CustomLLM:
    """Base class of custom providers. Subclass it and write the methods that your calls need.

    All are called with keywords: `model` (without the prefix), `messages`, `model_response` (an empty one,
    to be filled in and returned), `optional_params` (temperature, tools, …), `litellm_params`, `api_base`,
    `api_key`, `headers`, `timeout`, `client` (the call's `http_client`), `logging_obj`, `logger_fn`,
    `acompletion`, and for LiteLLM's sake `custom_prompt_dict`, `print_verbose` and `encoding`. Your method
    may name the ones it reads and accept the others as `**kwargs`.

    A stream may yield `GenericStreamingChunk`s, `ModelResponseStream`s, dicts of chunks, or text.

    Raises:
        CustomLLMError: 501, from the methods that a subclass hasn't written.
    """

    def completion(self, *_args: Any, **_kwargs: Any) -> ModelResponse:
        """Answer `completion(…)`."""
        raise self._missing("completion")

    def streaming(self, *_args: Any, **_kwargs: Any) -> Iterator[Any]:
        """Answer `completion(…, stream=True)`."""
        raise self._missing("streaming")

    async def acompletion(self, *_args: Any, **_kwargs: Any) -> ModelResponse:
        """Answer `acompletion(…)`."""
        raise self._missing("acompletion")

    def astreaming(self, *_args: Any, **_kwargs: Any) -> AsyncIterator[Any]:
        """Answer `acompletion(…, stream=True)`; usually an async generator."""
        raise self._missing("astreaming")

    def _missing(self, method: str) -> CustomLLMError:
        return CustomLLMError(_NOT_IMPLEMENTED, f"{type(self).__name__} has no method {method!r}; write it")


def custom_handler(provider: str) -> CustomLLM | None:
    """Return the handler of a provider in `unspool.custom_provider_map`; the last one wins, as in LiteLLM."""
    listed = sys.modules["unspool"].custom_provider_map
    handlers = [item["custom_handler"] for item in listed if item["provider"] == provider]
    return handlers[-1] if handlers else None
