"""The events of a stream to chunks: https://docs.anthropic.com/en/docs/build-with-claude/streaming."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unspool.error_mapping import error_from_body
from unspool.models import FINISH_REASONS, ModelResponseStream
from unspool.providers.anthropic.blocks import OpenBlocks
from unspool.providers.anthropic.mapping import fields_of_end
from unspool.providers.anthropic.usage import usage_from
from unspool.providers.chunk_factory import Answer, nothing
from unspool.providers.json_events import (
    DONE,
    JSON,
    documented,
    misshapen,
    object_in,
    objects_in,
    parse_event,
    present,
    text_in,
)
from unspool.wire.event import WireEvent

_PAGE = "https://docs.anthropic.com/en/docs/build-with-claude/streaming"
_Chunks = Iterator[ModelResponseStream]


class AnthropicNormalizer:
    """The events of an Anthropic Messages stream to chunks.

    Every chunk has one choice; id and model are the message's. Tool calls are numbered 0, 1, 2 …
    through the whole stream, whatever blocks are between them. Usage is in the first chunk, as far as known,
    and complete with the finish reason; token counts are LiteLLM's:
    `prompt_tokens` includes what was read from the cache and written to it.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream has an `error` event; its class is that of the error's type.

    Args:
        created: the chunks' `created`, in seconds since 1970. A stage has no clock, and the stream
            has no time in it.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._answer = Answer(created=created)
        self._blocks = OpenBlocks()
        self._begin({})

    def _begin(self, message: JSON) -> None:
        self._answer.id = text_in(message, "id")
        self._answer.model = text_in(message, "model") or None
        self._reported: JSON = {}
        self._blocks.begin_message()

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        # OpenAI's end mark may stand here too: OpenRouter (rig's cassette "gateway_message_delta_metadata").
        body = None if event.data.strip() == DONE else parse_event(event)
        if body is None:
            return
        handle: _OnEvent = _EVENTS.get(_kind(body, event), nothing)
        with documented(event, f"an Anthropic {event.name!r} event", _PAGE):
            yield from handle(self, body)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield nothing: an unfinished block is dropped. The missing finish reason shows the cut."""
        return iter(())

    def _message_start(self, event: JSON) -> _Chunks:
        # There may be more than one: a gateway repeats it, a recorder has joined several responses
        # (vercel/ai's fixtures "duplicate-message-start" and "anthropic-tool-search-…").
        message = object_in(event, "message")
        yield from self._chunks(self._blocks.end_calls(was_cut=False))
        self._begin(message)
        self._count(message)
        # Whether it will think isn't known yet. A gateway may say whom it asked (OpenRouter).
        fields = present(message, "provider") or None
        yield self._answer.chunk(
            usage=usage_from(self._reported, silent=False), provider_specific_fields=fields
        )
        # The message may be here as a whole, with nothing but `message_stop` after it: so Anthropic
        # answers when the code that it runs calls a tool again (vercel/ai's "programmatic-tool-calling").
        for index, block in enumerate(objects_in(message, "content")):
            yield from self._start_block(index, block)
            yield from self._stop_block(index)
        if text_in(message, "stop_reason"):
            yield from self._end(message)

    def _message_delta(self, event: JSON) -> _Chunks:
        self._count(event)
        yield from self._end({**event, **object_in(event, "delta")})

    def _error(self, event: JSON) -> _Chunks:
        raise error_from_body(event, llm_provider="anthropic", model=self._answer.model or "")

    def _content_block_start(self, event: JSON) -> _Chunks:
        return self._start_block(_index(event), object_in(event, "content_block"))

    def _content_block_delta(self, event: JSON) -> _Chunks:
        return self._chunks(self._blocks.add(_index(event), object_in(event, "delta")))

    def _content_block_stop(self, event: JSON) -> _Chunks:
        return self._stop_block(_index(event))

    def _start_block(self, index: int, block: JSON) -> _Chunks:
        deltas = self._blocks.start(index, block)
        if text_in(block, "type") == "fallback":
            # From here on another model speaks (anthropic-sdk-python's fixture "fallback-response").
            self._answer.model = text_in(object_in(block, "to"), "model") or self._answer.model
        return self._chunks(deltas)

    def _stop_block(self, index: int) -> _Chunks:
        return self._chunks(self._blocks.stop(index))

    def _count(self, holder: JSON) -> None:
        # The counts of message_delta are cumulative but not complete: what it lacks stays as it was.
        reported = object_in(holder, "usage")
        self._reported |= {key: value for key, value in reported.items() if value is not None}

    def _end(self, message: JSON) -> _Chunks:
        reason = text_in(message, "stop_reason") or None
        if reason is not None:
            yield from self._chunks(self._blocks.end_calls(was_cut=FINISH_REASONS.get(reason) == "length"))
        fields = fields_of_end(message)
        if fields:
            yield self._answer.chunk(provider_specific_fields=fields)
        usage = usage_from(self._reported, silent=not self._blocks.has_thinking)
        yield self._answer.chunk(finish_reason=reason, usage=usage)

    def _chunks(self, deltas: Iterator[JSON]) -> _Chunks:
        return (self._answer.chunk(**delta) for delta in deltas)


_OnEvent = Callable[[AnthropicNormalizer, JSON], _Chunks]

_EVENTS: dict[str, _OnEvent] = {
    "content_block_delta": AnthropicNormalizer._content_block_delta,
    "content_block_start": AnthropicNormalizer._content_block_start,
    "content_block_stop": AnthropicNormalizer._content_block_stop,
    "error": AnthropicNormalizer._error,
    "message_delta": AnthropicNormalizer._message_delta,
    "message_start": AnthropicNormalizer._message_start,
}


def _kind(body: JSON, event: WireEvent) -> str:
    """An event's type: that of its JSON, which unlike the SSE name no proxy leaves out."""
    kind = body.get("type")
    if isinstance(kind, str):
        return kind
    return "error" if "error" in body else event.name


def _index(event: JSON) -> int:
    index = event.get("index", 0)
    if isinstance(index, int):
        return index
    raise misshapen("index", index, "a number")
