"""Clients other than httpx: recorded and replayed by vcrpy's stubs, each in the cassette where it's used."""

from __future__ import annotations

import asyncio
import base64
import http.client
import threading
import urllib.request
from collections.abc import Callable
from pathlib import Path

import aiohttp
import botocore.session
import pytest
import requests
import urllib3
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
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
    (by_requests, requests.ConnectionError),
    (by_urllib3, urllib3.exceptions.ProtocolError),
    (by_aiohttp, aiohttp.ClientPayloadError),
]


@pytest.mark.parametrize("place", ["/cut", "/reset"])
@pytest.mark.parametrize(("ask", "error"), BROKEN)
def test_an_error_is_replayed_as_one_of_its_kind(
    ask: Callable[[str], str], place: str, error: type[Exception], path: Path
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
    request = aiohttp.ClientSession._request
    with use_cassette(path):
        assert http.client.HTTPConnection is not before[0]
    assert before == (http.client.HTTPConnection, urllib3.connectionpool.HTTPConnectionPool.ConnectionCls)
    assert aiohttp.ClientSession._request is request


# Faults: such a client is given bodies whole


def recorded_by(ask: Callable[[str], str], path: Path) -> str:
    with serve({"/": ANSWER}) as server, use_cassette(path):
        ask(f"{server.url}/")
        return f"{server.url}/"


@pytest.mark.parametrize("ask", [by_requests, by_urllib3, by_aiohttp])
def test_what_a_fault_makes_of_a_whole_answer_reaches_the_client(
    ask: Callable[[str], str], path: Path
) -> None:
    url = recorded_by(ask, path)
    with use_cassette(path, fault=Status(503).on(1) | Cut(6).on(2), require_all_played=True):
        assert "error" in ask(url)
        assert ask(url) == "data: "
        assert ask(url) == TEXT


def test_a_refused_request_leaves_its_recording_for_the_retry(path: Path) -> None:
    url = recorded_by(by_requests, path)
    with use_cassette(path, fault=Refuse().on(1), require_all_played=True):
        with pytest.raises(requests.ConnectionError):
            by_requests(url)
        assert by_requests(url) == TEXT


@pytest.mark.parametrize("fault", [Break(0), Rechunk(3), Stall(0, 60.0), Cut(8, "reset")], ids=repr)
@pytest.mark.parametrize("ask", [by_requests, by_aiohttp])
def test_what_such_a_client_cannot_be_shown_is_an_error(
    ask: Callable[[str], str], fault: Fault, path: Path
) -> None:
    url = recorded_by(ask, path)
    with pytest.raises(FaultError, match="can't be shown to this client"), use_cassette(path, fault=fault):
        ask(url)
