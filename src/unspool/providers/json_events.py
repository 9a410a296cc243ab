"""What formats whose events are JSON share: reading an event, and reading an answer that isn't streamed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from unspool.builder import ResponseFold
from unspool.errors import APIResponseValidationError
from unspool.models import ModelResponse, ModelResponseStream, current_second, response_id
from unspool.providers.documented import documented
from unspool.providers.payload import DONE, JSON, parse_event
from unspool.wire.event import WireEvent


def read_event(
    event: WireEvent, read: Callable[[JSON], Iterator[ModelResponseStream]], page: str
) -> Iterator[ModelResponseStream]:
    """The chunks that a format's `read` makes of an event's JSON. `[DONE]` is nothing, whoever sends it.

    Args:
        event: as the decoder gave it.
        read: raises `ValueError` where the JSON isn't shaped as documented.
        page: where it is documented.

    Raises:
        MalformedEventError: the event holds no JSON object, or one of another shape.
    """
    body = None if event.data.strip() == DONE else parse_event(event)
    if body is None:
        return
    with documented(event, "an event", page):
        yield from read(body)


def response_of(
    chunks: Iterable[ModelResponseStream], body: Mapping[str, Any], *, keys: str, page: str, llm_provider: str
) -> ModelResponse:
    """A whole answer, read as the stream that would have said the same.

    An id and a time that the provider gives none of are made up.

    Args:
        chunks: what the answer's JSON would have been streamed as; lazy, so that its errors arise here.
        body: that JSON.
        keys: of these it has at least one.
        page: where it is documented.
        llm_provider: whose answer it is.

    Raises:
        APIResponseValidationError: the answer isn't shaped as documented.
    """
    try:
        response = _added_up(chunks, body, keys)
    except ValueError as error:
        raise APIResponseValidationError(
            f"an answer isn't shaped as documented ({error}); compare it with {page}",
            llm_provider=llm_provider,
            body=body,
        ) from error
    response.id = response.id or response_id()
    response.created = response.created or current_second()
    return response


def _added_up(chunks: Iterable[ModelResponseStream], body: Mapping[str, Any], keys: str) -> ModelResponse:
    fold = ResponseFold()
    for chunk in chunks:
        fold.add(chunk)
    response = fold.result()
    if response is None or body.keys().isdisjoint(keys.split()):
        raise ValueError(f"it has none of {keys}")
    return response
