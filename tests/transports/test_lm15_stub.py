"""lm15's transports, sync and async: what they hand out is a cassette's, piece by piece."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lm15 import transports
from tests.loopback import Answer, serve

from unspool import use_cassette
from unspool.cassette.store import load
from unspool.errors import NetworkBlockedError, UnscriptedRequestError
from unspool.faults import Break, Stall
from unspool.script import text, use_script

URL = "https://api.openai.com/v1/chat/completions"
ASKED = {"messages": [{"role": "user", "content": "Hello?"}], "stream": True}


def asked(url: str = URL) -> Any:
    headers = [("content-type", "application/json")]
    return transports.TransportRequest("POST", url, headers, json.dumps(ASKED).encode(), read_timeout=5.0)


def read(request: Any) -> list[bytes]:
    with transports.StdlibTransport() as client, client.stream(request) as response:
        return [str(response.status).encode(), *response]


def aread(request: Any) -> list[bytes]:
    async def pieces() -> list[bytes]:
        client = transports.StdlibAsyncTransport()
        async with client.stream(request) as response:
            found = [str(response.status).encode(), *[piece async for piece in response]]
        await client.aclose()
        return found

    return asyncio.run(pieces())


BOTH = pytest.mark.parametrize("ask", [read, aread])
Ask = Callable[[Any], list[bytes]]


@BOTH
def test_a_script_answers_piece_by_piece(ask: Ask) -> None:
    with use_script(text("Rain in Oslo.")):
        status, *pieces = ask(asked())

    assert status == b"200"
    assert [piece for piece in pieces if b'"content":" Oslo' in piece or b'"content":" in' in piece] != []
    assert pieces[-1] == b"data: [DONE]\n\n"


@BOTH
def test_a_stall_is_its_own_read_timeout(ask: Ask) -> None:
    with (
        use_script(text("Rain in Oslo.") | Stall(after=1, seconds=60)),
        pytest.raises(transports.ReadTimeout),
    ):
        ask(asked())


@BOTH
def test_a_reset_is_its_own_read_error(ask: Ask) -> None:
    with use_script(text("Rain in Oslo.") | Break(after=1)), pytest.raises(transports.ReadError):
        ask(asked())


@BOTH
def test_a_request_without_an_answer_raises_our_own_error(ask: Ask) -> None:
    with pytest.raises(UnscriptedRequestError), use_script(text("Rain.", chunks=4), format=None):
        ask(asked("https://api.openai.com/unknown"))


@BOTH
def test_what_is_recorded_is_replayed(ask: Ask, tmp_path: Path) -> None:
    cassette = tmp_path / "one.yaml"
    with serve({"/chat": Answer([b"data: 1\n\n", b"data: 2\n\n"])}) as server:
        url = f"{server.url}/chat"
        with use_cassette(cassette, record_mode="once"):
            recorded = ask(asked(url))
        with use_cassette(cassette, record_mode="none"):
            replayed = ask(asked(url))

    assert b"".join(recorded) == b"".join(replayed) == b"200data: 1\n\ndata: 2\n\n"
    (found,) = load(cassette).interactions
    assert json.loads(found.request.body) == ASKED


@BOTH
def test_a_body_that_is_cut_off_is_recorded_and_cut_off_again(ask: Ask, tmp_path: Path) -> None:
    cassette = tmp_path / "one.yaml"
    with serve({"/chat": Answer([b"data: 1\n\n"], ending="cut")}) as server:
        url = f"{server.url}/chat"
        for mode in ("once", "none"):
            with use_cassette(cassette, record_mode=mode), pytest.raises(transports.ProtocolError):
                ask(asked(url))


@BOTH
def test_a_connection_that_fails_while_recording_is_its_own_error(ask: Ask, tmp_path: Path) -> None:
    with serve({}) as server:
        url = f"{server.url}/chat"
    with use_cassette(tmp_path / "one.yaml", record_mode="once"), pytest.raises(transports.ConnectError):
        ask(asked(url))


@BOTH
def test_without_a_cassette_it_is_sent(ask: Ask) -> None:
    with use_script("Hi."):
        ask(asked())
    with serve({"/chat": Answer([b"plain"])}) as server:
        assert ask(asked(f"{server.url}/chat")) == [b"200", b"plain"]


@BOTH
def test_a_host_that_passes_by_the_script_is_sent(ask: Ask) -> None:
    with serve({"/chat": Answer([b"plain"])}) as server, use_script("Hi.", ignore_localhost=True):
        assert ask(asked(f"{server.url}/chat")) == [b"200", b"plain"]
        ask(asked())


def test_a_blocked_host_is_refused() -> None:
    from unspool import block_network

    with block_network(), pytest.raises(NetworkBlockedError):
        read(asked())
