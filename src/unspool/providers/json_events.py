"""Read a provider's JSON: an event's data, fields of the documented type, and a response that isn't streamed.

A field of another type is a `ValueError` that names it, which becomes an error of the stream.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic_core import from_json

from unspool.builder import ResponseFold
from unspool.errors import APIResponseValidationError, MalformedEventError
from unspool.models import ModelResponse, ModelResponseStream, current_second, response_id
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED


def read_event(
    event: WireEvent, read: Callable[[JSON], Iterator[ModelResponseStream]], page: str
) -> Iterator[ModelResponseStream]:
    """Yield the chunks that a format's `read` makes of an event's JSON; none for `[DONE]`.

    Args:
        event: as the decoder gave it.
        read: raises `ValueError` where the JSON isn't shaped as documented.
        page: where it is documented.

    Raises:
        MalformedEventError: the event contains no JSON object, or one of another shape.
    """
    body = None if event.data.strip() == DONE else parse_event(event)
    if body is None:
        return
    with documented(event, "an event", page):
        yield from read(body)


def response_of(
    chunks: Iterable[ModelResponseStream], body: Mapping[str, Any], *, keys: str, page: str, llm_provider: str
) -> ModelResponse:
    """Read a whole response as a stream with the same content.

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


def text_in(holder: JSON, key: str) -> str:
    """The text under a key; empty if there is none, or null."""
    value = holder.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    raise misshapen(key, value, "text")


def number_in(holder: JSON, key: str) -> int:
    """The whole number under a key; 0 if there is none, or null."""
    value = holder.get(key)
    if value is None or isinstance(value, int):
        return value or 0
    raise misshapen(key, value, "a whole number")


def object_in(holder: JSON, key: str) -> JSON:
    """The object under a key; empty if there is none, or null."""
    value = holder.get(key)
    if value is None or isinstance(value, dict):
        return value or {}
    raise misshapen(key, value, "an object")


def objects_in(holder: JSON, key: str) -> list[JSON]:
    """The list of objects under a key; empty if there is none, or null."""
    value = holder.get(key)
    if value is None or (isinstance(value, list) and all(isinstance(item, dict) for item in value)):
        return value or []
    raise misshapen(key, value, "a list of objects")


def misshapen(key: str, value: Any, documented: str) -> ValueError:
    """The error to raise; a ValueError, since pydantic's are too."""
    return ValueError(f"{key!r} must be {documented}, not {value!r:.100}")


def present(holder: JSON, *keys: str) -> JSON:
    """Those of the keys that hold something other than null, with what they hold."""
    return {key: holder[key] for key in keys if holder.get(key) is not None}


@contextmanager
def documented(event: WireEvent, what: str, page: str) -> Iterator[None]:
    """While the event is read: what its reader, or pydantic, finds wrong with it as the error to raise.

    Args:
        what: which event it is, such as `an OpenAI 'error' event`.
        page: where it's documented.

    Raises:
        MalformedEventError: instead of what comes of reading JSON that has a list where an object should be,
            and the like.
    """
    try:
        yield
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise MalformedEventError(
            f"{what} isn't shaped as documented ({error}); compare it with {page}", data=event.data
        ) from error


JSON = dict[str, Any]

DONE = "[DONE]"
"""How OpenAI's streams end; others send it too."""


def parse_event(event: WireEvent) -> JSON | None:
    """An event's JSON object; None if there is nothing to read in it.

    A last event that the connection's end cut short is passed over, as SSE itself would have it: the
    missing finish reason tells of the cut.

    Raises:
        MalformedEventError: a whole event that isn't a JSON object.
    """
    if event.name == IGNORED:
        return _said_on_ignored_lines(event.data)
    if not event.data.strip():
        return None
    try:
        data = _read_json(event.data)
    except ValueError as error:
        if not event.complete:
            return None
        raise MalformedEventError(
            f"expected a chunk as a JSON object, got broken JSON ({error}); look at what the server, or a"
            " proxy before it, sent",
            data=event.data,
        ) from error
    if isinstance(data, list) and len(data) == 1:
        data = data[0]  # Google wraps an error in a list
    if not isinstance(data, dict):
        raise MalformedEventError(
            f"expected a chunk as a JSON object, got a JSON {type(data).__name__}", data=event.data
        )
    return data


def _read_json(text: str) -> Any:
    """The data in JSON; with U+FFFD for half a surrogate pair, which servers in JavaScript may send."""
    try:
        return from_json(text)
    except ValueError:
        whole = json.dumps(json.loads(text), ensure_ascii=False)
        return from_json(whole.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def json_or_text(text: str) -> Any:
    """The data in JSON, or the text itself if it isn't any."""
    try:
        return _read_json(text)
    except ValueError:
        return text


def _said_on_ignored_lines(text: str) -> JSON | None:
    """A chunk or an error on lines that aren't SSE: `error: {"message": …}`, or bare JSON (gpustack#6155)."""
    data = json_or_text(text.removeprefix("error:").strip())
    if text.startswith("error:"):
        error = data["error"] if isinstance(data, dict) and "error" in data else data
        return {"error": error or {"message": text}}
    data = data[0] if isinstance(data, list) and len(data) == 1 else data  # Google's errors, again
    return data if isinstance(data, dict) and not data.keys().isdisjoint(_TELLING) else None


_TELLING = frozenset({"candidates", "choices", "error"})
