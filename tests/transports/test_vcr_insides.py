"""A vcrpy whose internals have moved says so to the clients that need it, and to no other."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest
import requests
import tornado.httpclient
import vcr.patch
import vcr.stubs
import vcr.stubs.tornado_stubs
from tests.loopback import Answer, Loopback, serve

from unspool.transports.use_cassette import use_cassette
from unspool.transports.vcr_insides import VcrpyMovedError, installed

PIECES = [b"data: one\n\n"]
NEEDED = "needs vcrpy 8.5 to 9.4, and vcrpy " + re.escape(installed()) + " is installed, where "


@pytest.fixture
def server() -> Iterator[Loopback]:
    with serve({"/": Answer(PIECES)}) as server:
        yield server


async def by_aiohttp(url: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.post(url, json={"ask": "me"}) as response:
        return await response.read()


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (vcr.patch, "CassettePatcherBuilder"),
        (vcr.patch.CassettePatcherBuilder, "_urllib3"),
        (vcr.patch, "force_reset"),
        (vcr.patch, "ConnectionRemover"),
        (vcr.stubs.VCRConnection, "request"),
        (vcr.stubs.VCRConnection, "getresponse"),
    ],
)
def test_what_has_moved_is_named_to_requests_and_httpx_goes_on(
    owner: object, name: str, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(owner, name)

    with use_cassette(tmp_path / "a.yaml"):
        with pytest.raises(VcrpyMovedError, match=f"{NEEDED}it has no .*{name}"):
            requests.post(f"{server.url}/", timeout=5)
        assert httpx.post(f"{server.url}/").content == b"".join(PIECES)
        assert asyncio.run(by_aiohttp(f"{server.url}/")) == b"".join(PIECES)


async def by_tornado(url: str) -> bytes:
    client = tornado.httpclient.AsyncHTTPClient(force_instance=True)
    answer = await client.fetch(url, method="POST", body=b"{}")
    return answer.body


def test_what_has_moved_is_named_to_tornado_and_others_go_on(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(vcr.stubs.tornado_stubs, "vcr_fetch_impl")

    with use_cassette(tmp_path / "a.yaml"):
        with pytest.raises(VcrpyMovedError, match=f"{NEEDED}it has no .*vcr_fetch_impl"):
            asyncio.run(by_tornado(f"{server.url}/"))
        assert requests.post(f"{server.url}/", timeout=5).content == b"".join(PIECES)


def test_a_stub_that_wants_other_arguments_has_moved(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vcr.stubs.tornado_stubs, "vcr_fetch_impl", lambda one: one)

    with use_cassette(tmp_path / "a.yaml"), pytest.raises(VcrpyMovedError, match="vcr_fetch_impl"):
        asyncio.run(by_tornado(f"{server.url}/"))
