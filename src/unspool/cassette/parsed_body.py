"""Bodies that a recorder parsed before it stored them, as bytes again: JSON, events, JSON lines.

The bytes aren't those that were sent: JSON is written without blanks. An event gets the name that its
provider gives it, its JSON's `type`, because SDKs dispatch on that.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from unspool.errors import CassetteFormatError, WireError
from unspool.wire.event import WireEvent
from unspool.wire.sse import encode_sse

_DONE = "[DONE]"
_EVENT_KEYS = {"event", "data", "id", "retry"}
_LINES = {"application/x-ndjson", "application/jsonl", "application/json-lines"}


def join_parsed(value: Any, content_type: str, field: str) -> bytes:
    """Write a parsed body in the format of its content type: a list under `text/event-stream` is its events.

    Raises:
        CassetteFormatError: JSON can't contain it, or a list of it is no list of events.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if not isinstance(value, list):
        return to_json(value, field)
    if kind == "text/event-stream" or _DONE in value:
        return _joined(value, _event, field)
    if kind in _LINES:
        return _joined(value, _line, field)
    if kind == "application/vnd.amazon.eventstream":
        raise CassetteFormatError(
            f"{field}: the frames of an AWS event stream can't be made of parsed events: record it anew"
        )
    return to_json(value, field)


def to_json(value: Any, field: str) -> bytes:
    """JSON without blanks.

    Raises:
        CassetteFormatError: JSON can't contain the value.
    """
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    except (TypeError, ValueError) as error:
        raise CassetteFormatError(f"{field}: expected what JSON can contain, got {error}") from error


def _joined(items: list[Any], write: Callable[[Any, str], bytes], field: str) -> bytes:
    return b"".join(_pieces(items, write, field))


def _pieces(items: list[Any], write: Callable[[Any, str], bytes], field: str) -> Iterator[bytes]:
    for index, item in enumerate(items):
        yield write(item, f"{field}[{index}]")


def _line(item: Any, field: str) -> bytes:
    return to_json(item, field) + b"\n"


def _event(item: Any, field: str) -> bytes:
    try:
        return encode_sse(_wire_event(item, field))
    except (TypeError, WireError) as error:
        raise CassetteFormatError(f"{field}: expected an event of a stream, got {error}") from error


def _wire_event(item: Any, field: str) -> WireEvent:
    if isinstance(item, str):
        return WireEvent(data=item)
    if not isinstance(item, Mapping):
        raise CassetteFormatError(f"{field}: expected an event of a stream, got {type(item).__name__}")
    if "data" in item and item.keys() <= _EVENT_KEYS:
        return WireEvent(
            data=_data(item["data"], field),
            name=str(item.get("event") or "message"),
            id=str(item.get("id") or ""),
            retry=item.get("retry"),
        )
    name = item.get("type")
    return WireEvent(data=_data(item, field), name=name if isinstance(name, str) and name else "message")


def _data(value: Any, field: str) -> str:
    return value if isinstance(value, str) else to_json(value, field).decode()
