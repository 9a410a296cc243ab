"""A server in a thread, and a client that shows its bytes."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import unspool
from unspool.cassette.store import load
from unspool.server.serving import Server, running
from unspool.server.sources import Recordings

TEXT = Path(unspool.sample_path("openai/text"))


def body_of(path: Path = TEXT) -> bytes:
    return load(path).interactions[0].request.body


def http(
    body: bytes = b"",
    *headers: str,
    method: str = "POST",
    target: str = "/v1/chat/completions",
    version: str = "1.1",
) -> bytes:
    """A request's bytes."""
    sized = [f"Content-Length: {len(body)}"] if body else []
    lines = [f"{method} {target} HTTP/{version}", "Host: 127.0.0.1", *sized, *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Wire:
    """One connection to a server."""

    def __init__(self, url: str) -> None:
        host, port = url.removeprefix("http://").rsplit(":", 1)
        self._socket = socket.create_connection((host, int(port)), timeout=20)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def until(self, end: bytes) -> bytes:
        """All that comes until these bytes."""
        got = b""
        while not got.endswith(end):
            piece = self._socket.recv(65536)
            if not piece:
                raise EOFError(got)
            got += piece
        return got

    def rest(self) -> bytes:
        """All that comes until the server closes; a reset raises ConnectionResetError."""
        got = b""
        while piece := self._socket.recv(65536):
            got += piece
        return got

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts a server over cassettes; by default, over the sample of a text."""
    with ExitStack() as stack:

        def start(*paths: Path, repeats: bool = True, **options: Any) -> Server:
            source = Recordings(paths or (TEXT,), repeats=repeats)
            return stack.enter_context(running(Server(source, **options)))

        yield start


@pytest.fixture
def wire() -> Iterator[Callable[[Server], Wire]]:
    """Connects to a server."""
    with ExitStack() as stack:

        def connect(server: Server) -> Wire:
            one = Wire(server.url)
            stack.callback(one.close)
            return one

        yield connect


def unchunked(response: bytes) -> bytes:
    """The body of a response in the chunked transfer coding."""
    _, _, rest = response.partition(b"\r\n\r\n")
    body = b""
    while True:
        size, _, rest = rest.partition(b"\r\n")
        if not int(size, 16):
            return body
        body += rest[: int(size, 16)]
        rest = rest[int(size, 16) + 2 :]


def document(response: bytes) -> Any:
    """The JSON of a response's body."""
    return json.loads(response.partition(b"\r\n\r\n")[2])
