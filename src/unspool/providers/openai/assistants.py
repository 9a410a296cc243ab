"""OpenAI's Assistants: the events of a run to chunks.

https://platform.openai.com/docs/api-reference/assistants-streaming/events. A run makes steps: messages,
and calls of tools. An event's name is SSE's alone; some of its objects have a `type` of their own.

The text of all messages is `content`, with its `annotations`; calls of functions, which the caller is to
answer, are tool calls. Id, model, usage and finish reason are the run's. Kept in the delta's
`provider_specific_fields`, each in a list of all so far:

    content             what a message holds beside text: files of images, and images
    step_tool_calls     the calls of tools that OpenAI runs itself, with their results, as their step ends

and in the last chunk's the run's `thread_id`, `assistant_id` and `incomplete_details`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from unspool.error_mapping import error_for_status, error_from_body
from unspool.models import ModelResponseStream
from unspool.providers.chunk_factory import Answer, OwnFields
from unspool.providers.json_events import (
    DONE,
    JSON,
    documented,
    number_in,
    object_in,
    objects_in,
    parse_event,
    present,
    text_in,
)
from unspool.providers.openai.usage import usage_from_counts
from unspool.providers.retold_text import Told
from unspool.wire.event import WireEvent

_Chunks = Iterator[ModelResponseStream]

_PAGE = "https://platform.openai.com/docs/api-reference/assistants-streaming"

_FINISH_REASONS = {
    "content_filter": "content_filter",
    "max_completion_tokens": "length",
    "max_prompt_tokens": "length",
    "max_tokens": "length",
}


class OpenAIAssistantsNormalizer:
    """Events to chunks.

    Raises, while it is being fed:
        MalformedEventError: an event contains no JSON object, or one that isn't shaped as documented.
        ProviderError: the stream has an `error` event, or the run failed or expired.
    """

    def __init__(self) -> None:
        self._told = Told()
        self._annotated: Counter[object] = Counter()
        self._numbers: dict[str, int] = {}  # of the calls, by id
        self._call_ids: dict[object, str] = {}
        self._own = OwnFields()
        self._incomplete = ""  # why a message is
        self._answer = Answer()

    def feed(self, event: WireEvent, /) -> _Chunks:
        body = None if event.data.strip() == DONE else parse_event(event)
        if body is None:
            return
        if body.get("error") or event.name == "error":
            raise error_from_body(body, model=self._answer.model or "")
        if event.name in _EVENTS:
            with documented(event, f"an OpenAI {event.name!r} event", _PAGE):
                yield from _EVENTS[event.name](self, body)

    def flush(self) -> _Chunks:
        """Yield nothing: the missing finish reason shows the cut."""
        return iter(())

    # -- messages ------------------------------------------------------------------------------------

    def _message_delta(self, event: JSON) -> _Chunks:
        for part in objects_in(object_in(event, "delta"), "content"):
            name = text_in(event, "id"), number_in(part, "index")
            if part.get("type") == "text":
                text = object_in(part, "text")
                yield from self._say("content", self._told.add(name, text_in(text, "value")))
                yield from self._annotate(name, objects_in(text, "annotations"))
            elif part.get("type") == "refusal":
                yield from self._say("refusal", self._told.add(name, text_in(part, "refusal")))

    def _message(self, message: JSON) -> _Chunks:
        """Emit the part of a whole message that its deltas didn't contain."""
        self._incomplete = text_in(object_in(message, "incomplete_details"), "reason")
        for place, part in enumerate(objects_in(message, "content")):
            name = text_in(message, "id"), place
            if part.get("type") == "text":
                text = object_in(part, "text")
                yield from self._say("content", self._told.rest(name, text_in(text, "value")))
                yield from self._annotate(name, objects_in(text, "annotations")[self._annotated[name] :])
            elif part.get("type") == "refusal":
                yield from self._say("refusal", self._told.rest(name, text_in(part, "refusal")))
            else:
                yield self._answer.chunk(**self._own.add("content", part))

    def _say(self, field: str, text: str) -> _Chunks:
        said: JSON = {field: text}
        if text:
            yield self._answer.chunk(**said)

    def _annotate(self, name: object, annotations: list[JSON]) -> _Chunks:
        if annotations:
            self._annotated[name] += len(annotations)
            yield self._answer.chunk(annotations=annotations)

    # -- calls ---------------------------------------------------------------------------------------

    def _step_delta(self, event: JSON) -> _Chunks:
        details = object_in(object_in(event, "delta"), "step_details")
        for call in objects_in(details, "tool_calls"):
            if call.get("type") == "function":
                place = text_in(event, "id"), number_in(call, "index")
                call_id = self._call_ids.setdefault(place, text_in(call, "id"))
                function = object_in(call, "function")
                self._told.add(call_id, text_in(function, "arguments"))
                yield self._fragment(call_id, function)

    def _step(self, step: JSON) -> _Chunks:
        for call in objects_in(object_in(step, "step_details"), "tool_calls"):
            if call.get("type") != "function":
                yield self._answer.chunk(**self._own.add("step_tool_calls", call))

    def _requires_action(self, run: JSON) -> _Chunks:
        required = object_in(object_in(run, "required_action"), "submit_tool_outputs")
        for call in objects_in(required, "tool_calls"):
            call_id, function = text_in(call, "id"), object_in(call, "function")
            rest = self._told.rest(call_id, text_in(function, "arguments"))
            if rest or call_id not in self._numbers:
                yield self._fragment(call_id, {**function, "arguments": rest})
        yield from self._end(run, default="tool_calls")

    def _fragment(self, call_id: str, function: JSON) -> ModelResponseStream:
        head = {} if call_id in self._numbers else {"id": call_id}
        said = present(function, "arguments", *(["name"] if head else []))
        number = self._numbers.setdefault(call_id, len(self._numbers))
        return self._answer.chunk(
            tool_calls=[{"index": number, **head, "type": "function", "function": said}]
        )

    # -- the run -------------------------------------------------------------------------------------

    def _begin(self, run: JSON) -> _Chunks:
        self._identify(run)
        return iter(())

    def _identify(self, run: JSON) -> None:
        self._answer = Answer(text_in(run, "id"), run.get("model"), run.get("created_at") or 0)

    def _end(self, run: JSON, *, default: str) -> _Chunks:
        self._identify(run)
        why = text_in(object_in(run, "incomplete_details"), "reason") or self._incomplete
        reason = _FINISH_REASONS.get(why, default)
        last = self._answer.chunk(finish_reason=reason, usage=usage_from_counts(object_in(run, "usage")))
        last.provider_specific_fields = (
            present(run, "assistant_id", "incomplete_details", "thread_id") or None
        )
        yield last

    def _failed(self, run: JSON) -> _Chunks:
        error = object_in(run, "last_error") or {"message": "the run failed, and doesn't say why"}
        status = 400 if error.get("code") == "invalid_prompt" else None
        raise error_from_body({"error": error}, status=status, model=text_in(run, "model"))

    def _expired(self, run: JSON) -> _Chunks:
        message = "the run expired before it was complete; its tools' outputs may have come too late"
        raise error_for_status(504, message, model=text_in(run, "model"), body=run)


_RUN_ENDS = {"cancelled": "stop", "completed": "stop", "incomplete": "length"}

_EVENTS: dict[str, Callable[[OpenAIAssistantsNormalizer, JSON], _Chunks]] = {
    **dict.fromkeys(
        ("thread.message.completed", "thread.message.incomplete"), OpenAIAssistantsNormalizer._message
    ),
    **dict.fromkeys(
        [f"thread.run.step.{status}" for status in ("cancelled", "completed", "expired", "failed")],
        OpenAIAssistantsNormalizer._step,
    ),
    **{
        f"thread.run.{status}": partial(OpenAIAssistantsNormalizer._end, default=reason)
        for status, reason in _RUN_ENDS.items()
    },
    "thread.message.delta": OpenAIAssistantsNormalizer._message_delta,
    "thread.run.created": OpenAIAssistantsNormalizer._begin,
    "thread.run.expired": OpenAIAssistantsNormalizer._expired,
    "thread.run.failed": OpenAIAssistantsNormalizer._failed,
    "thread.run.in_progress": OpenAIAssistantsNormalizer._begin,
    "thread.run.queued": OpenAIAssistantsNormalizer._begin,
    "thread.run.requires_action": OpenAIAssistantsNormalizer._requires_action,
    "thread.run.step.delta": OpenAIAssistantsNormalizer._step_delta,
}
