"""OpenAI's text completions, as the chunks of a chat.

https://platform.openai.com/docs/api-reference/completions. Whatever dialect `openai_chat` reads is read
here too. A choice's `text` is its delta's `content`, so that the wrapper and the builder work as they
are; logprobs keep their own shape (`tokens`, `token_logprobs`, `top_logprobs`, `text_offset`).

Writer streams its completions as `{"value": "…"}` and nothing else, without any mark of the end
(https://dev.writer.com/home/streaming): where the stream ends, the answer has stopped.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers.chunk_factory import Answer
from unspool.providers.json_events import JSON
from unspool.providers.openai.chat import OpenAIChatNormalizer, response_from_openai


class OpenAICompletionsNormalizer(OpenAIChatNormalizer):
    """Events to chunks; it raises what `OpenAIChatNormalizer` does."""

    def __init__(self) -> None:
        super().__init__()
        self._has_values = False

    def read(self, data: JSON) -> Iterator[ModelResponseStream]:
        self._has_values = self._has_values or _is_value(data)
        return super().read(_as_chat(data, "chat.completion.chunk", "delta"))

    def flush(self) -> Iterator[ModelResponseStream]:
        """End a stream of Writer's, which has no finish reason."""
        if self._has_values:
            yield Answer().chunk(finish_reason="stop")


def response_from_completion(body: Mapping[str, Any]) -> ModelResponse:
    """A whole text completion from its JSON, as the response of a chat.

    Raises:
        ProviderError: the body reports an error.
        APIResponseValidationError: it isn't a completion.
    """
    return response_from_openai(_as_chat(body, "chat.completion", "message"))


def _as_chat(data: Mapping[str, Any], kind: str, holder: str) -> JSON:
    choices = [{"index": 0, "text": data["value"]}] if _is_value(data) else data.get("choices")
    if not isinstance(choices, list):
        return dict(data)  # an error, or nothing that we know: for the chat's reader to say
    return {**data, "object": kind, "choices": [_choice(choice, holder) for choice in choices]}


def _is_value(data: Mapping[str, Any]) -> bool:
    return isinstance(data.get("value"), str) and not data.get("error") and "choices" not in data


def _choice(choice: Any, holder: str) -> Any:
    if not isinstance(choice, dict) or "text" not in choice:
        return choice
    others = {key: value for key, value in choice.items() if key != "text"}
    return {**others, holder: {"content": choice["text"]}}
