"""What a HAR's entry tells of when its answer came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from unspool.cassette.model import NetworkChunk, Timeline
from unspool.cassette.vcr_format import round_ms

_BEFORE_THE_HEADERS = ("blocked", "dns", "connect", "send", "wait")  # `ssl` is a part of `connect`
_HTTP_VERSIONS = {
    "http/1.0": "HTTP/1.0",
    "h2": "HTTP/2",
    "http/2": "HTTP/2",
    "http/2.0": "HTTP/2",
    "h3": "HTTP/3",
    "http/3": "HTTP/3",
    "http/3.0": "HTTP/3",
}
_MOST_SECONDS = 1e11  # a larger time since 1970 is in milliseconds: some tools write those


def event_messages(entry: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The server-sent events that Chrome keeps beside an answer."""
    return entry.get("_eventSourceMessages") or ()


def timeline(entry: Mapping[str, Any], pieces: Sequence[bytes]) -> Timeline:
    """How the answer came, if these are its pieces: each at its event's moment, or all with the headers."""
    timings = entry.get("timings") or {}
    recorded_at = _seconds_since_1970(entry.get("startedDateTime"))
    headers_at = _total(timings, _BEFORE_THE_HEADERS) if _is_known(timings.get("wait")) else None
    times = _message_times(entry, headers_at or 0.0, recorded_at)
    if len(times) != len(pieces):  # comments and the like are pieces, but no messages
        times = [headers_at or 0.0] * len(pieces)
    ended_at = None
    if headers_at is not None and _is_known(timings.get("receive")):
        ended_at = max(_total(timings, (*_BEFORE_THE_HEADERS, "receive")), *times[-1:], headers_at)
    return Timeline(
        chunks=tuple(NetworkChunk(len(piece), at) for piece, at in zip(pieces, times, strict=True)),
        headers_at=headers_at,
        recorded_at=recorded_at,
        http_version=_http_version(entry["response"]),
        ended_at=ended_at,
    )


def _seconds_since_1970(moment: str | None) -> float | None:
    if not moment:
        return None
    parsed = datetime.fromisoformat(moment)
    return round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp(), 6)


def _message_times(entry: Mapping[str, Any], headers_at: float, recorded_at: float | None) -> list[float]:
    if recorded_at is None:
        return []
    moments = (float(message["time"]) for message in event_messages(entry))
    seconds = (moment / 1000 if moment > _MOST_SECONDS else moment for moment in moments)
    return [round_ms(max(moment - recorded_at, headers_at)) for moment in seconds]


def _is_known(milliseconds: Any) -> bool:
    return milliseconds is not None and milliseconds >= 0


def _total(timings: Mapping[str, Any], names: Iterable[str]) -> float:
    known = (timings[name] for name in names if _is_known(timings.get(name)))
    return round_ms(sum(known) / 1000)


def _http_version(response: Mapping[str, Any]) -> str:
    return _HTTP_VERSIONS.get(str(response.get("httpVersion")).strip().lower(), "HTTP/1.1")
