"""The payloads of the model families that have no events, only text: Titan, Llama, Mistral, Cohere.

What each parameter page says of the response:
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from unspool.models import ModelResponseStream, Usage
from unspool.providers.bedrock.chunks import Chunks, read_event, without
from unspool.providers.bedrock.usage import usage_from
from unspool.providers.chunk_factory import Answer
from unspool.providers.json_events import JSON, number_in, objects_in, text_in
from unspool.wire.event import WireEvent

Said = tuple[int, str, str]
"""A choice's index, its next text, and why it ended; either text may be empty."""


@dataclass(frozen=True, slots=True)
class Family:
    """How to read the payloads of one family.

    Attributes:
        read: what each choice says.
        known: the fields that are read, and those that say no more, such as an echo of the prompt. All
            others are kept as they are.
        counts: the fields with the tokens of the prompt and of the answer so far.
    """

    read: Callable[[JSON], Iterable[Said]]
    known: tuple[str, ...]
    counts: tuple[str, str] | None = None


def _read_titan(payload: JSON) -> Iterable[Said]:
    # Without a stream of its own it sends all at once, as `results`.
    spoken = objects_in(payload, "results") or [payload]
    return [
        (place, text_in(each, "outputText"), text_in(each, "completionReason"))
        for place, each in enumerate(spoken)
    ]


def _read_llama(payload: JSON) -> Iterable[Said]:
    return [(0, text_in(payload, "generation"), text_in(payload, "stop_reason"))]


def _read_mistral(payload: JSON) -> Iterable[Said]:
    return [
        (place, text_in(each, "text"), text_in(each, "stop_reason"))
        for place, each in enumerate(objects_in(payload, "outputs"))
    ]


def _read_cohere(payload: JSON) -> Iterable[Said]:
    # Command; without a stream of its own it sends all at once, as `generations`. Command R has events.
    # In a stream `index` is the generation's, and there only if `num_generations` asks for several.
    spoken = objects_in(payload, "generations") or [payload]
    return [
        (
            place if each.get("index") is None else number_in(each, "index"),
            text_in(each, "text"),
            text_in(each, "finish_reason"),
        )
        for place, each in enumerate(spoken)
    ]


FAMILIES: dict[str, Family] = {
    "cohere": Family(
        _read_cohere,
        known=("finish_reason", "generations", "id", "index", "is_finished", "prompt", "text"),
    ),
    "llama": Family(
        _read_llama,
        known=("generation", "generation_token_count", "prompt_token_count", "stop_reason"),
        counts=("prompt_token_count", "generation_token_count"),
    ),
    "mistral": Family(_read_mistral, known=("outputs",)),
    "titan": Family(
        _read_titan,
        known=(
            "completionReason",
            "index",
            "inputTextTokenCount",
            "outputText",
            "results",
            "totalOutputTextTokenCount",
        ),
        counts=("inputTextTokenCount", "totalOutputTextTokenCount"),
    ),
}


class FamilyNormalizer:
    """The payloads of one family, each an event, to chunks; the finish reason in a chunk of its own."""

    def __init__(self, family: Family, *, created: int = 0) -> None:
        self._family = family
        self._answer = Answer(created=created)
        self._counts: JSON = {}

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        return read_event(event, self._read)

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield nothing: the missing finish reason shows the cut."""
        return iter(())

    def _read(self, _: str, payload: JSON) -> Chunks:
        self._answer.id = text_in(payload, "id")
        usage = self._usage(payload)
        deltas = list(self._deltas(payload))
        for place, delta in enumerate(deltas, 1):
            last = usage if place == len(deltas) else None
            yield self._answer.chunk(usage=last, **delta)

    def _deltas(self, payload: JSON) -> Iterator[JSON]:
        others = without(payload, *self._family.known)
        if others:
            yield {"provider_specific_fields": others}
        for index, text, reason in self._family.read(payload):
            if text:
                yield {"index": index, "content": text}
            if reason:
                yield {"index": index, "finish_reason": reason}

    def _usage(self, payload: JSON) -> Usage | None:
        """Return the usage so far: Llama reports the prompt's tokens at first, and the answer's with each
        piece.
        """
        fields = dict(zip(self._family.counts or (), _COUNTS, strict=False))
        self._counts |= {name: payload[key] for key, name in fields.items() if payload.get(key) is not None}
        return usage_from(self._counts, silent=True)


_COUNTS = ("inputTokenCount", "outputTokenCount")
