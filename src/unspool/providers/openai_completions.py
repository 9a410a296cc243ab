"""OpenAI's text completions, as the chunks of a chat.

https://platform.openai.com/docs/api-reference/completions. Whatever dialect `openai_chat` reads is read
here too. A choice's `text` is its delta's `content`, so that the wrapper and the builder work as they
are; logprobs keep their own shape (`tokens`, `token_logprobs`, `top_logprobs`, `text_offset`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers.openai_chat import OpenAIChatNormalizer, response_from_openai
from unspool.providers.payload import JSON


class OpenAICompletionsNormalizer(OpenAIChatNormalizer):
    """Events to chunks; it raises what `OpenAIChatNormalizer` does."""

    def read(self, data: JSON) -> Iterator[ModelResponseStream]:
        return super().read(_as_chat(data, "chat.completion.chunk", "delta"))


def response_from_completion(body: Mapping[str, Any]) -> ModelResponse:
    """A whole text completion from its JSON, as the response of a chat.

    Raises:
        ProviderError: the body reports an error.
        APIResponseValidationError: it isn't a completion.
    """
    return response_from_openai(_as_chat(body, "chat.completion", "message"))


def _as_chat(data: Mapping[str, Any], kind: str, holder: str) -> JSON:
    choices = data.get("choices")
    if not isinstance(choices, list):
        return dict(data)  # an error, or nothing that we know: for the chat's reader to say
    return {**data, "object": kind, "choices": [_choice(choice, holder) for choice in choices]}


def _choice(choice: Any, holder: str) -> Any:
    if not isinstance(choice, dict) or "text" not in choice:
        return choice
    others = {key: value for key, value in choice.items() if key != "text"}
    return {**others, holder: {"content": choice["text"]}}
