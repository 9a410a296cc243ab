"""The JSON in an event, whatever the format."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import from_json

from unspool.errors import MalformedEventError
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED

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
