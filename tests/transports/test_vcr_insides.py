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
import vcr.patch
import vcr.stubs
import vcr.stubs.aiohttp_stubs
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


@pytest.mark.parametrize("name", ["vcr_request", "MockStream"])
def test_what_has_moved_is_named_to_aiohttp_and_others_go_on(
    name: str, server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(vcr.stubs.aiohttp_stubs, name)

    with use_cassette(tmp_path / "a.yaml"):
        with pytest.raises(VcrpyMovedError, match=f"{NEEDED}it has no .*{name}"):
            asyncio.run(by_aiohttp(f"{server.url}/"))
        assert requests.post(f"{server.url}/", timeout=5).content == b"".join(PIECES)


def test_a_stub_that_wants_other_arguments_has_moved(
    server: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vcr.stubs.aiohttp_stubs, "vcr_request", lambda one: one)

    with use_cassette(tmp_path / "a.yaml"), pytest.raises(VcrpyMovedError, match="vcr_request"):
        asyncio.run(by_aiohttp(f"{server.url}/"))


class _OldPayload:
    """aiohttp's payload before 3.12, which can only be written."""

    async def write(self, writer: object) -> None:
        await writer.write(b'{"ask":')  # type: ignore[attr-defined]
        await writer.write(b' "me"}')  # type: ignore[attr-defined]


def test_a_payload_of_an_older_aiohttp_says_its_bytes() -> None:
    from unspool.transports.aiohttp_stub import _bytes_of

    assert asyncio.run(_bytes_of(_OldPayload())) == b'{"ask": "me"}'
