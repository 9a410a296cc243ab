"""The events of an interaction to chunks: https://ai.google.dev/gemini-api/docs/interactions/streaming."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from unspool.error_mapping import error_from_body
from unspool.models import ModelResponseStream, Usage
from unspool.providers.chunk_factory import Answer
from unspool.providers.gemini.usage import usage_from
from unspool.providers.gemini_interactions.steps import Steps
from unspool.providers.json_events import (
    DONE,
    JSON,
    documented,
    misshapen,
    object_in,
    objects_in,
    parse_event,
    text_in,
)
from unspool.wire.event import WireEvent

_Chunks = Iterator[ModelResponseStream]

_PAGE = "https://ai.google.dev/gemini-api/docs/interactions/streaming"
_REASONS = {
    "completed": "stop",
    "requires_action": "tool_calls",
    "incomplete": "length",
    "budget_exceeded": "length",
    "cancelled": "stop",
}
_READ = frozenset({"created", "id", "model", "object", "steps", "outputs", "usage"})


class InteractionsNormalizer:
    """The events of an interaction to chunks, each with one choice.

    Tool calls are numbered 0, 1, 2 … through the whole stream. Usage arrives with the finish reason.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: there is an `error` event, or the interaction failed.

    Args:
        created: the chunks' `created`, in seconds since 1970, until the stream says a time.
    """

    def __init__(self, *, created: int = 0) -> None:
        self._answer = Answer(created=created)
        self._steps = Steps()
        self._searches = 0

    def feed(self, event: WireEvent, /) -> _Chunks:
        body = None if event.data.strip() == DONE else parse_event(event)
        if body is None:
            return
        with documented(event, "a Gemini event", _PAGE):
            kind = text_in(body, "event_type") or ("error" if "error" in body else event.name)
        handle = _EVENTS.get(kind)
        if handle is None:
            return
        with documented(event, f"a Gemini {kind!r} event", _PAGE):
            yield from handle(self, body)

    def flush(self) -> _Chunks:
        """Yield nothing: an unfinished step is dropped. The missing finish reason shows the cut."""
        return iter(())

    def _begin(self, event: JSON) -> _Chunks:
        self._identify(object_in(event, "interaction"))
        yield self._answer.chunk(role="assistant")

    def _identify(self, interaction: JSON) -> None:
        self._answer.id = text_in(interaction, "id") or self._answer.id
        self._answer.model = text_in(interaction, "model") or self._answer.model
        created = text_in(interaction, "created")
        if created:
            self._answer.created = int(datetime.fromisoformat(created).timestamp())

    def _start_step(self, event: JSON) -> _Chunks:
        step = object_in(event, "step") or object_in(event, "content")
        self._searches += text_in(step, "type") == "google_search_call"
        return self._chunks(self._steps.start(_index(event), step))

    def _add_to_step(self, event: JSON) -> _Chunks:
        return self._chunks(self._steps.add(_index(event), object_in(event, "delta")))

    def _stop_step(self, event: JSON) -> _Chunks:
        return self._chunks(self._steps.stop(_index(event)))

    def _end(self, event: JSON) -> _Chunks:
        interaction = object_in(event, "interaction")
        self._identify(interaction)
        status = text_in(interaction, "status")
        if status == "failed":
            raise error_from_body(
                {"message": "the interaction failed", **interaction}, model=self._answer.model or ""
            )
        kept = {key: value for key, value in interaction.items() if key not in _READ}
        yield self._answer.chunk(provider_specific_fields={"interaction": kept})
        reason = _REASONS.get(status, "stop")
        finished = "tool_calls" if reason == "stop" and self._steps.calls else reason
        usage = usage_of_interaction(object_in(interaction, "usage"), searches=self._searches)
        yield self._answer.chunk(finish_reason=finished, usage=usage, fields={"native_finish_reason": status})

    def _fail(self, event: JSON) -> _Chunks:
        raise error_from_body(event, model=self._answer.model or "")

    def _chunks(self, deltas: Iterator[JSON]) -> _Chunks:
        return (self._answer.chunk(**delta) for delta in deltas)


# `interaction.status_update` says nothing that these don't.
_EVENTS: dict[str, Callable[[InteractionsNormalizer, JSON], _Chunks]] = {
    "content.delta": InteractionsNormalizer._add_to_step,
    "content.start": InteractionsNormalizer._start_step,
    "content.stop": InteractionsNormalizer._stop_step,
    "error": InteractionsNormalizer._fail,
    "interaction.complete": InteractionsNormalizer._end,
    "interaction.completed": InteractionsNormalizer._end,
    "interaction.created": InteractionsNormalizer._begin,
    "interaction.start": InteractionsNormalizer._begin,
    "step.delta": InteractionsNormalizer._add_to_step,
    "step.start": InteractionsNormalizer._start_step,
    "step.stop": InteractionsNormalizer._stop_step,
}


def _index(event: JSON) -> int:
    index = event.get("index", 0)
    if isinstance(index, int):
        return index
    raise misshapen("index", index, "a number")


_COUNTS = {
    "total_cached_tokens": "cachedContentTokenCount",
    "total_input_tokens": "promptTokenCount",
    "total_output_tokens": "candidatesTokenCount",
    "total_thought_tokens": "thoughtsTokenCount",
    "total_tokens": "totalTokenCount",
    "total_tool_use_tokens": "toolUsePromptTokenCount",
}
_DETAILS = {
    "cached_tokens_by_modality": "cacheTokensDetails",
    "input_tokens_by_modality": "promptTokensDetails",
    "output_tokens_by_modality": "candidatesTokensDetails",
    "tool_use_tokens_by_modality": "toolUsePromptTokensDetails",
}


def usage_of_interaction(reported: JSON, *, searches: int) -> Usage | None:
    """LiteLLM's counts; other counters stay as sent."""
    renamed = {_COUNTS.get(key, key): value for key, value in reported.items() if key not in _DETAILS}
    for key, name in _DETAILS.items():
        if key in reported:
            renamed[name] = [_detail(detail) for detail in objects_in(reported, key)]
    return usage_from(renamed, searches=searches)


def _detail(detail: JSON) -> JSON:
    return {"modality": str(detail.get("modality", "")).upper(), "tokenCount": detail.get("tokens")}
