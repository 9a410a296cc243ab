"""The events of ConverseStream to chunks.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unspool.models import FINISH_REASONS, ModelResponseStream
from unspool.providers.bedrock.blocks import OpenBlocks
from unspool.providers.bedrock.chunks import Chunks, read_event, without
from unspool.providers.bedrock.usage import thinking_tokens, usage_from
from unspool.providers.chunk_factory import Answer
from unspool.providers.json_events import JSON, misshapen, object_in, text_in
from unspool.wire.event import WireEvent


class BedrockConverseNormalizer:
    """The events of a Converse stream to chunks.

    Every chunk has one choice. Tool calls are numbered 0, 1, 2 … through the whole stream. Usage, metrics
    and a guardrail's trace come after the finish reason, in a chunk of their own, as Bedrock sends them.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream reports an error; its class is that of the exception's status.

    Args:
        created: the chunks' `created`, in seconds since 1970. A stage has no clock, and the stream
            has no time in it.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._answer = Answer(created=created)
        self._blocks = OpenBlocks()
        self._thought: int | None = None

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        return read_event(event, self.read)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield nothing: an unfinished block is dropped. The missing finish reason shows the cut."""
        return iter(())

    def read(self, name: str, event: JSON) -> Chunks:
        """What one event says. Nova has the same events in its own JSON, inside of InvokeModel."""
        return _EVENTS.get(name, _keep(name))(self, event)

    def _start(self, _: JSON) -> Chunks:
        return iter(())  # it holds the role, which is always the assistant

    def _start_block(self, event: JSON) -> Chunks:
        return self._chunks(self._blocks.start(_index(event), object_in(event, "start")))

    def _add_to_block(self, event: JSON) -> Chunks:
        return self._chunks(self._blocks.add(_index(event), object_in(event, "delta")))

    def _stop_block(self, event: JSON) -> Chunks:
        return self._chunks(self._blocks.stop(_index(event)))

    def _stop(self, event: JSON) -> Chunks:
        asked = object_in(event, "additionalModelResponseFields")
        self._thought = thinking_tokens(asked)
        if asked:
            fields = {"additionalModelResponseFields": asked}
            yield self._answer.chunk(provider_specific_fields=fields)
        reason = text_in(event, "stopReason") or None
        was_cut = reason is not None and FINISH_REASONS.get(reason) == "length"
        yield from self._chunks(self._blocks.end_calls(was_cut=was_cut))
        yield self._answer.chunk(finish_reason=reason)

    def _account(self, event: JSON) -> Chunks:
        usage = usage_from(
            object_in(event, "usage"), silent=not self._blocks.has_reasoning, thought=self._thought
        )
        # Nova sends the others empty where it has nothing to say.
        fields = {key: value for key, value in without(event, "serviceTier", "usage").items() if value}
        chunk = self._answer.chunk(usage=usage, provider_specific_fields=fields or None)
        tier = text_in(object_in(event, "serviceTier"), "type")
        if tier:
            chunk["service_tier"] = tier
        yield chunk

    def _chunks(self, deltas: Iterator[JSON]) -> Chunks:
        return (self._answer.chunk(**delta) for delta in deltas)


def _keep(name: str) -> Callable[[BedrockConverseNormalizer, JSON], Chunks]:
    """An event that is newer than this package."""
    return lambda normalizer, event: normalizer._chunks(iter([{"provider_specific_fields": {name: event}}]))


_EVENTS: dict[str, Callable[[BedrockConverseNormalizer, JSON], Chunks]] = {
    "contentBlockDelta": BedrockConverseNormalizer._add_to_block,
    "contentBlockStart": BedrockConverseNormalizer._start_block,
    "contentBlockStop": BedrockConverseNormalizer._stop_block,
    "messageStart": BedrockConverseNormalizer._start,
    "messageStop": BedrockConverseNormalizer._stop,
    "metadata": BedrockConverseNormalizer._account,
}


def _index(event: JSON) -> int:
    index = event.get("contentBlockIndex", 0)
    if isinstance(index, int):
        return index
    raise misshapen("contentBlockIndex", index, "a number")
