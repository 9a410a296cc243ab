"""A recording proxy between a client and an upstream on this machine."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from tests import loopback
from tests.loopback import Answer, Loopback
from tests.loopback_h2 import LoopbackH2
from tests.server.conftest import Wire, http

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import End, Interaction
from unspool.server.forwarding import Recorder
from unspool.server.serving import Server, running
from unspool.server.sources import MATCH_ON
from unspool.server.upstreams import Upstreams

PATH = "/v1/chat/completions"
FIRST, SECOND, DONE = b'data: {"a": "\xf0\x9f', b'\x98\x80"}\n\n', b"data: [DONE]\n\n"
KEY = "sk-proj-1234567890abcdefghijklmnopqrstuv"


@contextmanager
def recording(
    upstream: str, cassette: Cassette | None = None, token: str | None = None
) -> Iterator[tuple[Server, Cassette]]:
    """A proxy in front of an upstream."""
    cassette = Cassette(record_mode="all", match_on=MATCH_ON) if cassette is None else cassette
    recorder = Recorder(cassette, Upstreams({"": upstream}, {}))
    with running(Server(recorder, on_stop=recorder.aclose, token=token)) as server:
        yield server, cassette


def recorded(cassette: Cassette) -> Interaction:
    """The only recording, once it has ended."""
    for _ in range(500):
        if cassette.recorded and cassette.recorded[0].response.timeline is not None:
            break
        time.sleep(0.01)
    (one,) = cassette.recorded
    return one


def ends(cassette: Cassette) -> tuple[End | None, str | None]:
    timeline = recorded(cassette).response.timeline
    if timeline is None:
        return None, None
    return timeline.end, None if timeline.failure is None else timeline.failure.type


def ask(server: Server, *, headers: dict[str, str] | None = None, body: bytes = b"{}") -> httpx.Response:
    return httpx.post(server.url + PATH, content=body, headers=headers, timeout=20)


def test_a_stream_passes_and_is_recorded_in_its_network_chunks() -> None:
    with (
        loopback.serve({PATH: Answer([FIRST, 0.05, SECOND, 0.05, DONE])}) as upstream,
        recording(upstream.url) as (server, cassette),
    ):
        response = ask(server)

    assert response.content == FIRST + SECOND + DONE
    one = recorded(cassette)
    assert one.request.uri == upstream.url + PATH
    timeline = one.response.timeline
    assert timeline is not None
    assert [chunk.size for chunk in timeline.chunks] == [len(FIRST), len(SECOND), len(DONE)]
    assert timeline.chunks[1].at >= 0.05
    assert timeline.end is End.COMPLETE


def test_the_first_chunk_passes_before_the_second_has_come(wire_to: Callable[[str], Wire]) -> None:
    with (
        loopback.serve({PATH: Answer([FIRST], ending="stall")}) as upstream,
        recording(upstream.url) as (server, _),
    ):
        one = wire_to(server.url)
        one.send(http(b"{}", target=PATH))
        assert one.until(FIRST + b"\r\n").endswith(FIRST + b"\r\n")


def test_the_client_s_key_reaches_the_upstream_and_no_recording() -> None:
    with (
        loopback.serve({PATH: Answer([b"data: your key is " + KEY.encode() + b"\n\n", DONE])}) as upstream,
        recording(upstream.url) as (server, cassette),
    ):
        ask(server, headers={"authorization": f"Bearer {KEY}"})
        sent = upstream.requests[0].headers

    assert sent["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(recorded(cassette))


def test_headers_of_the_connection_stay_behind() -> None:
    with (
        loopback.serve({PATH: Answer([DONE])}) as upstream,
        recording(upstream.url, token="open-sesame") as (server, _),
    ):
        refused = ask(server)
        ask(
            server,
            headers={"x-unspool-token": "open-sesame", "connection": "x-mine", "x-mine": "1", "x-too": "1"},
        )
        sent = upstream.requests[0].headers

    assert refused.status_code == 401
    assert len(upstream.requests) == 1
    assert sent["host"] == upstream.url.removeprefix("http://")
    assert "x-unspool-token" not in sent
    assert "x-mine" not in sent
    assert sent["x-too"] == "1"


def test_a_compressed_body_stays_compressed() -> None:
    body = gzip.compress(b'{"a": 1}')
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    with (
        loopback.serve({PATH: Answer([body], headers=headers)}) as upstream,
        recording(upstream.url) as (server, cassette),
    ):
        response = ask(server)

    assert response.json() == {"a": 1}
    assert recorded(cassette).response.body == body


@pytest.mark.parametrize(
    ("ending", "end", "failure"),
    [("reset", End.RESET, "ReadError"), ("cut", End.PROTOCOL_ERROR, "RemoteProtocolError")],
)
def test_a_broken_stream_breaks_for_the_client_too(ending: str, end: End, failure: str) -> None:
    with (
        loopback.serve({PATH: Answer([FIRST, 0.05], ending=ending)}) as upstream,  # type: ignore[arg-type]
        recording(upstream.url) as (server, cassette),
        pytest.raises(httpx.TransportError) as raised,
    ):
        ask(server)

    assert type(raised.value).__name__ == failure
    assert ends(cassette) == (end, failure)


def test_an_upstream_may_speak_http_2() -> None:
    upstream = LoopbackH2([FIRST, 0.05, SECOND, DONE])
    cassette = Cassette(record_mode="all", match_on=MATCH_ON)
    made = partial(httpx.AsyncClient, http1=False, http2=True)  # without TLS nothing is negotiated
    recorder = Recorder(cassette, Upstreams({"": upstream.url}, {}), made)
    with closing(upstream), running(Server(recorder, on_stop=recorder.aclose)) as server:
        assert ask(server).content == FIRST + SECOND + DONE

    timeline = recorded(cassette).response.timeline
    assert timeline is not None
    assert timeline.http_version == "HTTP/2"
    assert timeline.chunks[0].size == len(FIRST)


def test_an_upstream_that_can_t_be_reached_is_502() -> None:
    with loopback.serve({}) as gone:
        url = gone.url
    with recording(url) as (server, cassette):
        response = ask(server)
        entry = server.app.journal.entries[0]

    assert response.status_code == 502
    assert "can't be reached" in response.json()["error"]["message"]
    assert entry.outcome == "refused"
    assert cassette.recorded == []


def test_a_client_that_leaves_makes_the_proxy_leave(wire_to: Callable[[str], Wire]) -> None:
    with (
        loopback.serve({PATH: Answer([FIRST], ending="stall")}) as upstream,
        recording(upstream.url) as (server, cassette),
    ):
        one = wire_to(server.url)
        one.send(http(b"{}", target=PATH))
        one.until(FIRST + b"\r\n")
        one.close()
        assert upstream.client_left.wait(20)

    assert ends(cassette) == (End.CLOSED, None)


def test_what_a_client_leaves_after_the_end_mark_is_recorded(
    wire_to: Callable[[str], Wire],
) -> None:
    with (
        loopback.serve({PATH: Answer([FIRST, SECOND, DONE, 0.2])}) as upstream,
        recording(upstream.url) as (server, cassette),
    ):
        one = wire_to(server.url)
        one.send(http(b"{}", target=PATH))
        one.until(DONE + b"\r\n")
        one.close()
        time.sleep(0.5)

    assert ends(cassette) == (End.COMPLETE, None)


def test_it_is_no_open_proxy(wire_to: Callable[[str], Wire]) -> None:
    with loopback.serve({PATH: Answer([DONE])}) as upstream, recording(upstream.url) as (server, _):
        one = wire_to(server.url)
        one.send(http(b"{}", "Connection: close", target="http://example.com" + PATH))
        response = one.rest()
        assert upstream.requests == []

    assert response.startswith(b"HTTP/1.1 404")
    assert b"requests go to the providers' own servers only" in response


def test_a_recorded_request_is_answered_by_the_cassette(tmp_path: Path) -> None:
    path = tmp_path / "chat.yaml"
    for _ in range(2):
        cassette = Cassette(path, record_mode="once", match_on=MATCH_ON)
        with (
            loopback.serve({PATH: Answer([FIRST, SECOND, DONE])}) as upstream,
            recording(upstream.url, cassette) as (server, _),
        ):
            assert ask(server).content == FIRST + SECOND + DONE
            asked = len(upstream.requests)
        cassette.close()

    assert asked == 0


def test_a_complete_cassette_records_nothing_new(tmp_path: Path, upstream: Loopback) -> None:
    path = tmp_path / "chat.yaml"
    with recording(upstream.url, Cassette(path, record_mode="once", match_on=MATCH_ON)) as (server, cassette):
        ask(server)
    cassette.close()
    with recording(upstream.url, Cassette(path, record_mode="once", match_on=MATCH_ON)) as (server, _):
        response = ask(server, body=b'{"other": 1}')

    assert response.status_code == 404
    assert response.json()["error"]["type"] == "unspool_miss"


@pytest.fixture
def upstream() -> Iterator[Loopback]:
    with loopback.serve({PATH: Answer([FIRST, SECOND, DONE])}) as server:
        yield server


@pytest.fixture
def wire_to() -> Iterator[Callable[[str], Wire]]:
    made: list[Wire] = []

    def connect(url: str) -> Wire:
        made.append(Wire(url))
        return made[-1]

    yield connect
    for one in made:
        one.close()
