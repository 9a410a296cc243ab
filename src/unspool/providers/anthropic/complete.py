"""Anthropic's old text completions to chunks: https://docs.anthropic.com/en/api/complete.

Its events hold the next text, and in the last one why it ended. There is no usage.
"""

from __future__ import annotations

from collections.abc import Iterator

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponseStream
from unspool.providers.chunk_factory import Answer
from unspool.providers.json_events import JSON, documented, parse_event, text_in
from unspool.wire.event import WireEvent

_PAGE = "https://docs.anthropic.com/en/api/complete"


class AnthropicCompleteNormalizer:
    """The events of a text completion to chunks of a chat, as LiteLLM has them.

    The finish reason comes in a chunk of its own; before it, the sequence that stopped the model, as
    `stop_sequence` in `provider_specific_fields`. `log_id` repeats the id, and is dropped.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream has an `error` event.

    Args:
        created: the chunks' `created`, in seconds since 1970.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._created = created

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        body = parse_event(event)
        if body is None:
            return
        if body.get("error"):
            raise error_from_body(body, llm_provider="anthropic")
        with documented(event, f"an Anthropic {event.name!r} event", _PAGE):
            yield from self._read(body)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield nothing: the missing finish reason shows the cut."""
        return iter(())

    def _read(self, body: JSON) -> Iterator[ModelResponseStream]:
        text, stop, reason = (text_in(body, key) for key in ("completion", "stop", "stop_reason"))
        answer = Answer(text_in(body, "id"), text_in(body, "model") or None, self._created)
        if text:
            yield answer.chunk(content=text)
        if stop:
            yield answer.chunk(provider_specific_fields={"stop_sequence": stop})
        if reason:
            yield answer.chunk(finish_reason=reason)
