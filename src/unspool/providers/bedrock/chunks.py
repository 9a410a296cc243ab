"""What the normalizers of this package share: how an event is read, and how a chunk is made."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from unspool.models import Delta, ModelResponseStream, StreamingChoices, Usage
from unspool.providers.bedrock.errors import error_in
from unspool.providers.documented import documented
from unspool.providers.payload import JSON, parse_event
from unspool.wire.event import WireEvent

Chunks = Iterator[ModelResponseStream]

_PADDING = "p"
_PAGE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/"


def read_event(event: WireEvent, read: Callable[[str, JSON], Chunks]) -> Chunks:
    """What `read` makes of the event's name and JSON.

    Raises:
        ProviderError: the event reports an error.
        MalformedEventError: it holds no JSON object, or one of another shape than documented.
    """
    error = error_in(event)
    if error is not None:
        raise error
    body = parse_event(event)
    if body is None:
        return
    with documented(event, f"a Bedrock {event.name!r} event", _PAGE):
        yield from read(event.name, without(body, _PADDING))


def without(holder: JSON, *keys: str) -> JSON:
    """All but these keys."""
    return {key: value for key, value in holder.items() if key not in keys}


def make_chunk(
    *,
    created: int,
    finish_reason: str | None = None,
    usage: Usage | None = None,
    model: str | None = None,
    id: str = "",  # noqa: A002 - the field's name
    index: int = 0,
    **delta: Any,
) -> ModelResponseStream:
    """A chunk with one choice, whose delta has these fields."""
    choice = StreamingChoices(index=index, delta=Delta(**delta), finish_reason=finish_reason)
    chunk = ModelResponseStream(id=id, created=created, model=model, choices=[choice])
    if usage is not None:
        chunk.usage = usage
    return chunk
