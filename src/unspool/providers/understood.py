"""Notice a stream that was read in the wrong format: none of its events is one of the format's.

Such a stream would otherwise be an empty answer that counts as a success. What a format's events look like
is known by a mark in each: a type, a key, a name. A stream that is empty, or that a client cut off before
anything was said, has no event without its format's mark, and passes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unspool.errors import MalformedEventError
from unspool.models import ModelResponseStream, StreamingChoices
from unspool.pipeline import Stage
from unspool.providers.json_events import DONE, json_or_text
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED

_MOST_EVENTS = 50
_AWS = re.compile(r":(?:event|message|content|exception)-type\b")
_MOST_SHOWN = 120


class ForeignStreamError(MalformedEventError):
    """Nothing of a stream was understood."""


class Understood:
    """A normalizer that fails at the end of a stream of which it understood nothing.

    Args:
        normalizer: turns events into chunks.
        wire_format: its name.
    """

    def __init__(self, normalizer: Stage[WireEvent, ModelResponseStream], wire_format: str) -> None:
        self._normalizer = normalizer
        self._format = wire_format
        self._strange: list[WireEvent] = []
        self._settled = False

    def feed(self, event: WireEvent, /) -> Iterator[ModelResponseStream]:
        """The chunks of an event; raises as the normalizer does."""
        if self._settled:
            return self._normalizer.feed(event)
        return self._watched(event)

    def _watched(self, event: WireEvent) -> Iterator[ModelResponseStream]:
        if _is_marked(event, self._format):
            self._settled = True
        elif len(self._strange) < _MOST_EVENTS and not _says_nothing(event):
            self._strange.append(event)
        for chunk in self._normalizer.feed(event):
            self._settled = self._settled or any(map(_is_telling, chunk.choices))
            yield chunk

    def flush(self) -> Iterator[ModelResponseStream]:
        """What the normalizer holds back.

        Raises:
            ForeignStreamError: nothing of the stream was understood; says what it looks like.
        """
        for chunk in self._normalizer.flush():
            self._settled = self._settled or any(map(_is_telling, chunk.choices))
            yield chunk
        if not self._settled and self._strange:
            raise _not_understood(self._strange, self._format)


def _is_telling(choice: StreamingChoices) -> bool:
    said = choice.delta.model_dump(exclude_none=True, exclude={"provider_specific_fields"})
    return bool(choice.finish_reason) or any(said.values())


def _says_nothing(event: WireEvent) -> bool:
    if event.name == IGNORED:  # lines that aren't the framing's: whole or not, they have another meaning
        return not event.data.strip()
    return not event.complete or event.data.strip() in {"", DONE} or event.name in {"ping", "error"}


def _not_understood(events: list[WireEvent], wire_format: str) -> ForeignStreamError:
    first = events[0]
    found = next((name for event in events for name in MARKS if _is_marked(event, name)), None)
    if found is None and _AWS.search(first.data):
        found = "bedrock-converse"
    whole = next((what for event in events if (what := _whole_answer(event.data))), None)
    if found is not None:
        looks = f"they look like {found}: name that provider or format, as in provider={found!r}"
    elif whole is not None:
        looks = f"it looks like {whole}: ask for a stream (stream=True), or read it as JSON"
    else:
        looks = (
            f"the first is {first.name} {_shown(first.data)}: is this the right provider, and the right URL?"
        )
    return ForeignStreamError(
        f"nothing of this stream was understood as {wire_format}; {looks}", data=first.data[:1000]
    )


def _shown(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"


def _whole_answer(text: str) -> str | None:
    if text.lstrip()[:9].lower() in {"<!doctype", "<html>"} or text.lstrip()[:5].lower() == "<html":
        return "a page of HTML, as a proxy sends it"
    data = json_or_text(text)
    if not isinstance(data, Mapping):
        return None
    is_answer = data.get("object") in {"chat.completion", "response"} or data.get("type") == "message"
    return "a whole answer in JSON, not a stream" if is_answer else None


# Marks


def _is_marked(event: WireEvent, wire_format: str) -> bool:
    """Whether an event has the mark of a format; where it has none, whether it has no other format's."""
    wire_format = _SAME_MARK.get(wire_format, wire_format)
    mark = MARKS.get(wire_format)
    objects = list(_objects(event))
    if mark is None:
        is_aws = event.name == IGNORED and _AWS.search(event.data)
        return (
            not _says_nothing(event)
            and not is_aws
            and not any(other(event.name, data) for other in MARKS.values() for data in objects)
        )
    return any(mark(event.name, data) for data in objects)


def _objects(event: WireEvent) -> Iterator[Mapping[str, Any]]:
    """The JSON objects in an event: one, or one a line where the lines aren't the framing's."""
    for text in event.data.splitlines() if event.name == IGNORED else [event.data]:
        data = json_or_text(text)
        if isinstance(data, list) and data:
            data = data[0]
        if isinstance(data, Mapping):
            yield data


Mark = Callable[[str, Mapping[str, Any]], bool]


def _type_in(*types: str) -> Mark:
    return lambda _, data: data.get("type") in types


def _type_starts(prefix: str) -> Mark:
    return lambda _, data: str(data.get("type")).startswith(prefix)


def _has(*keys: str) -> Mark:
    return lambda _, data: not data.keys().isdisjoint(keys)


def _named(*names: str) -> Mark:
    return lambda name, _: name in names


def _named_like(prefix: str) -> Mark:
    return lambda name, data: name.startswith(prefix) or str(data.get("object")).startswith(prefix)


def _chat(_name: str, data: Mapping[str, Any]) -> bool:
    if str(data.get("object")).startswith("chat.completion.chunk") or "x_groq" in data:
        return True
    return "choices" in data and "type" not in data and data.get("object") != "chat.completion"


_ANTHROPIC = _type_in(
    "message_start",
    "message_delta",
    "message_stop",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "ping",
)
_COHERE = _type_in(
    "message-start",
    "content-start",
    "content-delta",
    "content-end",
    "tool-plan-delta",
    "tool-call-start",
    "tool-call-delta",
    "tool-call-end",
    "citation-start",
    "citation-end",
    "message-end",
)
_CONVERSE = _named(
    "messageStart",
    "contentBlockStart",
    "contentBlockDelta",
    "contentBlockStop",
    "messageStop",
    "metadata",
)

MARKS: Mapping[str, Mark] = {
    "anthropic-messages": _ANTHROPIC,
    "openai-responses": _type_starts("response."),
    "openai-chat": _chat,
    "gemini-generate": _has("candidates", "usageMetadata", "promptFeedback"),
    "cohere-v2": _COHERE,
    "cohere-v1": _has("event_type"),
    "ollama-ndjson": _has("done"),
    "bedrock-converse": _CONVERSE,
    "bedrock-invoke": _named("chunk"),
    "openai-transcription": _type_starts("transcript."),
    "openai-assistants": _named_like("thread."),
    "jsonrpc-sse": _has("jsonrpc"),
}
"""How to recognize an event of a format by its name and its JSON; the likeliest formats first."""

_SAME_MARK = {
    "bedrock-agent": "bedrock-invoke",
    "gemini-generate-jsonarray": "gemini-generate",
    "openai-completions": "openai-chat",
}
