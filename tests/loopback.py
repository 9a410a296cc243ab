r"""A server on this machine that answers with given bytes, in given pieces, and breaks off on request.

with serve({"/v1/chat/completions": Answer([b"data: …\n\n", b"data: [DONE]\n\n"])}) as server:
    …  # server.url, and afterwards server.requests
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

PATIENCE = 60.0
"""How many seconds a stalled answer waits for its client to leave, before the server gives up."""


@dataclass(frozen=True)
class Answer:
    """What the server says on one path.

    Attributes:
        pieces: the body, each piece an HTTP chunk that is sent by itself; a number is a pause in seconds.
        ending: `whole`; `cut` closes the connection without the last HTTP chunk; `reset` drops it; `stall`
            sends nothing more and waits for the client to leave; `silent` doesn't even send a status line.
    """

    pieces: Sequence[bytes | float] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/event-stream"})
    ending: Literal["whole", "cut", "reset", "stall", "silent"] = "whole"

    @classmethod
    def json(cls, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        """One JSON body."""
        kept = {"content-type": "application/json", **(headers or {})}
        return cls([json.dumps(body).encode()], status, kept)

    @classmethod
    def events(cls, *payloads: Any, done: bool = True, **options: Any) -> Answer:
        """Server-sent events with JSON payloads, one HTTP chunk each, as OpenAI sends them."""
        pieces = [f"data: {json.dumps(payload)}\n\n".encode() for payload in payloads]
        return cls([*pieces, b"data: [DONE]\n\n"] if done else pieces, **options)


@dataclass(frozen=True)
class Request:
    """What a client sent. Header names are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    data: bytes

    @property
    def body(self) -> Any:
        """The JSON body."""
        return json.loads(self.data)


class Loopback(ThreadingHTTPServer):
    """The server; made by `serve`."""

    daemon_threads = True

    def __init__(self, answers: Mapping[str, Answer | Sequence[Answer]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = dict(answers)
        self.requests: list[Request] = []
        self.client_left = threading.Event()

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, path: str) -> Answer:
        """What a path says next: of several answers one after the other, the last one for ever."""
        answers = self.answers.get(path) or self.answers.get(path.partition("?")[0])
        if answers is None:
            return Answer.json({"error": {"message": f"nothing at {path}"}}, 404)
        if isinstance(answers, Answer):
            return answers
        asked = sum(request.path == path for request in self.requests)
        return answers[min(asked, len(answers)) - 1]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left while it was being written to is what some tests are about."""
        self.client_left.set()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Loopback

    def do_GET(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        data = self.rfile.read(int(headers.get("content-length", 0)))
        self.server.requests.append(Request(self.command, self.path, headers, data))
        answer = self.server.answer(self.path)
        if answer.ending != "silent":
            self._send_head(answer)
            self._send_pieces(answer)
        _ENDINGS[answer.ending](self)

    def _send_head(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()

    def _send_pieces(self, answer: Answer) -> None:
        for piece in answer.pieces:
            if isinstance(piece, float):
                time.sleep(piece)
                continue
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

    def end_whole(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def end_cut(self) -> None:
        self.close_connection = True

    def end_reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())  # close() alone would say goodbye first

    def end_stall(self) -> None:
        self.close_connection = True
        self.connection.settimeout(PATIENCE)
        if not self.connection.recv(1):
            self.server.client_left.set()

    def log_message(self, *args: Any) -> None:
        """Nothing: pytest's output is for what failed."""


_ENDINGS = {
    "whole": _Handler.end_whole,
    "cut": _Handler.end_cut,
    "reset": _Handler.end_reset,
    "stall": _Handler.end_stall,
    "silent": _Handler.end_stall,
}


@contextmanager
def serve(answers: Mapping[str, Answer | Sequence[Answer]]) -> Iterator[Loopback]:
    """A running server; what isn't in `answers` is a 404."""
    server = Loopback(answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
