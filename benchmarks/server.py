"""A server on this machine that streams, in a process of its own so that it takes no side's time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from random import Random

from benchmarks.rounds import leave_their_processor
from benchmarks.streams import sse, stream

REQUEST = {
    "model": "gpt-4o",
    "stream": True,
    "messages": [{"role": "user", "content": "Tell me about the town."}],
}
"""What is posted to it; it doesn't care."""


@contextmanager
def serving() -> Iterator[str]:
    """The server's address."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.terminate()
        process.join()


def events(count: int, gap: float = 0.0) -> str:
    """The path of so many of OpenAI's events, an HTTP chunk each, with a gap in seconds before each one."""
    return f"/{count}/{gap}/0"


def chunks(count: int, size: int, *, binary: bool = False) -> str:
    """The path of so many HTTP chunks of that many bytes of events, or of bytes that are no text."""
    return f"/{count}/0/{size}{'/binary' if binary else ''}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or the second chunk waits until the first one is acknowledged

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        count, gap, size, *binary = self.path[1:].split("/")
        self.send_response(200)
        self.send_header("content-type", "application/octet-stream" if binary else "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for data in _pieces(int(count), int(size)) if not binary else _bytes(int(count), int(size)):
            time.sleep(float(gap))
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *args: object) -> None:
        """Nothing: what is printed is the results."""


def _bytes(count: int, size: int) -> Iterator[bytes]:
    random = Random(7)
    yield from (random.randbytes(size) for _ in range(count))


def _pieces(count: int, size: int) -> Iterator[bytes]:
    if not size:
        yield from sse(stream("text", count - 1))
        return
    text = b"".join(sse(stream("text", size // 100))[:-1])
    yield from (text[:size] for _ in range(count))


def _serve(port: Connection) -> None:
    leave_their_processor()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    port.send(server.server_port)
    server.serve_forever()
