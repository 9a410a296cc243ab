"""Plain vcrpy replays what we record, keeps our key when it writes anew; and we replay what it records."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
import requests
import vcr
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
from unspool.transports.use_cassette import use_cassette

PIECES = ["data: café 🧵\r\n\r\n".encode(), b"data: [DONE]\r\n\r\n"]
SSE = {"content-type": "text/event-stream; charset=utf-8"}
PLAIN = Answer(PIECES, headers=SSE)
ZIPPED = Answer([gzip.compress(b"".join(PIECES))], headers={**SSE, "content-encoding": "gzip"})
BINARY = Answer([bytes(range(256))], headers={"content-type": "application/octet-stream"})


def ask(client: Any, url: str) -> bytes:
    content: bytes = client.post(url, json={"ask": "me"}).content
    return content


@pytest.mark.parametrize("client", [httpx, httpx2, requests])
@pytest.mark.parametrize("answer", [PLAIN, BINARY], ids=["plain", "binary"])
def test_vcrpy_replays_our_recordings(client: Any, answer: Answer, tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    with serve({"/": answer}) as server:
        url = f"{server.url}/"
        with use_cassette(path):
            live = ask(httpx, url)
    with vcr.use_cassette(str(path), record_mode="none"):
        assert ask(client, url) == live


@pytest.mark.parametrize("client", [httpx, httpx2])
def test_vcrpy_replays_compressed_recordings_through_httpx(client: Any, tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    with serve({"/": ZIPPED}) as server:
        url = f"{server.url}/"
        with use_cassette(path):
            live = ask(httpx, url)
    assert live == b"".join(PIECES)
    with vcr.use_cassette(str(path), record_mode="none"):
        assert ask(client, url) == live


def test_our_key_survives_vcrpys_rewriting(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    with serve({"/": PLAIN, "/more": PLAIN}) as server:
        with use_cassette(path):
            ask(httpx, f"{server.url}/")
        (before,) = Cassette.load(path).interactions
        with vcr.use_cassette(str(path), record_mode="new_episodes"):
            ask(httpx, f"{server.url}/more")
    after, _ = Cassette.load(path).interactions
    assert after.response.body == before.response.body
    assert after.response.timeline == before.response.timeline is not None


@pytest.mark.parametrize("recorder", [httpx, httpx2, requests])
@pytest.mark.parametrize("answer", [PLAIN, ZIPPED, BINARY], ids=["plain", "gzip", "binary"])
@pytest.mark.parametrize("player", [httpx, requests])
def test_we_replay_vcrpys_recordings(recorder: Any, answer: Answer, player: Any, tmp_path: Path) -> None:
    path = tmp_path / "theirs.yaml"
    with serve({"/": answer}) as server:
        url = f"{server.url}/"
        with vcr.use_cassette(str(path)):
            live = ask(recorder, url)
    with use_cassette(path, record_mode="none"):
        assert ask(player, url) == live


def test_a_key_that_vcrpy_has_recorded_need_not_be_known(tmp_path: Path) -> None:
    path = tmp_path / "theirs.yaml"
    with serve({"/": PLAIN}) as server:
        url = f"{server.url}/?key="
        with vcr.use_cassette(str(path)):
            live = ask(httpx, f"{url}AIzaSyA1234567890abcdefghijklmnopqrstuv")
    with use_cassette(path, record_mode="none"):
        assert ask(httpx, f"{url}test") == live


def test_vcrpys_matchers_plug_in(tmp_path: Path) -> None:
    path = tmp_path / "ours.yaml"
    with serve({"/": PLAIN}) as server:
        url = f"{server.url}/"
        with use_cassette(path):
            live = ask(httpx, url)
    with use_cassette(path, match_on=["method", vcr.matchers.path]):
        assert httpx.post("https://api.example.invalid/", json={"ask": "you"}).content == live
