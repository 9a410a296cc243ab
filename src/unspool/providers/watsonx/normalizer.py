"""IBM watsonx.ai's text generation: https://cloud.ibm.com/apidocs/watsonx-ai#text-generation-stream.

(Its chat speaks OpenAI's format.) Beside the text, a result may have tokens, a seed and what moderation
found, and an event warnings about the request, in `system`: kept in `delta.provider_specific_fields`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponse, ModelResponseStream, Usage
from unspool.providers.chunk_factory import Answer, seconds_of
from unspool.providers.json_events import JSON, objects_in, present, read_event, response_of, text_in
from unspool.wire.event import WireEvent

_PAGE = "https://cloud.ibm.com/apidocs/watsonx-ai#text-generation-stream"


class WatsonxNormalizer:
    """Events to chunks, one an event. There is no id; the time is that of the first event.

    The prompt's tokens are counted in the first event only, the answer's so far in each.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the event is an error, or the generation ended with one.
    """

    def __init__(self) -> None:
        self._answer = Answer()
        self._prompt_tokens = 0

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        return read_event(event, self.read, _PAGE)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing is held back."""
        return iter(())

    def read(self, event: JSON) -> Iterator[ModelResponseStream]:
        """The chunks of an event's JSON: one a result, of which there is one unless nothing was asked."""
        if event.get("errors"):
            raise error_from_body(event, llm_provider="watsonx")
        self._answer.model = text_in(event, "model_id") or self._answer.model
        self._answer.created = self._answer.created or seconds_of(event.get("created_at"))
        for result in objects_in(event, "results"):
            yield self._chunk(result, present(event, "system"))

    def _chunk(self, result: JSON, kept: JSON) -> ModelResponseStream:
        reason = text_in(result, "stop_reason").lower()
        if reason == "error":
            message = "the generation ended with stop_reason 'error'"
            raise error_from_body({"message": message}, llm_provider="watsonx")
        kept |= present(result, "generated_tokens", "input_tokens", "moderations", "seed")
        return self._answer.chunk(
            content=text_in(result, "generated_text"),
            provider_specific_fields=kept or None,
            finish_reason=None if reason in ("", "not_finished") else reason,
            usage=self._usage(result),
        )

    def _usage(self, result: JSON) -> Usage:
        self._prompt_tokens += int(result.get("input_token_count") or 0)
        said = int(result.get("generated_token_count") or 0)
        total = self._prompt_tokens + said
        return Usage(prompt_tokens=self._prompt_tokens, completion_tokens=said, total_tokens=total)


def response_from_watsonx(body: Mapping[str, Any]) -> ModelResponse:
    """Read a generation without streaming: a single event.

    Raises:
        ProviderError: the body is an error.
        APIResponseValidationError: it isn't an error or an answer.
    """
    chunks = WatsonxNormalizer().read(dict(body))
    return response_of(chunks, body, keys="results", page=_PAGE, llm_provider="watsonx")
