"""How the normalizers of this package read an event."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unspool.models import ModelResponseStream
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
