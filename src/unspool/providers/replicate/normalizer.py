"""Replicate: https://replicate.com/docs/topics/predictions/streaming.

Events with names, whose data is plain text for `output` and JSON for `error` and `done`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers.chunk_factory import Answer, nothing, seconds_of
from unspool.providers.json_events import json_or_text, misshapen, response_of
from unspool.wire.event import WireEvent

_PAGE = "https://replicate.com/docs/reference/http"

_Chunks = Iterator[ModelResponseStream]


class ReplicateNormalizer:
    """Events to chunks. The stream names neither an id nor a model, and counts no tokens.

    What the model logs is in `delta.provider_specific_fields.logs`, a piece an event.

    Raises, while it is being fed:
        ProviderError: the prediction failed.
    """

    def __init__(self) -> None:
        self._answer = Answer()

    def feed(self, event: WireEvent, /) -> _Chunks:
        # Text that was cut off looks like any other; as in SSE itself, an event without its end is none.
        if event.complete or isinstance(json_or_text(event.data), dict):
            handle: _OnEvent = _EVENTS.get(event.name, nothing)
            yield from handle(self, event.data)

    def flush(self) -> _Chunks:
        """Nothing is held back."""
        return iter(())

    def _output(self, data: str) -> _Chunks:
        yield self._answer.chunk(content=data)

    def _logs(self, data: str) -> _Chunks:
        yield self._answer.chunk(provider_specific_fields={"logs": data})

    def _error(self, data: str) -> _Chunks:
        raise error_from_body(json_or_text(data), llm_provider="replicate")

    def _done(self, data: str) -> _Chunks:
        said = json_or_text(data)
        reason = said.get("reason") if isinstance(said, dict) else None
        if reason == "error":  # the event before it has told why
            raise error_from_body({"message": "the prediction failed"}, llm_provider="replicate")
        yield self._answer.chunk(finish_reason=str(reason or "stop"))


_OnEvent = Callable[[ReplicateNormalizer, str], _Chunks]

_EVENTS: dict[str, _OnEvent] = {
    "done": ReplicateNormalizer._done,
    "error": ReplicateNormalizer._error,
    "logs": ReplicateNormalizer._logs,
    "output": ReplicateNormalizer._output,
}


def response_from_replicate(body: Mapping[str, Any]) -> ModelResponse:
    """A prediction that has ended; its output is text, or pieces of it.

    Raises:
        ProviderError: the prediction failed, or the body is an error.
        APIResponseValidationError: it isn't an error or a prediction that has ended.
    """
    return response_of(_chunks_of(body), body, keys="output", page=_PAGE, llm_provider="replicate")


def _chunks_of(body: Mapping[str, Any]) -> _Chunks:
    if body.get("error") or (body.get("detail") and "status" not in body):
        raise error_from_body(dict(body), llm_provider="replicate")
    output = body.get("output")
    pieces = [output] if isinstance(output, str) else output
    if not isinstance(pieces, list):
        raise misshapen("output", output, "text, or a list of texts")
    answer = Answer(str(body.get("id") or ""), body.get("model"), seconds_of(body.get("created_at")))
    kept = {key: body[key] for key in ("logs", "metrics") if body.get(key)}
    yield answer.chunk(content="".join(map(str, pieces)), provider_specific_fields=kept or None)
    reason = str(body.get("status"))
    yield answer.chunk(finish_reason="stop" if reason == "succeeded" else reason)
