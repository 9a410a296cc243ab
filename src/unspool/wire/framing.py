"""The framings: how a body is cut into events, and what it is recognised by.

A wire format names one. Everything that treats one framing unlike another asks this table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from unspool.pipeline import Stage
from unspool.wire._splitter import Splitter
from unspool.wire.aws import AWSEventStreamDecoder, AWSSplitter
from unspool.wire.event import WireEvent
from unspool.wire.json_array import JSONArrayDecoder, JSONArraySplitter
from unspool.wire.ndjson import NDJSONDecoder, NDJSONSplitter
from unspool.wire.sse import SSEDecoder, SSESplitter

FramingName = Literal["aws", "jsonarray", "ndjson", "sse"]


@dataclass(frozen=True, slots=True)
class Framing:
    """A framing.

    Attributes:
        decoder: from bytes to events.
        splitter: from bytes to the bytes of each event.
        first_byte: with which a body starts, white space aside; empty where it may be any other.
        content_types: that say this framing; a JSON array's says nothing about events.
    """

    decoder: Callable[[], Stage[bytes, WireEvent]]
    splitter: Callable[[], Splitter]
    first_byte: bytes = b""
    content_types: tuple[str, ...] = ()


def _sse() -> SSEDecoder:
    return SSEDecoder(keep_ignored=True)  # where some servers put their errors


FRAMINGS: dict[FramingName, Framing] = {
    "aws": Framing(
        AWSEventStreamDecoder,
        AWSSplitter,
        b"\0",  # no frame is longer than 24 MiB, so that its length starts with a zero
        ("application/vnd.amazon.eventstream",),
    ),
    "jsonarray": Framing(JSONArrayDecoder, JSONArraySplitter, b"["),
    "ndjson": Framing(NDJSONDecoder, NDJSONSplitter, b"{", ("application/x-ndjson", "application/jsonl")),
    "sse": Framing(_sse, SSESplitter, content_types=("text/event-stream",)),
}


def framing_of(data: bytes) -> FramingName:
    """The framing of a body that starts like this: server-sent events, unless it can't be."""
    first = data.lstrip()[:1]
    return next((name for name, known in FRAMINGS.items() if first and known.first_byte == first), "sse")


def framing_of_type(content_type: str) -> FramingName | None:
    """The framing that a content type says; None if it says none."""
    kind = content_type.partition(";")[0].strip().lower()
    return next((name for name, known in FRAMINGS.items() if kind in known.content_types), None)
