"""The payloads of the model families that have no events, only text: Titan, Llama, Mistral, Cohere.

What each parameter page says of the response:
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from unspool.models import ModelResponseStream
from unspool.providers.anthropic.shape import objects_in, text_in
from unspool.providers.bedrock.chunks import Chunks, make_chunk, read_event, without
from unspool.providers.payload import JSON
from unspool.wire.event import WireEvent

Said = tuple[str, str]
"""A choice's next text, and why it ended; either may be empty."""


@dataclass(frozen=True, slots=True)
class Family:
    """How to read the payloads of one family.

    Attributes:
        read: what each choice says.
        known: the fields that are read, and those that say no more: numbers that come again in Bedrock's
            own metrics, an echo of the prompt. All others are kept as they are.
    """

    read: Callable[[JSON], Iterable[Said]]
    known: tuple[str, ...]


def _read_titan(payload: JSON) -> Iterable[Said]:
    return [(text_in(payload, "outputText"), text_in(payload, "completionReason"))]


def _read_llama(payload: JSON) -> Iterable[Said]:
    return [(text_in(payload, "generation"), text_in(payload, "stop_reason"))]


def _read_mistral(payload: JSON) -> Iterable[Said]:
    return [(text_in(each, "text"), text_in(each, "stop_reason")) for each in objects_in(payload, "outputs")]


def _read_cohere(payload: JSON) -> Iterable[Said]:
    # Command without a stream of its own sends all at once, as `generations`.
    spoken = objects_in(payload, "generations") or [payload]
    return [(text_in(each, "text"), text_in(each, "finish_reason")) for each in spoken]


FAMILIES: dict[str, Family] = {
    "cohere": Family(
        _read_cohere,
        known=("event_type", "finish_reason", "generations", "id", "index", "is_finished", "prompt", "text"),
    ),
    "llama": Family(
        _read_llama, known=("generation", "generation_token_count", "prompt_token_count", "stop_reason")
    ),
    "mistral": Family(_read_mistral, known=("outputs",)),
    "titan": Family(
        _read_titan,
        known=("completionReason", "index", "inputTextTokenCount", "outputText", "totalOutputTextTokenCount"),
    ),
}


class FamilyNormalizer:
    """The payloads of one family, each an event, to chunks; the finish reason in a chunk of its own."""

    def __init__(self, family: Family, *, created: int = 0) -> None:
        self._family = family
        self._created = created

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        return read_event(event, self._read)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing: the missing finish reason tells of a stream that was cut off."""
        return iter(())

    def _read(self, _: str, payload: JSON) -> Chunks:
        named: JSON = {"created": self._created, "id": text_in(payload, "id")}
        others = without(payload, *self._family.known)
        if others:
            yield make_chunk(**named, provider_specific_fields=others)
        for index, (text, reason) in enumerate(self._family.read(payload)):
            if text:
                yield make_chunk(**named, index=index, content=text)
            if reason:
                yield make_chunk(**named, index=index, finish_reason=reason)
