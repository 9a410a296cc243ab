"""The events of a stream to chunks: https://platform.openai.com/docs/api-reference/responses-streaming."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from unspool.models import ModelResponseStream
from unspool.providers.chunk_factory import Answer
from unspool.providers.json_events import DONE, JSON, documented, object_in, parse_event, present, text_in
from unspool.providers.openai.responses.ending import error_of, fields_of_end, finish_reason, has_failed
from unspool.providers.openai.responses.items import OutputItems
from unspool.providers.openai.usage import usage_from_counts
from unspool.wire.event import WireEvent

_Chunks = Iterator[ModelResponseStream]

_PAGE = "https://platform.openai.com/docs/api-reference/responses-streaming"


class OpenAIResponsesNormalizer:
    """The events of a Responses stream to chunks; see the package for what becomes of what.

    Every chunk has one choice; id, model and `created` are the response's. An event of an unknown type
    says nothing: OpenAI announces new ones to come, and an item's last event has all of it.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream has an `error` event or a failed response; its class is that of the
            error's code.
    """

    def __init__(self) -> None:
        self._items = OutputItems()
        self._answer = Answer()

    def feed(self, event: WireEvent, /) -> _Chunks:
        # OpenRouter ends with chat's end mark.
        body = None if event.data.strip() == DONE else parse_event(event)
        if body is None:
            return
        kind = _kind(body, event)
        if kind in _EVENTS:
            with documented(event, f"an OpenAI {kind!r} event", _PAGE):
                yield from _EVENTS[kind](self, body)

    def flush(self) -> _Chunks:
        """Emit the content held back; an item that was cut off is dropped."""
        return (self._answer.chunk(**fields) for fields in self._items.flush())

    def read(self, response: JSON) -> _Chunks:
        """Emit the part of a whole response that no event contained.

        Raises:
            ProviderError: the response has failed.
            ValueError: it isn't shaped as documented.
        """
        self._identify(response)
        if has_failed(response):
            raise error_of(response, self._answer.model or "")
        for fields in self._items.end_response(response):
            yield self._answer.chunk(**fields)
        last = self._answer.chunk(
            finish_reason=finish_reason(response, has_calls=self._items.has_calls),
            usage=usage_from_counts(object_in(response, "usage")),
        )
        last.provider_specific_fields = fields_of_end(response) or None
        if response.get("service_tier"):
            last["service_tier"] = response["service_tier"]
        yield last

    def _identify(self, response: JSON) -> None:
        # Some events have only a part of it; in a stream that is taken up again the first are missing.
        answer, created = self._answer, response.get("created_at")
        answer.id = text_in(response, "id") or answer.id
        answer.model = text_in(response, "model") or answer.model
        answer.created = int(created) if isinstance(created, int | float) else answer.created

    def _begin(self, event: JSON) -> _Chunks:
        begun = text_in(object_in(event, "response"), "id")
        if not begun or begun != self._answer.id:  # else a server says twice that it begins
            self._items.begin_response()
        return self._go_on(event)

    def _go_on(self, event: JSON) -> _Chunks:
        self._identify(object_in(event, "response"))
        return iter(())

    def _end(self, event: JSON, *, status: str) -> _Chunks:
        # What a server adds beside the response: Copilot its `copilot_usage`.
        beside = {key: value for key, value in event.items() if key not in _OF_EVERY_END}
        response = object_in(event, "response")
        return self.read({**beside, **response, "status": response.get("status") or status})

    def _error(self, event: JSON) -> _Chunks:
        raise error_of(
            {key: value for key, value in event.items() if key != "type"}, self._answer.model or ""
        )

    def _item(self, event: JSON, *, say: Callable[[OutputItems, JSON], Iterator[JSON]]) -> _Chunks:
        return (self._answer.chunk(**fields) for fields in say(self._items, event))

    def _text(self, event: JSON, *, kind: str, say: _OnKind) -> _Chunks:
        return (self._answer.chunk(**fields) for fields in say(self._items, kind, event))

    def _audio(self, event: JSON, *, name: str) -> _Chunks:
        yield self._answer.chunk(audio={name: text_in(event, "delta")})

    def _partial_image(self, event: JSON) -> _Chunks:
        image = present(event, *sorted(event.keys() - {"sequence_number", "type"}))
        yield self._answer.chunk(provider_specific_fields={"partial_image": image})


_OnKind = Callable[[OutputItems, str, JSON], Iterator[JSON]]
_OnEvent = Callable[[OpenAIResponsesNormalizer, JSON], _Chunks]

_OF_EVERY_END = frozenset({"response", "sequence_number", "type"})


def _texts(event: str, kind: str, add: _OnKind, complete: _OnKind) -> dict[str, _OnEvent]:
    """The two events of one kind of text: a piece of it, and the whole."""
    says = {"delta": add, "done": complete}
    return {
        f"response.{event}.{name}": partial(OpenAIResponsesNormalizer._text, kind=kind, say=say)
        for name, say in says.items()
    }


def _parts(event: str) -> dict[str, _OnEvent]:
    says = {"added": OutputItems.start_part, "done": OutputItems.end_part}
    return {
        f"response.{event}.{name}": partial(OpenAIResponsesNormalizer._item, say=say)
        for name, say in says.items()
    }


def _ends(*statuses: str) -> dict[str, _OnEvent]:
    return {
        f"response.{status}": partial(OpenAIResponsesNormalizer._end, status=status) for status in statuses
    }


_TEXT = OutputItems.add_text, OutputItems.complete_text
_ARGUMENTS = OutputItems.add_arguments, OutputItems.complete_arguments

_EVENTS: dict[str, _OnEvent] = {
    "error": OpenAIResponsesNormalizer._error,
    "response.audio.delta": partial(OpenAIResponsesNormalizer._audio, name="data"),
    "response.audio.transcript.delta": partial(OpenAIResponsesNormalizer._audio, name="transcript"),
    "response.created": OpenAIResponsesNormalizer._begin,
    "response.image_generation_call.partial_image": OpenAIResponsesNormalizer._partial_image,
    "response.in_progress": OpenAIResponsesNormalizer._go_on,
    "response.output_item.added": partial(OpenAIResponsesNormalizer._item, say=OutputItems.start),
    "response.output_item.done": partial(OpenAIResponsesNormalizer._item, say=OutputItems.end),
    "response.output_text.annotation.added": partial(
        OpenAIResponsesNormalizer._item, say=OutputItems.annotate
    ),
    "response.queued": OpenAIResponsesNormalizer._go_on,
    **_ends("cancelled", "completed", "failed", "incomplete"),
    **_parts("content_part"),
    **_parts("reasoning_summary_part"),
    **_texts("custom_tool_call_input", "custom_tool_call", *_ARGUMENTS),
    **_texts("function_call_arguments", "function_call", *_ARGUMENTS),
    **_texts("output_text", "output_text", *_TEXT),
    **_texts("reasoning_summary_text", "summary_text", *_TEXT),
    **_texts("reasoning_text", "reasoning_text", *_TEXT),
    **_texts("refusal", "refusal", *_TEXT),
}


def _kind(body: JSON, event: WireEvent) -> str:
    """An event's type: that of its JSON, which unlike the SSE name no server leaves out."""
    kind = body.get("type")
    if isinstance(kind, str) and (kind in _EVENTS or not body.get("error")):
        return kind
    return "error" if body.get("error") or body.get("object") == "error" else event.name
