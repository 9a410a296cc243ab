"""What clients of vcrpy's stubs show beside status and body: a recorded response and its replay are equal."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import requests
import tornado.httpclient
import urllib3
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
from unspool.transports.use_cassette import use_cassette

TEXT = b"data: rain\n\n" * 9
PACKED = gzip.compress(TEXT)


def redirect(to: str, status: int) -> Answer:
    return Answer([b"moved"], status, {"location": to, "content-type": "text/plain"})


ANSWERS = {
    "/packed": Answer([PACKED], headers={"content-type": "text/plain", "content-encoding": "gzip"}),
    "/refused": Answer.json({"error": "no"}, 403),
    "/end": Answer([TEXT]),
    **{f"/{status}": redirect("/302-303", status) for status in (301, 302, 303, 307, 308)},
    "/302-303": redirect("/end", 302),
}


def by_requests(method: str, url: str) -> Any:
    answer = requests.request(method, url, data=b"hi", timeout=5)
    return (
        answer.status_code,
        answer.content,
        dict(answer.headers),
        answer.url,
        [h.url for h in answer.history],
    )


def by_urllib3(method: str, url: str) -> Any:
    with urllib3.PoolManager() as pool:
        answer = pool.request(method, url, body=b"hi")
        return answer.status, answer.data, dict(answer.headers), answer.geturl()


def by_aiohttp(method: str, url: str, **options: Any) -> Any:
    async def ask() -> Any:
        async with (
            aiohttp.ClientSession(headers={"x-app": "weather"}) as session,
            session.request(method, url, data=None if method == "GET" else b"hi", **options) as answer,
        ):
            body = await answer.read()
            steps = [
                (step.status, step.method, str(step.url), dict(step.headers), dict(step.request_info.headers))
                for step in (*answer.history, answer)
            ]
            return body, answer.request_info.method, steps

    return asyncio.run(ask())


def by_tornado(method: str, url: str) -> Any:
    async def ask() -> Any:
        client = tornado.httpclient.AsyncHTTPClient(force_instance=True)
        body = None if method == "GET" else b"hi"
        answer = await client.fetch(url, method=method, body=body, raise_error=False)
        shown = (answer.effective_url, answer.request.url, answer.request.method)
        return answer.code, answer.body, dict(answer.headers), *shown

    return asyncio.run(ask())


CLIENTS = [by_requests, by_urllib3, by_aiohttp, by_tornado]


def both(ask: Callable[[str], Any], path: str, file: Path) -> tuple[Any, Any]:
    """What the client shows as it is recorded, and replayed; what is recorded is what was sent."""
    with serve(ANSWERS) as server:
        with use_cassette(file):
            recorded = ask(server.url + path)
        sent = [(one.method, server.url + one.path, one.data) for one in server.requests]
        with use_cassette(file, require_all_played=True):
            replayed = ask(server.url + path)
        assert len(server.requests) == len(sent)
    made = [one.request for one in Cassette.load(file).interactions]
    assert [(one.method, one.uri, one.body or b"") for one in made] == sent
    return recorded, replayed


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize("path", ["/packed", "/refused"])
def test_headers_are_equal(ask: Callable[[str, str], Any], path: str, tmp_path: Path) -> None:
    recorded, replayed = both(lambda url: ask("GET", url), path, tmp_path / "a.yaml")
    assert recorded == replayed
    assert path == "/refused" or TEXT in recorded


@pytest.mark.parametrize("ask", CLIENTS)
def test_a_compressed_body_is_recorded_as_it_came(ask: Callable[[str, str], Any], tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    both(lambda url: ask("GET", url), "/packed", file)
    (one,) = Cassette.load(file).interactions
    assert one.response.body == PACKED
    assert "gzip" in [value for name, value in one.response.headers if name.lower() == "content-encoding"]


@pytest.mark.parametrize("ask", CLIENTS)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/302"), ("POST", "/302"), ("POST", "/303"), ("POST", "/307"), ("POST", "/308")],
)
def test_redirects_are_equal(ask: Callable[[str, str], Any], method: str, path: str, tmp_path: Path) -> None:
    recorded, replayed = both(lambda url: ask(method, url), path, tmp_path / "a.yaml")
    assert recorded == replayed


def test_aiohttp_decompresses_only_if_it_should(tmp_path: Path) -> None:
    recorded, replayed = both(
        lambda url: by_aiohttp("GET", url, auto_decompress=False), "/packed", tmp_path / "a.yaml"
    )
    assert recorded == replayed
    assert recorded[0] == PACKED


def test_aiohttp_names_the_whole_request_in_its_error(tmp_path: Path) -> None:
    def ask(url: str) -> Any:
        with pytest.raises(aiohttp.ClientResponseError) as caught:
            by_aiohttp("POST", url, raise_for_status=True)
        return caught.value.status, dict(caught.value.request_info.headers)

    recorded, replayed = both(ask, "/refused", tmp_path / "a.yaml")
    assert recorded == replayed
    assert recorded[1]["Content-Length"] == "2"


async def _bodies() -> AsyncIterator[bytes]:
    yield b"h"
    yield b"i"


@pytest.mark.parametrize("options", [{"expect100": True}, {"compress": "deflate"}], ids=str)
def test_aiohttp_records_the_body_that_it_sends(options: dict[str, Any], tmp_path: Path) -> None:
    recorded, replayed = both(lambda url: by_aiohttp("POST", url, **options), "/end", tmp_path / "a.yaml")
    assert recorded == replayed


def test_aiohttp_records_a_body_that_comes_in_pieces(tmp_path: Path) -> None:
    async def ask(url: str) -> bytes:
        async with aiohttp.ClientSession() as session, session.post(url, data=_bodies()) as answer:
            return await answer.read()

    recorded, replayed = both(lambda url: asyncio.run(ask(url)), "/end", tmp_path / "a.yaml")
    assert recorded == replayed == TEXT
