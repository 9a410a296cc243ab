"""Clients other than httpx: recorded, replayed and broken piece by piece, each in its own cassette."""

from __future__ import annotations

import asyncio
import base64
import http.client
import threading
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import aiohttp
import botocore.session
import pytest
import requests
import urllib3
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import End
from unspool.clock import VirtualClock
from unspool.errors import FaultError, UnrecordedRequestError
from unspool.faults import Break, Cut, Fault, Rechunk, Refuse, Stall, Status
from unspool.transports.use_cassette import use_cassette
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent

TEXT = "data: 🧵\n\ndata: [DONE]\n\n"
ANSWER = Answer([TEXT.encode()[:8], TEXT.encode()[8:]])


def by_requests(url: str) -> str:
    response = requests.post(url, json={"ask": "me"}, timeout=5)
    response.encoding = "utf-8"
    return response.text


def by_urllib3(url: str) -> str:
    with urllib3.PoolManager() as pool:
        return pool.request("POST", url, json={"ask": "me"}).data.decode()


def by_urllib(url: str) -> str:
    with urllib.request.urlopen(url, data=b'{"ask":"me"}', timeout=5) as response:
        text: str = response.read().decode()
        return text


def by_http_client(url: str) -> str:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=5)
    connection.request("POST", f"/{path}", b'{"ask":"me"}')
    try:
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def by_aiohttp(url: str) -> str:
    async def ask() -> str:
        async with aiohttp.ClientSession() as session, session.post(url, json={"ask": "me"}) as response:
            return b"".join([data async for data in response.content.iter_any()]).decode()

    return asyncio.run(ask())


CLIENTS = [by_requests, by_urllib3, by_urllib, by_http_client, by_aiohttp]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "other.yaml"


@pytest.mark.parametrize("ask", CLIENTS)
def test_another_client_is_recorded_and_replayed(ask: Callable[[str], str], path: Path) -> None:
    with serve({"/": ANSWER}) as server:
        url = f"{server.url}/"
        with use_cassette(path):
            live = ask(url)
    with use_cassette(path, require_all_played=True):
        assert ask(url) == live == TEXT


@pytest.mark.parametrize("ask", CLIENTS)
def test_what_is_not_recorded_goes_nowhere(ask: Callable[[str], str], path: Path) -> None:
    with serve({"/": ANSWER}) as server:
        with pytest.raises(UnrecordedRequestError), use_cassette(path, record_mode="none"):
            ask(f"{server.url}/")
        assert not server.requests


BROKEN = [
    (by_requests, (requests.exceptions.ChunkedEncodingError, requests.ConnectionError)),
    (by_urllib3, urllib3.exceptions.ProtocolError),
    (by_aiohttp, aiohttp.ClientPayloadError),
]


@pytest.mark.parametrize("place", ["/cut", "/reset"])
@pytest.mark.parametrize(("ask", "error"), BROKEN)
def test_an_error_is_replayed_as_one_of_its_kind(
    ask: Callable[[str], str], place: str, error: Any, path: Path
) -> None:
    answers = {"/cut": Answer([TEXT.encode()], ending="cut"), "/reset": Answer(ending="reset")}
    with serve(answers) as server, use_cassette(path), pytest.raises(error):
        ask(f"{server.url}{place}")
    with use_cassette(path, record_mode="none", require_all_played=True), pytest.raises(error):
        ask(f"{server.url}{place}")


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_broken_answer_is_recorded_as_far_as_it_arrived(ask: Callable[[str], str], path: Path) -> None:
    begun = TEXT.encode()[:7]
    with (
        serve({"/cut": Answer([begun], ending="cut")}) as server,
        use_cassette(path),
        pytest.raises(Exception),  # noqa: B017, PT011 - each client's own
    ):
        ask(f"{server.url}/cut")
    (recorded,) = Cassette.load(path).interactions
    assert (recorded.response.status, recorded.response.body) == (200, begun)
    assert recorded.response.timeline is not None
    assert recorded.response.timeline.failure is not None


@pytest.mark.parametrize("ask", [by_requests, by_urllib3, by_aiohttp])
def test_a_name_that_nobody_knows_is_replayed_over_tls(ask: Callable[[str], str], path: Path) -> None:
    with serve({"/": ANSWER}) as server, use_cassette(path):
        ask(f"{server.url}/")
        here = server.url
    text = path.read_text().replace(f"{here}/", "https://api.example.invalid/v1/chat")
    path.write_text(text.replace(here.removeprefix("http://"), "api.example.invalid"))
    with use_cassette(path):
        assert ask("https://api.example.invalid/v1/chat") == TEXT


def test_threads_do_not_mix(tmp_path: Path) -> None:
    def work(name: int) -> None:
        with use_cassette(tmp_path / f"{name}.yaml"):
            for turn in range(3):
                requests.post(f"{url}/", json=[name, turn], timeout=5)

    with serve({"/": ANSWER}) as server:
        url = server.url
        threads = [threading.Thread(target=work, args=[name]) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for name in range(4):
        recorded = Cassette.load(tmp_path / f"{name}.yaml").interactions
        assert [one.request.body for one in recorded] == [b"[%d, %d]" % (name, turn) for turn in range(3)]


def test_botocore_reads_a_replayed_event_stream(path: Path) -> None:
    said = [f'{{"bytes":"{base64.b64encode(text).decode()}"}}' for text in (b"Hel", b"lo")]
    frames = [encode_aws(WireEvent("chunk", data)) for data in said]
    session = botocore.session.Session()
    session.set_credentials("AKIDEXAMPLE", "secret")

    def ask(url: str) -> list[str]:
        client = session.create_client("bedrock-runtime", region_name="us-east-1", endpoint_url=url)
        answer = client.invoke_model_with_response_stream(modelId="m", body=b"{}")
        return [event["chunk"]["bytes"].decode() for event in answer["body"] if "chunk" in event]

    headers = {"content-type": "application/vnd.amazon.eventstream"}
    with serve({"/model/m/invoke-with-response-stream": Answer(frames, headers=headers)}) as server:
        url = server.url
        with use_cassette(path):
            live = ask(url)
    (recorded,) = Cassette.load(path).interactions
    assert [event.data for event in AWSEventStreamDecoder().feed(recorded.response.body)] == said
    with use_cassette(path):
        assert ask(url) == live == ["Hel", "lo"]


def test_afterwards_the_real_classes_are_back(path: Path) -> None:
    before = (http.client.HTTPConnection, urllib3.connectionpool.HTTPConnectionPool.ConnectionCls)
    connect = aiohttp.BaseConnector.connect
    with use_cassette(path):
        assert http.client.HTTPConnection is not before[0]
    assert before == (http.client.HTTPConnection, urllib3.connectionpool.HTTPConnectionPool.ConnectionCls)
    assert aiohttp.BaseConnector.connect is connect


# Piece by piece


def pieces_of_requests(url: str, timeout: float = 5.0) -> list[bytes]:
    with requests.post(url, timeout=timeout, stream=True) as response:
        return list(response.iter_content(None))


def pieces_of_urllib3(url: str, timeout: float = 5.0) -> list[bytes]:
    with urllib3.PoolManager() as pool:
        response = pool.request("POST", url, preload_content=False, timeout=timeout, retries=False)
        return list(response.stream(None))


def pieces_of_http_client(url: str, timeout: float = 5.0) -> list[bytes]:
    host, _, path = url.removeprefix("http://").partition("/")
    connection = http.client.HTTPConnection(host, timeout=timeout)
    connection.request("POST", f"/{path}")
    with closing(connection), connection.getresponse() as response:
        return list(iter(lambda: response.read1(999), b""))


def pieces_of_aiohttp(url: str, timeout: float = 5.0) -> list[bytes]:
    async def ask() -> list[bytes]:
        patience = aiohttp.ClientTimeout(sock_read=timeout)
        async with aiohttp.ClientSession(timeout=patience) as session, session.post(url) as response:
            return [data async for data in response.content.iter_any()]

    return asyncio.run(ask())


STREAMING = [pieces_of_requests, pieces_of_urllib3, pieces_of_http_client, pieces_of_aiohttp]
PIECES = [b"data: one\n\n", b"data: two\n\n", b"data: [DONE]\n\n"]


def recorded(path: Path, ask: Callable[[str], Any] = pieces_of_requests, *pauses: float) -> str:
    """Record `PIECES`, with a pause before each but the first; returns their URL."""
    pieces: list[bytes | float] = [PIECES[0]]
    for number, piece in enumerate(PIECES[1:]):
        pieces += [pauses[number] if pauses else 0.05, piece]
    with serve({"/": Answer(pieces)}) as server:
        with use_cassette(path):
            assert ask(f"{server.url}/") == PIECES
        return f"{server.url}/"


@pytest.mark.parametrize("ask", STREAMING)
def test_pieces_are_recorded_at_their_moments_and_replayed(
    ask: Callable[[str], list[bytes]], path: Path
) -> None:
    url = recorded(path, ask, 0.2, 0.2)
    (one,) = Cassette.load(path).interactions
    assert one.response.timeline is not None
    assert [chunk.size for chunk in one.response.timeline.chunks] == [len(piece) for piece in PIECES]
    assert one.response.timeline.chunks[-1].at - one.response.timeline.chunks[0].at >= 0.35
    assert one.response.timeline.end is End.COMPLETE
    clock = VirtualClock()
    with use_cassette(path, timing="recorded", clock=clock, require_all_played=True):
        assert ask(url) == PIECES
    assert clock.elapsed >= 0.35


@pytest.mark.parametrize("ask", STREAMING)
def test_other_pieces_reach_the_client(ask: Callable[[str], list[bytes]], path: Path) -> None:
    url = recorded(path)
    with use_cassette(path, fault=Rechunk(7)):
        body = b"".join(PIECES)
        assert ask(url) == [body[start : start + 7] for start in range(0, len(body), 7)]


LOST = {
    pieces_of_requests: requests.exceptions.ChunkedEncodingError,
    pieces_of_urllib3: urllib3.exceptions.ProtocolError,
    pieces_of_http_client: (http.client.IncompleteRead, ConnectionResetError),
    pieces_of_aiohttp: aiohttp.ClientPayloadError,
}
TIMED_OUT = {
    pieces_of_requests: requests.ConnectionError,  # its words for a read timeout inside a body
    pieces_of_urllib3: urllib3.exceptions.ReadTimeoutError,
    pieces_of_http_client: TimeoutError,
    pieces_of_aiohttp: aiohttp.SocketTimeoutError,
}


@pytest.mark.parametrize("fault", [Break(1), Cut(16, "reset"), Cut(16, "protocol_error")], ids=repr)
@pytest.mark.parametrize("ask", STREAMING)
def test_a_connection_lost_in_mid_stream_reaches_the_client(
    ask: Callable[[str], list[bytes]], fault: Fault, path: Path
) -> None:
    url = recorded(path)
    with use_cassette(path, fault=fault), pytest.raises(LOST[ask]):
        ask(url)


@pytest.mark.parametrize("ask", STREAMING)
def test_a_stall_runs_into_the_clients_read_timeout(ask: Callable[[str], list[bytes]], path: Path) -> None:
    url, clock = recorded(path), VirtualClock()
    with use_cassette(path, fault=Stall(1, 60.0), clock=clock), pytest.raises(TIMED_OUT[ask]):
        ask(url)
    assert 5 <= clock.elapsed < 60


@pytest.mark.parametrize("ask", STREAMING)
def test_a_patient_client_sits_a_stall_out(ask: Callable[[str], list[bytes]], path: Path) -> None:
    url, clock = recorded(path), VirtualClock()
    with use_cassette(path, fault=Stall(1, 60.0), clock=clock):
        assert ask(url, 90.0) == PIECES  # type: ignore[call-arg]
    assert clock.elapsed >= 60


@pytest.mark.parametrize("ask", [by_requests, by_urllib3, by_aiohttp])
def test_what_a_fault_makes_of_an_answer_reaches_the_client(ask: Callable[[str], str], path: Path) -> None:
    with serve({"/": ANSWER}) as server, use_cassette(path):
        ask(f"{server.url}/")
        url = f"{server.url}/"
    with use_cassette(path, fault=Status(503).on(1) | Cut(6).on(2), require_all_played=True):
        assert "error" in ask(url)
        assert ask(url) == "data: "
        assert ask(url) == TEXT


def test_a_refused_request_leaves_its_recording_for_the_retry(path: Path) -> None:
    url = recorded(path)
    with use_cassette(path, fault=Refuse().on(1), require_all_played=True):
        with pytest.raises(requests.ConnectionError):
            pieces_of_requests(url)
        assert pieces_of_requests(url) == PIECES


@pytest.mark.parametrize("ask", STREAMING)
def test_a_fault_that_finds_nothing_to_break_is_raised_to_the_client(
    ask: Callable[[str], list[bytes]], path: Path
) -> None:
    url = recorded(path)
    with (
        pytest.raises(FaultError, match="needs 10 network chunks"),  # also where its library swallows it
        use_cassette(path, fault=Break(9).on(1)),
        pytest.raises((FaultError, http.client.IncompleteRead)),
    ):
        ask(url)


def test_a_client_that_leaves_is_recorded_as_one_that_left(path: Path) -> None:
    with (
        serve({"/": Answer([PIECES[0], 0.3, *PIECES[1:]])}) as server,
        use_cassette(path),
        requests.post(f"{server.url}/", timeout=5, stream=True) as response,
    ):
        assert next(response.iter_content(None)) == PIECES[0]
    (one,) = Cassette.load(path).interactions
    assert one.response.timeline is not None
    assert (one.response.body, one.response.timeline.end) == (PIECES[0], End.CLOSED)


def test_a_client_of_aiohttp_that_leaves_is_recorded_as_one_that_left(path: Path) -> None:
    async def leave(url: str) -> None:
        async with aiohttp.ClientSession() as session, session.post(url) as response:
            assert await response.content.readany() == PIECES[0]

    with serve({"/": Answer([PIECES[0], 0.3, *PIECES[1:]])}) as server, use_cassette(path):
        asyncio.run(leave(f"{server.url}/"))
    (one,) = Cassette.load(path).interactions
    assert one.response.timeline is not None
    assert (one.response.body, one.response.timeline.end) == (PIECES[0], End.CLOSED)


def test_a_pool_gets_its_connection_back_and_keeps_no_stub(path: Path) -> None:
    url = recorded(path, pieces_of_urllib3)
    with urllib3.PoolManager() as pool:
        with use_cassette(path):
            late = pool.request("POST", url, preload_content=False)
        assert b"".join(late.stream(None)) == b"".join(PIECES)
        late.release_conn()
        host = pool.connection_from_url(url)
        assert not any(hasattr(one, "real_connection") for one in host.pool.queue)  # type: ignore[union-attr]


def test_requests_reads_with_its_read_timeout_while_recording(path: Path) -> None:
    with serve({"/": Answer([PIECES[0], 1.0, *PIECES[1:]])}) as server, use_cassette(path):
        response = requests.post(f"{server.url}/", timeout=(0.3, 5))
        assert response.content == b"".join(PIECES)
