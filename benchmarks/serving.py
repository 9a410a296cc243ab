"""Streams served over a socket: how many a second, how soon after the command, how much behind time."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.peers import is_installed
from benchmarks.rounds import Contest, leave_their_processor
from benchmarks.streams import sse, stream

_EVENTS = 31
_AT_ONCE = 32
_STREAMS = 2_000  # in a round
_PATIENCE = 60.0
_GAP = 0.02  # seconds between the chunks of the recording
_BODY = b'{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"Tell me about the town."}]}'
_END = b"0\r\n\r\n"
_OURS = "unspool serve"
RATE = f"serve {_EVENTS} events, {_AT_ONCE} streams at a time"
LATENESS = (
    f"serve at recorded times, {_AT_ONCE} streams begun one by one: 99 % of the chunks are late by at most"
)
READY = "from the command to the first response"

_ASGI = """
PIECES = {pieces!r}
HEADERS = [(b"content-type", b"text/event-stream")]
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({{"type": "http.response.start", "status": 200, "headers": HEADERS}})
    for piece in PIECES:
        await send({{"type": "http.response.body", "body": piece, "more_body": True}})
    await send({{"type": "http.response.body", "body": b""}})
"""


def contests() -> Iterator[Contest]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        commands = _commands(folder)
        with _started(commands) as ports:
            sides = {side: partial(_streams, port) for side, port in ports.items()}
            yield Contest(RATE, _STREAMS, sides, unit="ms")
        paced = (*commands[_OURS], "--timing", "recorded")
        with _started({_OURS: paced}) as ports:
            yield Contest(LATENESS, 1, {_OURS: partial(_lateness, ports[_OURS])}, unit="ms")
        ready = {side: partial(_ready, command) for side, command in commands.items()}
        yield Contest(READY, 1, ready, unit="ms")


def _commands(folder: Path) -> dict[str, tuple[str, ...]]:
    """What starts each server; `PORT` stands for its port."""
    pieces = list(sse(stream("text", _EVENTS - 2)))
    _write_cassette(folder / "town.yaml", pieces)
    (folder / "asgi.py").write_text(_ASGI.format(pieces=pieces))
    python, cassette = (sys.executable, "-m"), str(folder / "town.yaml")
    app = ("asgi:app", "--app-dir", str(folder), "--port", "PORT", "--no-access-log")
    commands: dict[str, tuple[str, ...]] = {
        _OURS: (
            *python,
            "unspool",
            "serve",
            cassette,
            "--port",
            "PORT",
            "--log",
            "none",
        )
    }
    if is_installed("uvicorn"):
        commands["uvicorn"] = (*python, "uvicorn", *app, "--http", "httptools", "--log-level", "warning")
    if is_installed("granian"):
        server = ("asgi:app", "--working-dir", str(folder), "--interface", "asgi", "--port", "PORT")
        commands["granian"] = (*python, "granian", *server, "--log-level", "critical")
    aimock = shutil.which(os.environ.get("LLMOCK", "llmock"))  # what its package calls the command
    if aimock is not None:
        _write_fixture(folder / "town.json", pieces)
        commands["aimock"] = (aimock, "--port", "PORT", "--fixtures", str(folder / "town.json"))
    return commands


def _write_cassette(path: Path, pieces: list[bytes]) -> None:
    from unspool.cassette.file_format import Document
    from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
    from unspool.cassette.store import write

    url = "https://api.openai.com/v1/chat/completions"
    request = Request("POST", url, (("content-type", "application/json"),), _BODY)
    chunks = tuple(NetworkChunk(len(piece), number * _GAP) for number, piece in enumerate(pieces))
    headers = (("content-type", "text/event-stream"),)
    response = Response(200, "OK", headers, b"".join(pieces), Timeline(chunks, headers_at=0.0))
    write(path, Document((Interaction(request, response),), {}))


def _write_fixture(path: Path, pieces: list[bytes]) -> None:
    """Aimock cuts a text itself, by characters: so many that it sends as many events."""
    import json

    fixture = {
        "match": {"userMessage": "Tell me about the town."},
        "response": {"content": "x" * 20 * (len(pieces) - 3)},
    }
    path.write_text(json.dumps({"fixtures": [fixture]}))


@contextmanager
def _started(commands: Mapping[str, tuple[str, ...]]) -> Iterator[dict[str, int]]:
    processes: list[subprocess.Popen[bytes]] = []
    ports: dict[str, int] = {}
    try:
        for name, command in commands.items():
            port = _free_port()
            processes.append(_spawn(command, port))
            _first_response(port)
            ports[name] = port
        yield ports
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


def _spawn(command: tuple[str, ...], port: int) -> subprocess.Popen[bytes]:
    words = [word.replace("PORT", str(port)) for word in command]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(words, stdout=quiet, stderr=quiet)
    leave_their_processor(process.pid)
    return process


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _ready(command: tuple[str, ...]) -> float:
    """The seconds until a server that is started now has sent a whole stream."""
    port = _free_port()
    start = time.perf_counter()
    process = _spawn(command, port)
    try:
        _first_response(port)
        return time.perf_counter() - start
    finally:
        process.terminate()
        process.wait()


def _first_response(port: int) -> None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE) as one:
                one.sendall(_request())
                got = b""
                while not got.endswith(_END):
                    got += _some(one)
                return
        except ConnectionRefusedError:
            time.sleep(0.002)
    raise TimeoutError(f"no response at port {port} within {_PATIENCE:g} seconds")


def _some(one: socket.socket) -> bytes:
    got = one.recv(65536)
    if not got:
        raise ConnectionError("the server closed the connection")
    return got


def _request() -> bytes:
    head = "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(_BODY)}\r\n\r\n".encode() + _BODY


def _streams(port: int) -> float:
    """The seconds that all streams of a round take."""
    return asyncio.run(_all_streams(port))


async def _all_streams(port: int) -> float:
    loop = asyncio.get_running_loop()
    load = _Load(_STREAMS, loop.create_future())
    connections = [
        (await loop.create_connection(lambda: _Client(load), "127.0.0.1", port))[1] for _ in range(_AT_ONCE)
    ]
    start = time.perf_counter()
    for connection in connections:
        connection.ask()
    await load.done
    seconds = time.perf_counter() - start
    for connection in connections:
        connection.transport.close()
    return seconds


@dataclass
class _Load:
    """How many streams are left to ask for, and to come."""

    left: int
    done: asyncio.Future[None]
    open: int = 0


class _Client(asyncio.Protocol):
    """Asks for a stream, reads it to its end, and asks again."""

    def __init__(self, load: _Load) -> None:
        self._load = load
        self._request = _request()
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def ask(self) -> None:
        if self._load.left:
            self._load.left -= 1
            self._load.open += 1
            self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._tail = (self._tail + data)[-len(_END) :]
        if self._tail == _END:
            self._tail = b""
            self._load.open -= 1
            self.ask()
            if not self._load.open and not self._load.done.done():
                self._load.done.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._load.open and not self._load.done.done():
            self._load.done.set_exception(ConnectionError(f"the server closed a connection: {exc}"))


def _lateness(port: int) -> float:
    """The seconds by which 99 % of the chunks of some streams came at most after their recorded time."""
    return asyncio.run(_all_late(port))


async def _all_late(port: int) -> float:
    starts = [number * _GAP / _AT_ONCE for number in range(_AT_ONCE)]
    late = sorted(chain.from_iterable(await asyncio.gather(*(_late(port, start) for start in starts))))
    return late[len(late) * 99 // 100]


async def _late(port: int, wait: float) -> list[float]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(_AT_ONCE * 0.001 + wait)  # by then all are connected
    start = time.perf_counter()
    writer.write(_request())
    got, late = b"", []
    while not got.endswith(_END):
        got += await reader.read(65536)
        now = time.perf_counter() - start
        late += [now - number * _GAP for number in range(len(late), got.count(b"data: "))]
    writer.close()
    await writer.wait_closed()
    return late
