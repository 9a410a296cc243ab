"""A transport that asks the cassette in use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from tests.loopback import Answer, serve

from unspool.errors import CassetteError
from unspool.transports.transport import InUseTransport
from unspool.transports.use_cassette import use_cassette


@pytest.mark.parametrize("family", [httpx, httpx2])
def test_it_records_once_and_replays(family: Any, tmp_path: Path) -> None:
    with serve({"/": Answer([b"a", b"b"])}) as server:
        for _ in range(2):
            with (
                use_cassette(tmp_path / "a.yaml") as cassette,
                family.Client(transport=InUseTransport()) as client,
            ):
                assert client.get(f"{server.url}/").text == "ab"
            assert len(cassette.interactions) == 1
    assert len(server.requests) == 1


@pytest.mark.parametrize("family", [httpx, httpx2])
def test_async_too(family: Any, tmp_path: Path) -> None:
    async def ask(url: str) -> str:
        async with family.AsyncClient(transport=InUseTransport()) as client:
            text: str = (await client.get(url)).text
            return text

    with serve({"/": Answer([b"a", b"b"])}) as server:
        for _ in range(2):
            with use_cassette(tmp_path / "a.yaml"):
                assert asyncio.run(ask(f"{server.url}/")) == "ab"
    assert len(server.requests) == 1


def test_without_a_cassette_it_says_so() -> None:
    with httpx.Client(transport=InUseTransport()) as client, pytest.raises(CassetteError, match="in use"):
        client.get("http://127.0.0.1/")
