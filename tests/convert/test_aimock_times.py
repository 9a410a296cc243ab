from __future__ import annotations

from typing import Any

import pytest

from unspool.cassette.model import NO_RESPONSE, End, Response
from unspool.convert.aimock_times import timed

EVENTS = [b"a", b"bb", b"ccc"]
HEADERS = (("content-type", "text/event-stream"),)


def answered(**fixture: Any) -> Response:
    return timed(fixture, HEADERS, EVENTS, b"done")


def moments(**fixture: Any) -> list[float]:
    timeline = answered(**fixture).timeline
    assert timeline is not None
    return [chunk.at for chunk in timeline.chunks]


def test_a_fixture_that_tells_no_times_has_no_timeline() -> None:
    assert answered() == Response(200, "OK", HEADERS, b"abbcccdone")


def test_a_latency_is_waited_before_each_chunk_but_the_last() -> None:
    assert moments(latency=100) == [0.1, 0.2, 0.3, 0.3]


def test_a_profile_has_a_first_pause_and_a_rate() -> None:
    assert moments(streamingProfile={"ttft": 200, "tps": 40}) == [0.2, 0.225, 0.25, 0.25]


def test_a_profile_without_a_first_pause_keeps_its_rate_from_the_start() -> None:
    assert moments(streamingProfile={"tps": 10}) == [0.1, 0.2, 0.3, 0.3]


def test_a_profile_without_a_rate_leaves_the_rest_to_the_latency() -> None:
    assert moments(streamingProfile={"ttft": 500}, latency=10) == [0.5, 0.51, 0.52, 0.52]


def test_recorded_pauses_are_taken_one_by_one_and_then_on_average() -> None:
    assert moments(recordedTimings={"ttftMs": 50, "interChunkDelaysMs": [30]}) == [0.05, 0.08, 0.11, 0.11]


def test_recorded_times_may_hold_the_first_pause_only() -> None:
    assert moments(recordedTimings={"ttftMs": 50}) == [0.05, 0.05, 0.05, 0.05]


def test_a_speed_shortens_every_pause() -> None:
    assert moments(latency=100, replaySpeed=4) == [0.025, 0.05, 0.075, 0.075]


def test_a_negative_pause_is_none() -> None:
    assert moments(recordedTimings={"ttftMs": -5}) == [0.0, 0.0, 0.0, 0.0]


def test_a_whole_answer_ends_with_its_last_chunk() -> None:
    timeline = answered(latency=100).timeline

    assert timeline is not None
    assert (timeline.headers_at, timeline.ended_at, timeline.end) == (0.1, 0.3, End.COMPLETE)
    assert timeline.failure is None


def test_a_truncated_answer_breaks_off_after_so_many_chunks() -> None:
    response = answered(latency=100, truncateAfterChunks=2)

    assert response.body == b"abb"
    assert response.timeline is not None
    assert (response.timeline.end, response.timeline.ended_at) == (End.PROTOCOL_ERROR, 0.2)
    assert response.timeline.failure is not None
    assert response.timeline.failure.type == "RemoteProtocolError"


@pytest.mark.parametrize(("limit", "body"), [(0, b"a"), (3, b"abbccc"), (4, b"abbcccdone")])
def test_the_last_chunk_is_not_counted(limit: int, body: bytes) -> None:
    assert answered(truncateAfterChunks=limit).body == body


def test_a_connection_lost_after_a_while_keeps_what_had_come() -> None:
    response = answered(latency=100, disconnectAfterMs=250)

    assert response.body == b"abb"
    assert response.timeline is not None
    assert (response.timeline.end, response.timeline.ended_at) == (End.PROTOCOL_ERROR, 0.25)


def test_a_connection_lost_later_than_the_end_is_none() -> None:
    assert answered(latency=100, disconnectAfterMs=300).body == b"abbcccdone"


def test_a_connection_lost_before_the_first_chunk_brings_no_answer() -> None:
    response = answered(latency=100, disconnectAfterMs=50)

    assert (response.status, response.headers, response.body) == (NO_RESPONSE, (), b"")
    assert response.timeline is not None
    assert (response.timeline.headers_at, response.timeline.ended_at) == (None, 0.05)
    assert response.timeline.failure is not None
    assert response.timeline.failure.message == "Server disconnected without sending a response."
