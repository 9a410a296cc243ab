"""A stream's events as JSON, what they add up to, and both again from an SDK's items."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from unspool.builder import stream_chunk_builder
from unspool.errors import UnspoolError
from unspool.models import ChatCompletionMessageToolCall, ModelResponse, ModelResponseStream
from unspool.pipeline import Stage
from unspool.providers import decoder_for, normalizer_for
from unspool.providers.json_events import DONE
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED

JSON = Any


@dataclass(frozen=True, slots=True)
class Result:
    """What a stream adds up to, by aspect, the first choice's; and its error.

    Attributes:
        aspects: `text`, `reasoning`, `calls`, `finish reason`, `usage`: input and output tokens,
            None if the stream reports none.
        error: why it failed, by its own account or because it can't be read; None if it didn't.
    """

    aspects: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Stream:
    """A recorded stream, read once for all SDKs.

    Attributes:
        wire_format: one of `FORMATS`.
        body: its bytes, decompressed.
        sent: the JSON of its events, as an SDK would show it.
        result: what they add up to.
    """

    wire_format: str
    body: bytes
    sent: Sequence[JSON]
    result: Result


def read_stream(wire_format: str, body: bytes) -> Stream:
    """Decode a stream and add it up."""
    events = decode(wire_format, body)
    return Stream(wire_format, body, sent_json(wire_format, events), result_of(wire_format, events))


def decode(wire_format: str, body: bytes) -> list[WireEvent]:
    """Return a stream's events; those before the place from which it can't be decoded."""
    decoder, events = decoder_for(wire_format), list[WireEvent]()
    try:
        for step in (decoder.feed(body), decoder.flush()):
            events.extend(step)
    except UnspoolError:
        return events
    return events


def result_of(wire_format: str, events: Iterable[WireEvent]) -> Result:
    """Read events with Unspool's normalizer, and add them up."""
    normalizer, chunks = normalizer_for(wire_format), list[ModelResponseStream]()
    error = _read(normalizer, events, chunks)
    try:
        response = stream_chunk_builder(chunks) if chunks else None
    except UnspoolError as failed:
        return Result(error=error or str(failed))
    reports = any(chunk.get("usage") is not None for chunk in chunks)
    return Result({} if response is None else _aspects(response, reports_usage=reports), error)


def _read(
    normalizer: Stage[WireEvent, ModelResponseStream],
    events: Iterable[WireEvent],
    chunks: list[ModelResponseStream],
) -> str | None:
    try:
        for event in events:
            chunks.extend(normalizer.feed(event))
        chunks.extend(normalizer.flush())
    except UnspoolError as error:
        return str(error).splitlines()[0]
    return None


def _aspects(response: ModelResponse, *, reports_usage: bool) -> dict[str, Any]:
    if not response.choices:
        return {}
    choice = response.choices[0]
    message = choice.message
    calls = [_call(call) for call in message.tool_calls or ()]
    usage = response.get("usage") if reports_usage else None  # else the builder has counted
    return {
        "text": message.content or "",
        "reasoning": getattr(message, "reasoning_content", None) or "",
        "calls": calls,
        "finish reason": choice.finish_reason,
        "usage": None if usage is None else (usage.prompt_tokens, usage.completion_tokens),
    }


def _call(call: ChatCompletionMessageToolCall) -> tuple[str, Any]:
    if call.function is None:  # a custom tool, whose input is a text
        return call.custom.name or "", call.custom.input
    return call.function.name or "", arguments_of(call.function.arguments)


def arguments_of(text: Any) -> Any:
    """Return a call's arguments as data; as they are if they aren't JSON."""
    try:
        return json.loads(text) if isinstance(text, str) and text.strip() else {}
    except ValueError:
        return text


# -- between events and the JSON that an SDK's items have -----------------------------------------------

_NAMED = frozenset({"bedrock-agent", "bedrock-converse", "openai-assistants"})
"""Formats in which an SDK's item has the event's name around or beside the JSON."""


_EMPTY = frozenset({"ping", "keepalive"})
"""Events without content, which SDKs leave out on purpose."""


def sent_json(wire_format: str, events: Iterable[WireEvent]) -> list[JSON]:
    """Return the JSON of each event as an SDK shows it; none of pings, end markers and unreadable events."""
    return [body for event in events for body in _sent(wire_format, event)]


def _sent(wire_format: str, event: WireEvent) -> Iterator[JSON]:
    if event.name == IGNORED or event.data.strip() in {"", DONE}:
        return
    try:
        body = json.loads(event.data)
    except ValueError:
        return
    if wire_format == "bedrock-invoke" and isinstance(body, dict) and "bytes" in body:
        body = json.loads(base64.b64decode(body["bytes"]))
    elif wire_format == "openai-assistants":
        body = {"event": event.name, "data": body}
    elif wire_format in _NAMED:
        body = {event.name: {key: value for key, value in body.items() if key != "p"}}  # "p" is padding
    if isinstance(body, dict) and kind_of(wire_format, body) not in _EMPTY:
        yield body


def events_of(wire_format: str, items: Iterable[JSON]) -> Iterator[WireEvent]:
    """Return an SDK's items as events again."""
    for item in items:
        if not isinstance(item, dict):
            continue
        if wire_format == "openai-assistants":
            yield WireEvent(str(item.get("event")), json.dumps(item.get("data")))
        elif wire_format in _NAMED:
            for name, body in item.items():
                yield WireEvent(name, json.dumps(body))
        elif wire_format == "bedrock-invoke":
            data = base64.b64encode(json.dumps(item).encode()).decode()
            yield WireEvent("chunk", json.dumps({"bytes": data}))
        else:
            yield WireEvent(_name(wire_format, item), json.dumps(item))


def _name(wire_format: str, item: Mapping[str, Any]) -> str:
    is_named = wire_format in {"anthropic-messages", "anthropic-complete", "openai-responses"}
    return str(item.get("type", "message")) if is_named else "message"


def kind_of(wire_format: str, item: Mapping[str, Any]) -> str:
    """Return an event's type as its format names it; `event` where it has none."""
    if wire_format in _NAMED and wire_format != "openai-assistants":
        return next(iter(item), "event")
    named = (item.get(key) for key in ("event_type", "event", "type", "object"))
    return next((name for name in named if isinstance(name, str) and name), "event")
