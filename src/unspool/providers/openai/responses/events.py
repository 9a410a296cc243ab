"""The events of a Responses stream as they are, for callers that want no chat of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from unspool.errors import IncompleteStreamError
from unspool.models import Record
from unspool.providers.json_events import DONE, parse_event
from unspool.providers.openai.responses.normalizer import OpenAIResponsesNormalizer
from unspool.wire.event import WireEvent

_ENDS = frozenset({"response.cancelled", "response.completed", "response.incomplete"})


class ResponsesRecord(Record):
    """A response, an event or a part of one: its fields are read as attributes or by key."""

    def __getitem__(self, key: str) -> Any:
        extra = self.__pydantic_extra__ or {}  # first: a field may be called as one of pydantic's methods
        return extra[key] if key in extra else super().__getitem__(key)

    @property
    def output_text(self) -> str:
        """The text of all output messages, as OpenAI's SDK has it."""
        parts = [part for item in self.get("output") or () for part in item.get("content") or ()]
        return "".join(part.get("text") or "" for part in parts if part.get("type") == "output_text")


def record_of(value: Any) -> Any:
    """JSON data with a record for each object."""
    if isinstance(value, Mapping):
        return ResponsesRecord.model_construct(**{key: record_of(item) for key, item in value.items()})
    return [record_of(item) for item in value] if isinstance(value, list) else value


class ResponsesEvents:
    """Wire events to records, one each.

    Raises, while it is being fed:
        ProviderError: the event is an error, or the end of a response that failed.
        IncompleteStreamError: the stream ended before the response did.
        MalformedEventError: an event isn't shaped as documented.
    """

    def __init__(self) -> None:
        self._chunks = OpenAIResponsesNormalizer()
        self._text = ""
        self._ended = False

    def feed(self, event: WireEvent, /) -> Iterator[ResponsesRecord]:
        body = None if event.data.strip() == DONE else parse_event(event)
        if body is None:
            return
        for chunk in self._chunks.feed(event):  # which raises what the event says of errors
            self._text += chunk.choices[0].delta.content or ""
        self._ended = self._ended or body.get("type") in _ENDS
        yield record_of(body)

    def flush(self) -> Iterator[ResponsesRecord]:
        """Nothing is held back."""
        if not self._ended:
            raise IncompleteStreamError(
                "the stream ended without response.completed: the response is not whole",
                generated_content=self._text,
            )
        return iter(())
