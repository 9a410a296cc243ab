"""The pace of aimock's fixtures, and where they break their stream off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, takewhile
from typing import Any

from unspool.cassette.model import NO_RESPONSE, End, Failure, Headers, NetworkChunk, Response, Timeline
from unspool.cassette.vcr_format import round_ms

_PACE = {"latency", "streamingProfile", "recordedTimings"}
_INTERRUPTIONS = {"truncateAfterChunks", "disconnectAfterMs"}
TIME_FIELDS = {"replaySpeed"} | _PACE | _INTERRUPTIONS
"""The fields of a fixture that `timed` looks at."""

_NOTHING_CAME = Failure("RemoteProtocolError", "Server disconnected without sending a response.")
_CUT_OFF = Failure(
    "RemoteProtocolError",
    "peer closed connection without sending complete message body (incomplete chunked read)",
)


def timed(fixture: Mapping[str, Any], headers: Headers, events: Sequence[bytes], last: bytes) -> Response:
    """The answer of these events, at the fixture's moments, up to where it breaks off.

    Args:
        fixture: where it tells neither pace nor interruption, the answer has no timeline.
        headers: of the answer.
        events: each is a network chunk.
        last: the event that comes together with the last of these, if they all come.
    """
    if not (_PACE | _INTERRUPTIONS) & fixture.keys():
        return Response(200, "OK", headers, b"".join([*events, last]))
    patience = fixture.get("disconnectAfterMs", float("inf")) / 1000
    moments = map(round_ms, accumulate(_delay(fixture, place) for place in range(len(events))))
    times = list(takewhile(lambda at: at <= patience, moments))
    limit = max(1, fixture.get("truncateAfterChunks", len(events) + 1))
    if limit <= len(times):
        return _answer(headers, events, times[:limit], End.PROTOCOL_ERROR, times[limit - 1])
    if len(times) < len(events):
        return _answer(headers, events, times, End.PROTOCOL_ERROR, round_ms(patience))
    return _answer(headers, [*events, last], [*times, times[-1]], End.COMPLETE, times[-1])


def _answer(
    headers: Headers, events: Sequence[bytes], times: Sequence[float], end: End, at: float
) -> Response:
    if not times:  # the headers come with the first event
        nothing = Timeline(end=end, ended_at=at, failure=_NOTHING_CAME)
        return Response(NO_RESPONSE, timeline=nothing)
    came = events[: len(times)]
    timeline = Timeline(
        chunks=tuple(NetworkChunk(len(event), at) for event, at in zip(came, times, strict=True)),
        headers_at=times[0],
        end=end,
        ended_at=at,
        failure=None if end is End.COMPLETE else _CUT_OFF,
    )
    return Response(200, "OK", headers, b"".join(came), timeline)


def _delay(fixture: Mapping[str, Any], place: int) -> float:
    """The pause before a chunk, in seconds: a profile outdoes recorded times, and these a flat latency."""
    speed = fixture.get("replaySpeed") or 1
    latency = float(fixture.get("latency", 0))
    profile, recorded = fixture.get("streamingProfile"), fixture.get("recordedTimings")
    if profile:
        latency = _by_profile(profile, place, latency)
    elif recorded:
        latency = _by_record(recorded, place)
    return float(max(0.0, latency) / speed / 1000)


def _by_profile(profile: Mapping[str, Any], place: int, latency: float) -> float:
    if place == 0 and "ttft" in profile:
        return float(profile["ttft"])
    return 1000 / profile["tps"] if profile.get("tps") else latency


def _by_record(recorded: Mapping[str, Any], place: int) -> float:
    delays: Sequence[float] = recorded.get("interChunkDelaysMs") or ()
    if place == 0:
        return float(recorded.get("ttftMs", 0))
    if place <= len(delays):
        return float(delays[place - 1])
    return sum(delays) / len(delays) if delays else 0.0
