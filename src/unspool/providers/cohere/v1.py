"""Version 1, a JSON object a line: https://docs.cohere.com/v1/docs/streaming."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from unspool.models import ModelResponse, ModelResponseStream
from unspool.providers.chunk_factory import Answer, nothing
from unspool.providers.cohere.ends import raise_if_failed, raise_if_refused, usage_from
from unspool.providers.json_events import (
    JSON,
    object_in,
    objects_in,
    present,
    read_event,
    response_of,
    text_in,
)
from unspool.wire.event import WireEvent

_PAGE = "https://docs.cohere.com/v1/reference/chat-stream"

_Chunks = Iterator[ModelResponseStream]


class CohereV1Normalizer:
    """The events of a version 1 stream, of `/v1/chat` or `/v1/generate`, to chunks.

    Beside what the package says, `delta.provider_specific_fields` keeps what was searched for and found
    (`search_queries`, `search_results`, `documents`) and what stands at the end (`response_id`, `meta`).
    Calls have no ids: they are `call_0`, `call_1` …

    Raises, while it is being fed:
        MalformedEventError: a line contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the answer ended with an error.

    Args:
        created: the chunks' `created`, in seconds since 1970: the stream has no time in it.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._answer = Answer(created=created)
        self._citations: list[JSON] = []
        self._streamed: set[str] = set()  # text that arrived in pieces, and will be repeated as a whole

    def feed(self, event: WireEvent, /) -> _Chunks:
        return read_event(event, self.read, _PAGE)

    def flush(self) -> _Chunks:
        """Nothing is held back."""
        return iter(())

    def read(self, event: JSON) -> _Chunks:
        """The chunks of a line's JSON. New events may come at any time, so an unknown one is no error."""
        raise_if_refused(event, "event_type")
        handle: _OnEvent = _EVENTS.get(text_in(event, "event_type"), nothing)
        yield from handle(self, event)

    def _stream_start(self, event: JSON) -> _Chunks:
        self._answer.id = text_in(event, "generation_id")
        return iter(())

    def _search(self, event: JSON) -> _Chunks:
        yield from self._keep(present(event, "search_queries", "search_results", "documents"))

    def _text(self, event: JSON) -> _Chunks:
        yield self._answer.chunk(content=text_in(event, "text"))

    def _cite(self, event: JSON) -> _Chunks:
        self._citations = self._citations + objects_in(event, "citations")  # a new list, as above
        yield from self._keep({"citations": self._citations})

    def _tool_calls_chunk(self, event: JSON) -> _Chunks:
        piece = object_in(event, "tool_call_delta")
        yield from self._plan(text_in(event, "text") or text_in(piece, "text"))
        if piece.get("name") or piece.get("parameters"):
            yield self._call(int(piece.get("index") or 0), piece, text_in(piece, "parameters"))

    def _tool_calls(self, event: JSON) -> _Chunks:
        if "plan" not in self._streamed:
            yield from self._plan(text_in(event, "text"))
        if "calls" not in self._streamed:
            for index, call in enumerate(objects_in(event, "tool_calls")):
                yield self._call(index, call, json.dumps(object_in(call, "parameters")))

    def _plan(self, text: str) -> _Chunks:
        if text:
            self._streamed.add("plan")
            yield from self._keep({"tool_plan": text})

    def _call(self, index: int, call: JSON, arguments: str) -> ModelResponseStream:
        self._streamed.add("calls")
        name = text_in(call, "name") or None
        identified = {"id": f"call_{index}"} if name else {}
        function = {"name": name, "arguments": arguments}
        return self._answer.chunk(tool_calls=[{"index": index, **identified, "function": function}])

    def _stream_end(self, event: JSON) -> _Chunks:
        raise_if_failed(event)
        response = object_in(event, "response")
        # /v1/generate sends its id only at the end.
        self._answer.id = self._answer.id or text_in(response, "generation_id") or text_in(response, "id")
        yield from self._keep(present(response, "response_id", "meta", "token_count"))
        usage = usage_from(object_in(response, "meta"), "billed_units")
        yield self._answer.chunk(finish_reason=text_in(event, "finish_reason") or None, usage=usage)

    def _keep(self, fields: JSON) -> _Chunks:
        if fields:
            yield self._answer.chunk(provider_specific_fields=fields)


_OnEvent = Callable[[CohereV1Normalizer, JSON], _Chunks]

_EVENTS: dict[str, _OnEvent] = {
    "citation-generation": CohereV1Normalizer._cite,
    "search-queries-generation": CohereV1Normalizer._search,
    "search-results": CohereV1Normalizer._search,
    "stream-end": CohereV1Normalizer._stream_end,
    "stream-start": CohereV1Normalizer._stream_start,
    "text-generation": CohereV1Normalizer._text,
    "tool-calls-chunk": CohereV1Normalizer._tool_calls_chunk,
    "tool-calls-generation": CohereV1Normalizer._tool_calls,
}


def response_from_cohere_v1(body: Mapping[str, Any]) -> ModelResponse:
    """The answer of version 1 that wasn't streamed, equal to what its stream would add up to.

    Args:
        body: the parsed JSON of https://docs.cohere.com/v1/reference/chat.

    Raises:
        ProviderError: the body is an error, or the answer ended with one.
        APIResponseValidationError: it isn't an error or an answer.
    """
    chunks = chain.from_iterable(map(CohereV1Normalizer().read, _events(dict(body))))
    return response_of(chunks, body, keys="text tool_calls", page=_PAGE, llm_provider="cohere")


def _events(body: JSON) -> Iterator[JSON]:
    """Build the stream with the same content."""
    raise_if_refused(body, "generation_id")
    yield {"event_type": "stream-start", **present(body, "generation_id")}
    yield {"event_type": "search-results", **body}
    if body.get("tool_calls"):
        yield {"event_type": "tool-calls-generation", **body}  # whose text is the plan
    else:
        yield {"event_type": "text-generation", **body}
    if body.get("citations"):
        yield {"event_type": "citation-generation", **body}
    yield {**body, "event_type": "stream-end", "response": body}
