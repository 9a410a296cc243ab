"""A server's life."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import socket
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from tests.server.conftest import TEXT, body_of

from unspool.server.serving import Server, ServerError, running
from unspool.server.sources import Recordings

Serve = Callable[..., Server]
CLIENT = httpx.Client(verify=False, limits=httpx.Limits(max_keepalive_connections=0))


def test_other_machines_need_a_token() -> None:
    with pytest.raises(ServerError, match=r"expected a token \(--token\)"):
        Server(Recordings([TEXT]), host="0.0.0.0")

    assert Server(Recordings([TEXT]), host="0.0.0.0", token="t").app.token == "t"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.9"])
def test_this_machine_needs_none(host: str) -> None:
    with running(Server(Recordings([TEXT]), host=host)) as server:
        assert CLIENT.get(server.url).text == "unspool serve\n"


def test_a_port_that_is_taken_is_an_error(serve: Serve) -> None:
    port = int(serve().url.rsplit(":", 1)[1])

    with (
        pytest.raises(ServerError, match=f"can't listen to 127.0.0.1:{port}"),
        running(Server(Recordings([TEXT]), port=port)),
    ):
        pass


def test_a_changed_file_is_served_as_it_is_now(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    shutil.copy(TEXT, path)
    server = serve(path)
    text = TEXT.read_text("utf-8").replace("Hello!", "Salve!")
    (tmp_path / "two").write_text(text, "utf-8")

    os.replace(tmp_path / "two", path)

    for _ in range(200):
        response = CLIENT.post(f"{server.url}/v1/chat/completions", content=body_of())
        if "Salve!" in response.text:
            break
        time.sleep(0.05)
    assert "Salve!" in response.text


def test_a_broken_file_leaves_what_was_loaded(serve: Serve, tmp_path: Path) -> None:
    path = tmp_path / "one.yaml"
    shutil.copy(TEXT, path)
    server = serve(path)
    path.write_text("interactions: [", "utf-8")
    time.sleep(1.2)

    assert CLIENT.post(f"{server.url}/v1/chat/completions", content=body_of()).status_code == 200


@pytest.mark.parametrize("rounds", range(5))
def test_stopping_closes_a_connection_that_is_being_made(rounds: int) -> None:
    async def stop_soon() -> None:
        server = Server(Recordings([TEXT]))
        await server.start()
        port = int(server.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port)):
            for _ in range(rounds):
                await asyncio.sleep(0)
            await server.stop()

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(stop_soon())
        gc.collect()

    assert [str(one.message) for one in caught] == []


def test_a_stopped_server_has_no_url() -> None:
    with running(Server(Recordings([TEXT]))) as server:
        url = server.url

    with pytest.raises(ServerError, match="hasn't been started"):
        _ = server.url
    with pytest.raises(httpx.ConnectError):
        CLIENT.get(url)
