"""Version 2: https://docs.cohere.com/v2/docs/streaming."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers.chunk_factory import Answer, nothing
from unspool.providers.cohere.ends import raise_if_failed, raise_if_refused, usage_from
from unspool.providers.json_events import (
    JSON,
    misshapen,
    object_in,
    objects_in,
    present,
    read_event,
    response_of,
    text_in,
)
from unspool.wire.event import WireEvent

_PAGE = "https://docs.cohere.com/reference/chat-stream"

_Chunks = Iterator[ModelResponseStream]


class CohereNormalizer:
    """The events of a version 2 stream to chunks. The id is the message's; a model isn't named.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the message ended with an error.
    """

    def __init__(self) -> None:
        self._answer = Answer()
        self._citations: list[JSON] = []

    def feed(self, event: WireEvent, /) -> _Chunks:
        return read_event(event, self.read, _PAGE)

    def flush(self) -> _Chunks:
        """Nothing is held back."""
        return iter(())

    def read(self, event: JSON) -> _Chunks:
        """The chunks of an event's JSON. New events may come at any time, so an unknown one is no error."""
        raise_if_refused(event, "type")
        handle: _OnEvent = _EVENTS.get(text_in(event, "type"), nothing)
        yield from handle(self, event)

    def _message_start(self, event: JSON) -> _Chunks:
        self._answer.id = text_in(event, "id")
        yield self._answer.chunk(role=text_in(_message(event), "role") or "assistant", content="")

    def _content(self, event: JSON) -> _Chunks:
        part = object_in(_message(event), "content")
        logprobs = event.get("logprobs")
        if text_in(part, "thinking"):
            yield self._answer.chunk(reasoning_content=part["thinking"], logprobs=logprobs)
        if text_in(part, "text"):
            yield self._answer.chunk(content=part["text"], logprobs=logprobs)

    def _tool_plan(self, event: JSON) -> _Chunks:
        plan = text_in(_message(event), "tool_plan")
        if plan:
            yield self._answer.chunk(provider_specific_fields={"tool_plan": plan})

    def _tool_call(self, event: JSON) -> _Chunks:
        call = object_in(_message(event), "tool_calls")
        index = event.get("index", 0)
        if not isinstance(index, int):
            raise misshapen("index", index, "a number")
        yield self._answer.chunk(tool_calls=[{"index": index, **call}])

    def _citation(self, event: JSON) -> _Chunks:
        citation = object_in(_message(event), "citations")
        self._citations = [*self._citations, citation]  # a new list: the old one is in a chunk
        yield self._answer.chunk(
            annotations=_annotations(citation) or None,
            provider_specific_fields={"citations": self._citations},
        )

    def _message_end(self, event: JSON) -> _Chunks:
        end = object_in(event, "delta")
        raise_if_failed(end)
        usage = usage_from(object_in(end, "usage"), "tokens")
        yield self._answer.chunk(finish_reason=text_in(end, "finish_reason") or None, usage=usage)


_OnEvent = Callable[[CohereNormalizer, JSON], _Chunks]

_EVENTS: dict[str, _OnEvent] = {
    "citation-start": CohereNormalizer._citation,
    "content-delta": CohereNormalizer._content,
    "content-start": CohereNormalizer._content,
    "message-end": CohereNormalizer._message_end,
    "message-start": CohereNormalizer._message_start,
    "tool-call-delta": CohereNormalizer._tool_call,
    "tool-call-start": CohereNormalizer._tool_call,
    "tool-plan-delta": CohereNormalizer._tool_plan,
}


def _message(event: JSON) -> JSON:
    return object_in(object_in(event, "delta"), "message")


def _annotations(citation: JSON) -> list[JSON]:
    """The documents that a citation names, as LiteLLM has them: each by itself."""
    place = {"start_index": citation.get("start", 0), "end_index": citation.get("end", 0)}
    return [
        {
            "type": "url_citation",
            "url_citation": {
                **place,
                "title": text_in(source["document"], "title"),
                "url": text_in(source, "url") or f"source:{source.get('id', 'unknown')}",
            },
        }
        for source in objects_in(citation, "sources")
        if source.get("type") == "document" and object_in(source, "document")
    ]


def response_from_cohere(body: Mapping[str, Any]) -> ModelResponse:
    """The answer of version 2 that wasn't streamed, equal to what its stream would add up to.

    Args:
        body: the parsed JSON of https://docs.cohere.com/reference/chat.

    Raises:
        ProviderError: the body is an error, or the message ended with one.
        APIResponseValidationError: it isn't an error or an answer.
    """
    chunks = chain.from_iterable(map(CohereNormalizer().read, _events(dict(body))))
    return response_of(chunks, body, keys="message", page=_PAGE, llm_provider="cohere")


def _events(body: JSON) -> Iterator[JSON]:
    """Build the stream with the same content."""
    raise_if_refused(body, "finish_reason")
    message = object_in(body, "message")
    yield {"type": "message-start", "id": body.get("id"), "delta": {"message": present(message, "role")}}
    yield _event("tool-plan-delta", tool_plan=message.get("tool_plan"))
    for part in objects_in(message, "content"):
        yield _event("content-start", content=part)
    for index, call in enumerate(objects_in(message, "tool_calls")):
        yield {**_event("tool-call-start", tool_calls=call), "index": index}
    for citation in objects_in(message, "citations"):
        yield _event("citation-start", citations=citation)
    yield {"type": "message-end", "delta": present(body, "error", "finish_reason", "usage")}


def _event(kind: str, **message: Any) -> JSON:
    return {"type": kind, "delta": {"message": message}}
