"""No secret reaches the disk, neither the cassette nor a recording's journal; nor an error's message."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import httpx2
import pytest
from tests.cassette.test_secrets import KEYS
from tests.loopback import Answer, serve

from unspool.cassette.cassette import Cassette
from unspool.cassette.model import End, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.errors import CassetteError
from unspool.transports.use_cassette import use_cassette

SSE = {"content-type": "text/event-stream"}


def forms(secret: str) -> set[bytes]:
    return {
        secret.encode(),
        b64encode(secret.encode()),
        quote(secret, safe="").encode(),
        json.dumps(secret)[1:-1].encode(),
    }


def on_disk(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("family", [httpx, httpx2])
def test_planted_secrets_reach_no_file(family: Any, tmp_path: Path) -> None:
    assert len(KEYS) >= 40
    said = {key: f'data: {{"text":"the key is {key} ."}}\n\n'.encode() for key in KEYS.values()}
    answers = {
        f"/{n}": Answer([piece[:40], piece[40:]], headers={**SSE, "x-echo": key, "set-cookie": f"s={key}"})
        for n, (key, piece) in enumerate(said.items())
    }
    leaked: set[str] = set()
    path = tmp_path / "keys.yaml"
    with serve(answers) as server, use_cassette(path), family.Client() as client:
        for n, (kind, key) in enumerate(KEYS.items()):
            asked = {"key": key, "n": n}
            headers = {"authorization": f"Bearer {key}", "x-api-key": key, "cookie": f"session={key}"}
            with client.stream(
                "POST", f"{server.url}/{n}", params=asked, headers=headers, json={"say": f"use {key} ."}
            ) as response:
                assert response.read() == said[key]  # the client gets it all
                journal = on_disk(tmp_path)
            leaked |= {kind for form in forms(key) if form in journal}
    leaked |= {kind for kind, key in KEYS.items() for form in forms(key) if form in on_disk(tmp_path)}
    assert not leaked
    assert path.stat().st_size


def test_a_request_with_another_key_gets_the_recorded_answer(tmp_path: Path) -> None:
    mine, yours = KEYS["OpenAI"], KEYS["OpenAI"][::-1].replace("-ks", "") + "9x"
    with serve({"/": Answer([b"data: hi\n\n"])}) as server:
        url = f"{server.url}/"
        with use_cassette(tmp_path / "keys.yaml"):
            httpx.post(url, params={"key": mine}, headers={"authorization": f"Bearer {mine}"})
    with use_cassette(tmp_path / "keys.yaml"):
        answer = httpx.post(url, params={"key": yours}, headers={"authorization": f"Bearer {yours}"})
    assert answer.text == "data: hi\n\n"


def test_a_compressed_secret_is_found_and_the_rest_still_decodes(tmp_path: Path) -> None:
    key = KEYS["OpenAI"]
    body = gzip.compress(f'data: {{"text":"{key}"}}\n\n'.encode())
    headers = {**SSE, "content-encoding": "gzip"}
    with serve({"/": Answer([body[:20], body[20:]], headers=headers)}) as server:
        url = f"{server.url}/"
        with use_cassette(tmp_path / "keys.yaml"):
            assert key in httpx.post(url).text
    with use_cassette(tmp_path / "keys.yaml"):
        replayed = httpx.post(url).text
    assert key not in replayed
    assert len(json.loads(replayed.removeprefix("data: "))["text"]) == len(key)


@pytest.mark.parametrize("chunks", [(), (NetworkChunk(5, 0.0),)], ids=["no timeline", "cut off"])
def test_no_error_tells_a_key(chunks: tuple[NetworkChunk, ...]) -> None:
    key = KEYS["Google API"]
    timeline = Timeline(chunks, end=End.CLOSED) if chunks else None
    asked = [Request("POST", f"https://api.example.com/{n}?key={key}") for n in range(2)]
    answered = Response(200, headers=(("content-type", "text/plain"),), body=b"hello", timeline=timeline)
    cassette = Cassette.of([Interaction(request, answered) for request in asked])
    with pytest.raises(CassetteError) as caught, use_cassette(cassette, require_all_played=True):
        httpx.post(asked[0].uri)
    assert "https://api.example.com/" in str(caught.value)
    assert key not in str(caught.value)
