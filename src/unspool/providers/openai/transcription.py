"""OpenAI's streamed transcription: the text heard is the content of a chat's chunks.

https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event. The segments that tell
speakers apart are kept in the delta's `provider_specific_fields`, in a list of all so far. The stream
names neither an id nor a model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponseStream
from unspool.providers.chunk_factory import Answer
from unspool.providers.json_events import DONE, JSON, documented, object_in, objects_in, parse_event, text_in
from unspool.providers.openai.usage import usage_from_counts
from unspool.providers.retold_text import Told
from unspool.wire.event import WireEvent

_Chunks = Iterator[ModelResponseStream]

_PAGE = "https://platform.openai.com/docs/api-reference/audio"


class OpenAITranscriptionNormalizer:
    """Events to chunks.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream reports an error.
    """

    def __init__(self) -> None:
        self._told = Told()
        self._segments: list[JSON] = []

    def feed(self, event: WireEvent, /) -> _Chunks:
        body = None if event.data.strip() == DONE else parse_event(event)
        if body is None:
            return
        if body.get("error"):
            raise error_from_body(body)
        kind = str(body.get("type"))
        if kind in _EVENTS:
            with documented(event, f"an OpenAI {kind!r} event", _PAGE):
                yield from _EVENTS[kind](self, body)

    def flush(self) -> _Chunks:
        """Yield nothing: everything has been emitted."""
        return iter(())

    def _delta(self, event: JSON) -> _Chunks:
        yield _chunk(event, content=self._told.add("text", text_in(event, "delta")))

    def _segment(self, event: JSON) -> _Chunks:
        segment = {key: value for key, value in event.items() if key != "type"}
        self._segments = [*self._segments, segment]  # a new list: the old one is in a chunk
        yield _chunk({}, provider_specific_fields={"segments": self._segments})

    def _done(self, event: JSON) -> _Chunks:
        is_new = "text" not in self._told
        rest = self._told.rest("text", text_in(event, "text"))
        if rest:
            yield _chunk(event if is_new else {}, content=rest)
        last = _chunk({}, finish_reason="stop")
        usage = usage_from_counts(object_in(event, "usage"))
        if usage is not None:
            last.usage = usage
        yield last


def _chunk(event: JSON, *, finish_reason: str | None = None, **delta: Any) -> ModelResponseStream:
    logprobs = objects_in(event, "logprobs")
    told = {"content": logprobs, "refusal": None} if logprobs else None
    return Answer().chunk(finish_reason=finish_reason, logprobs=told, **delta)


_EVENTS: dict[str, Callable[[OpenAITranscriptionNormalizer, JSON], _Chunks]] = {
    "transcript.text.delta": OpenAITranscriptionNormalizer._delta,
    "transcript.text.done": OpenAITranscriptionNormalizer._done,
    "transcript.text.segment": OpenAITranscriptionNormalizer._segment,
}
