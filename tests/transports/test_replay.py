"""Replaying: what was recorded is what the client gets again, by every kind of client."""

from __future__ import annotations

import gzip
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from tests.loopback import Answer, serve
from tests.transports.clients import KINDS, Kind, Outcome

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.clock import VirtualClock
from unspool.errors import RecordingEndedError, UnrecordedRequestError
from unspool.transports.replay import factor_of
from unspool.transports.transport import RecordTransport, ReplayTransport

# What httpx's own async generators say on trio when a client leaves early, live as well.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in. <async_generator object (BoundAsyncStream|Response)"
)

URL = "https://api.example.com/v1/chat"
SSE = (("content-type", "text/event-stream"),)
PIECES = [b"data: one\n\n", b"data: two\n\n", b"data: three\n\n"]


def interaction(
    *pieces: tuple[float, bytes], status: int = 200, headers: Any = SSE, **timeline: Any
) -> Interaction:
    chunks = tuple(NetworkChunk(len(data), at) for at, data in pieces)
    body = b"".join(data for _, data in pieces)
    times = {"headers_at": 0.0, **timeline}
    return Interaction(
        Request("POST", URL, (("content-type", "application/json"),), b'{"ask":"me"}'),
        Response(status, "OK", headers, body, Timeline(chunks, **times)),
    )


def replay(kind: Kind, one: Interaction, *, clock: VirtualClock | None = None, **options: Any) -> Outcome:
    ways = {name: options.pop(name) for name in ("read_timeout", "leave_after", "between") if name in options}
    if clock is not None:
        options["clock"] = clock
    return kind.read(URL, transport=ReplayTransport(Cassette.of([one]), **options), **ways)


ANSWERS = {
    "whole": Answer([*PIECES]),
    "json": Answer.json({"object": "list"}),
    "refused": Answer.json({"error": {"message": "slow down"}}, 429, {"retry-after": "7"}),
    "reset": Answer([PIECES[0], 0.05, PIECES[1], 0.05], ending="reset"),
    "cut off": Answer([PIECES[0], 0.05, PIECES[1], 0.05], ending="cut"),
    "stall": Answer([PIECES[0]], ending="stall"),
    "silent": Answer(ending="silent"),
    "cut inside a character": Answer(["data: 🧵\n\n".encode()[:8], 0.02, "data: 🧵\n\n".encode()[8:]]),
    "binary": Answer([bytes(range(256))], headers={"content-type": "application/octet-stream"}),
    "gzip": Answer(
        [gzip.compress(PIECES[0])], headers={"content-type": "text/event-stream", "content-encoding": "gzip"}
    ),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_replay_equals_its_recording(kind: Kind, name: str) -> None:
    cassette = Cassette(record_mode="all", record_failures=True)
    with serve({"/": ANSWERS[name]}) as server:
        url = f"{server.url}/"
        live = kind.read(url, transport=RecordTransport(kind.network, cassette), read_timeout=0.3)
    replayed = kind.read(url, transport=ReplayTransport(Cassette.of(cassette.interactions)))
    assert replayed.seen == live.seen
    assert replayed.http_version == live.http_version


@pytest.mark.parametrize("other", KINDS, ids=str)
def test_any_client_replays_what_any_other_recorded(kind: Kind, other: Kind) -> None:
    cassette = Cassette(record_mode="all")
    with serve({"/": ANSWERS["reset"]}) as server:
        url = f"{server.url}/"
        live = kind.read(url, transport=RecordTransport(kind.network, cassette))
    assert other.read(url, transport=ReplayTransport(Cassette.of(cassette.interactions))).seen == live.seen


# Time


def test_an_instant_replay_waits_for_nothing(kind: Kind) -> None:
    clock = VirtualClock()
    outcome = replay(kind, interaction((10.0, b"a"), (60.0, b"b"), ended_at=61.0), clock=clock)
    assert outcome.chunks == [b"a", b"b"]
    assert clock.elapsed == 0


def test_recorded_times_are_exact_in_virtual_time(kind: Kind) -> None:
    clock, seen = VirtualClock(), []
    one = interaction((1.5, b"a"), (1.5, b"b"), (4.25, b"c"), headers_at=0.5, ended_at=6.0)
    replay(kind, one, clock=clock, timing="recorded", between=lambda: seen.append(clock.elapsed))
    assert seen == [1.5, 1.5, 4.25]
    assert clock.elapsed == 6.0


def test_a_minute_takes_no_time_in_virtual_time(kind: Kind) -> None:
    pieces = [(second * 1.0, b"x") for second in range(60)]
    started = time.monotonic()
    replay(kind, interaction(*pieces), clock=VirtualClock(), timing="recorded")
    assert time.monotonic() - started < 20  # a third of the recorded time, on however busy a machine


def test_a_factor_stretches_the_times(kind: Kind) -> None:
    clock = VirtualClock()
    replay(kind, interaction((2.0, b"a"), ended_at=3.0), clock=clock, timing=0.5)
    assert clock.elapsed == 1.5


def test_recorded_times_are_kept_on_the_real_clock(kind: Kind) -> None:
    outcome = replay(kind, interaction((0.1, b"a"), (0.3, b"b")), timing="recorded")
    assert outcome.times[0] >= 0.1
    assert outcome.times[1] >= 0.3


def test_a_slow_client_finds_waiting_what_came_meanwhile(kind: Kind) -> None:
    clock = VirtualClock()
    one = interaction((1.0, b"a"), (2.0, b"b"), (3.0, b"c"), ended_at=3.0)
    replay(kind, one, clock=clock, timing="recorded", between=lambda: clock.advance(5.0))
    assert clock.elapsed == 16.0  # 1 second, and 5 after each chunk


def test_a_pause_beyond_the_clients_patience_is_its_read_timeout(kind: Kind) -> None:
    clock = VirtualClock()
    one = interaction((1.0, b"a"), (60.0, b"b"))
    outcome = replay(kind, one, clock=clock, timing="recorded", read_timeout=5.0)
    assert (outcome.chunks, outcome.error) == ([b"a"], "ReadTimeout")
    assert clock.elapsed == 6.0


def test_slow_headers_are_a_read_timeout_too(kind: Kind) -> None:
    clock = VirtualClock()
    outcome = replay(
        kind, interaction((9.0, b"a"), headers_at=9.0), clock=clock, timing="recorded", read_timeout=5.0
    )
    assert (outcome.status, outcome.error, clock.elapsed) == (0, "ReadTimeout", 5.0)


@pytest.mark.parametrize(("read_timeout", "error_at"), [(5.0, 6.01), (5.05, 6.01), (60.0, 6.01), (2.0, 3.0)])
def test_a_recorded_timeout_comes_when_it_came_unless_this_client_waits_less(
    kind: Kind, read_timeout: float, error_at: float
) -> None:
    clock = VirtualClock()
    timed_out = {"end": End.READ_TIMEOUT, "failure": Failure("ReadTimeout", "timed out"), "ended_at": 6.01}
    one = interaction((1.0, b"a"), **timed_out)
    outcome = replay(kind, one, clock=clock, timing="recorded", read_timeout=read_timeout)
    assert (outcome.chunks, outcome.error) == ([b"a"], "ReadTimeout")
    assert clock.elapsed == pytest.approx(error_at)


@pytest.mark.parametrize("timing", ["fast", -1, float("nan"), float("inf"), True, None])
def test_other_timings_are_refused(timing: Any) -> None:
    with pytest.raises(ValueError, match="expected timing 'instant', 'recorded' or a factor"):
        factor_of(timing)


# How it ends


@pytest.mark.parametrize(
    ("end", "type_", "error"),
    [
        (End.RESET, "ReadError", "ReadError"),
        (End.PROTOCOL_ERROR, "RemoteProtocolError", "RemoteProtocolError"),
        (End.READ_TIMEOUT, "ReadTimeout", "ReadTimeout"),
        (End.RESET, "ClientPayloadError", "ReadError"),  # recorded by another library: its nearest kin
        (End.READ_TIMEOUT, "ServerTimeoutError", "ReadTimeout"),
        (End.FAILED, "ClosedResourceError", "ReadError"),
        (End.FAILED, "Client", "ReadError"),  # a name of the library's that is no error
    ],
)
def test_an_error_comes_after_what_came_before_it(kind: Kind, end: End, type_: str, error: str) -> None:
    outcome = replay(kind, interaction((0.0, b"a"), end=end, failure=Failure(type_, "gone")))
    assert (outcome.chunks, outcome.error) == ([b"a"], error)


def test_no_answer_is_the_error_that_came_instead(kind: Kind) -> None:
    one = interaction(
        status=NO_RESPONSE, headers_at=None, end=End.RESET, failure=Failure("ConnectError", "no")
    )
    assert replay(kind, one).error == "ConnectError"


def test_an_answer_that_was_not_waited_for_is_a_read_timeout(kind: Kind) -> None:
    one = interaction(status=NO_RESPONSE, headers_at=None, end=End.CLOSED, ended_at=2.0)
    assert replay(kind, one).error == "ReadTimeout"


def test_a_client_that_leaves_where_the_recorded_one_left_sees_no_difference(kind: Kind) -> None:
    outcome = replay(kind, interaction((0.0, b"a"), (0.1, b"b"), end=End.CLOSED), leave_after=2)
    assert (outcome.chunks, outcome.error) == ([b"a", b"b"], None)


@pytest.mark.parametrize("end", [End.CLOSED, End.LIMIT])
def test_a_client_that_reads_on_is_told_that_the_recording_stops(kind: Kind, end: End) -> None:
    cassette = Cassette.of([interaction((0.0, b"a"), end=end)])
    outcome = kind.read(URL, transport=ReplayTransport(cassette))
    assert (outcome.chunks, outcome.error) == ([b"a"], "RecordingEndedError")
    assert [type(miss) for miss in cassette.misses] == [RecordingEndedError]


@pytest.mark.parametrize("headers", [SSE, (("content-length", "14"),)])
def test_after_a_goodbye_there_is_nothing_to_read_on_for(kind: Kind, headers: Any) -> None:
    outcome = replay(kind, interaction((0.0, b"data: [DONE]\n\n"), headers=headers, end=End.CLOSED))
    assert outcome.error is None


# Whole


def test_an_edited_body_comes_in_a_piece_per_event(kind: Kind) -> None:
    one = interaction((0.0, b"data: one\n\ndata: two\n\n"))
    edited = replace(one, response=replace(one.response, body=b"".join(PIECES)))
    assert replay(kind, edited).chunks == PIECES


def test_a_version_that_is_not_ascii_is_replayed_without_it(kind: Kind) -> None:
    one = interaction((0.0, PIECES[0]))
    assert one.response.timeline is not None
    timeline = replace(one.response.timeline, http_version="HTTP/\xb2")
    edited = replace(one, response=replace(one.response, timeline=timeline))
    assert replay(kind, edited).http_version == "HTTP/?"


def test_what_would_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    with pytest.raises(ValueError, match="records nothing: expected record_mode='none'"):
        ReplayTransport(Cassette(path, record_mode="once"))
    assert not path.exists()


def test_a_cassette_that_is_there_records_nothing_once(tmp_path: Path) -> None:
    path = tmp_path / "there.yaml"
    Cassette.of([interaction()]).save(path)
    for cassette in (Cassette(path, record_mode="once"), Cassette.load(path, record_mode="once")):
        assert not ReplayTransport(cassette).cassette.is_recording


@pytest.mark.parametrize("family", [httpx, httpx2])
@pytest.mark.parametrize("sent", [b"caf\xe9", "caf\xe9 \u6f22".encode()])
def test_headers_that_are_not_ascii_come_as_the_client_read_them(family: Any, sent: bytes) -> None:
    answer = Answer(PIECES, headers={"location": sent.decode("latin-1")})
    cassette = Cassette(record_mode="all")
    with serve({"/": answer}) as server:
        with family.Client(transport=RecordTransport(family.HTTPTransport(), cassette)) as client:
            live = client.get(f"{server.url}/").headers["location"]
        with family.Client(transport=ReplayTransport(Cassette.of(cassette.interactions))) as client:
            assert client.get(f"{server.url}/").headers["location"] == live


@pytest.mark.parametrize("family", [httpx, httpx2])
@pytest.mark.parametrize(
    ("timeline", "reason"),
    [(Timeline(), ""), (Timeline(http_version="HTTP/2"), "OK"), (None, "OK")],
    ids=["HTTP/1.1", "HTTP/2", "another recorder's"],
)
def test_a_status_line_without_a_text_stays_without(family: Any, timeline: Any, reason: str) -> None:
    one = replace(interaction(), response=Response(200, "", SSE, PIECES[0], timeline))
    with family.Client(transport=ReplayTransport(Cassette.of([one]))) as client:
        assert client.post(URL, json={"ask": "me"}).reason_phrase == reason


def test_headers_that_came_twice_come_twice(kind: Kind) -> None:
    one = interaction(headers=(("set-cookie", "a=1"), ("set-cookie", "b=2")))
    transport = ReplayTransport(Cassette.of([one]))
    if kind.way == "sync":
        with kind.family.Client(transport=transport) as client:
            response = client.post(URL, json={"ask": "me"})
        assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    else:

        async def ask() -> Any:
            async with kind.family.AsyncClient(transport=transport) as client:
                return await client.post(URL, json={"ask": "me"})

        response = anyio.run(ask, backend=kind.way)
        assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert response.reason_phrase == "OK"


def test_a_miss_says_what_differs(kind: Kind) -> None:
    cassette = Cassette.of([interaction((0.0, b"a"))])
    outcome = kind.read(URL, transport=ReplayTransport(cassette), json={"ask": "you"})
    assert outcome.error == "UnrecordedRequestError"
    (miss,) = cassette.misses
    assert isinstance(miss, UnrecordedRequestError)
    assert "body.ask" in str(miss)


def test_a_recording_answers_once(kind: Kind) -> None:
    transport = ReplayTransport(Cassette.of([interaction((0.0, b"a"))]))
    assert kind.read(URL, transport=transport).error is None
    assert kind.read(URL, transport=transport).error == "UnrecordedRequestError"


def test_a_recording_answers_again_if_it_may(kind: Kind) -> None:
    transport = ReplayTransport(Cassette.of([interaction((0.0, b"a"))], allow_playback_repeats=True))
    assert [kind.read(URL, transport=transport).chunks for _ in range(3)] == [[b"a"]] * 3
