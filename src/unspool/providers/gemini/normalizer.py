"""The events of a stream to chunks: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from itertools import count

from unspool.error_mapping import error_from_body
from unspool.models import Delta, ModelResponseStream, StreamingChoices
from unspool.providers.gemini.candidate import Candidate
from unspool.providers.gemini.metadata import (
    annotations_of,
    finish_of,
    logprobs_of,
    metadata_of,
    others_in,
    searches_in,
)
from unspool.providers.gemini.usage import usage_from
from unspool.providers.json_events import (
    DONE,
    JSON,
    documented,
    number_in,
    object_in,
    objects_in,
    parse_event,
    text_in,
)
from unspool.wire.event import WireEvent

_PAGE = "https://ai.google.dev/api/generate-content#generatecontentresponse"
_READ = frozenset({"candidates", "createTime", "modelVersion", "responseId", "usageMetadata"})


class GeminiNormalizer:
    """The events of a Gemini stream to chunks, whichever of its framings they came in.

    Every event is one chunk with a choice for each of its candidates. A function call has mostly no id:
    it's given one, made of the response's id and its number. Usage comes with each event that reports any,
    with the counts so far; `prompt_tokens` includes what tools put into the prompt and `completion_tokens`
    the thoughts, as in LiteLLM.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: an event is an error; its class is that of the error's code.

    Args:
        created: the chunks' `created`, in seconds since 1970, where the stream has no time in it.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._created = created
        self._id = ""
        self._model: str | None = None
        self._numbers = count()
        self._searches = 0
        self._candidates: defaultdict[int, Candidate] = defaultdict(lambda: Candidate(self._next_id))

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        body = None if event.data.strip() == DONE else parse_event(event)
        if body is None:
            return
        if body.get("error"):
            raise error_from_body(body, model=self._model or "")
        with documented(event, "a Gemini event", _PAGE):
            chunk = self.chunk_from(body)
        yield chunk

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing: a stream that was cut off lacks its finish reason."""
        return iter(())

    def chunk_from(self, body: JSON) -> ModelResponseStream:
        """The chunk that one `GenerateContentResponse` is.

        Raises:
            ValueError: it isn't shaped as documented.
        """
        self._identify(body)
        candidates = objects_in(body, "candidates")
        self._searches = max(self._searches, searches_in(candidates))
        reported = object_in(body, "usageMetadata")
        metadata, others = metadata_of(candidates), others_in(body, _READ)
        told = bool(metadata or others)
        choices = [self._choice(place, each, told=told) for place, each in enumerate(candidates)]
        blocked = text_in(object_in(body, "promptFeedback"), "blockReason")
        if blocked and not choices:
            choices = [_refusal(blocked)]
        return ModelResponseStream(
            id=self._id,
            created=self._created,
            model=self._model,
            choices=choices,
            provider_specific_fields={**others, **_traffic_type(reported)} or None,
            usage=usage_from(reported, searches=self._searches),
            **metadata,
            **_service_tier(reported),
        )

    def _identify(self, body: JSON) -> None:
        self._id = text_in(body, "responseId") or self._id
        self._model = text_in(body, "modelVersion").partition("@")[0] or self._model
        created = text_in(body, "createTime")
        if created:
            self._created = int(datetime.fromisoformat(created).timestamp())

    def _next_id(self) -> str:
        # A name by which a result finds its call, in this turn's messages and those of others. Random ones,
        # which LiteLLM makes, would differ from one replay to the next.
        return "_".join(filter(None, ("call", self._id, str(next(self._numbers)))))

    def _choice(self, place: int, candidate: JSON, *, told: bool) -> StreamingChoices:
        """A candidate's share of a chunk; `told` is whether the chunk says something beside it."""
        index = place if candidate.get("index") is None else number_in(candidate, "index")
        known = self._candidates[index]
        delta = known.read(candidate)
        annotations = annotations_of(candidate)
        if annotations:
            delta["annotations"] = annotations
        finish = finish_of(candidate, has_calls=known.calls > 0)
        if told and not delta and not finish["finish_reason"]:
            delta["provider_specific_fields"] = {}  # or the chunk would count as empty and be dropped
        return StreamingChoices(index=index, delta=Delta(**delta), logprobs=logprobs_of(candidate), **finish)


def _refusal(reason: str) -> StreamingChoices:
    """The answer to a prompt that was blocked."""
    fields = {"native_finish_reason": reason}
    return StreamingChoices(finish_reason="content_filter", provider_specific_fields=fields)


def _traffic_type(reported: JSON) -> JSON:
    return {"traffic_type": reported["trafficType"]} if reported.get("trafficType") else {}


def _service_tier(reported: JSON) -> JSON:
    """OpenAI's word for it; LiteLLM knows it only from a header."""
    tier = text_in(reported, "serviceTier").lower()
    return {"service_tier": "default" if tier == "standard" else tier} if tier else {}
