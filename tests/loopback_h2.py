"""A server on this machine that speaks HTTP/2 without TLS, for clients that know beforehand."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import StreamEnded


class LoopbackH2:
    """Answers every request with the same pieces, each a DATA frame; a number is a pause in seconds."""

    def __init__(self, pieces: Sequence[bytes | float], *, reset: bool = False) -> None:
        self.pieces = pieces
        self.reset = reset
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):  # the listener was closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[client], daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            connection = H2Connection(H2Configuration(client_side=False))
            connection.initiate_connection()
            client.sendall(connection.data_to_send())
            while data := client.recv(65536):
                for event in connection.receive_data(data):
                    if isinstance(event, StreamEnded):
                        self._answer(client, connection, event.stream_id)
                client.sendall(connection.data_to_send())

    def _answer(self, client: socket.socket, connection: H2Connection, stream: int) -> None:
        connection.send_headers(stream, [(":status", "200"), ("content-type", "text/event-stream")])
        for piece in self.pieces:
            if isinstance(piece, float):
                time.sleep(piece)
                continue
            connection.send_data(stream, piece)
            client.sendall(connection.data_to_send())
        if self.reset:
            connection.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)
        else:
            connection.end_stream(stream)
        client.sendall(connection.data_to_send())


@contextmanager
def serve_h2(pieces: Sequence[bytes | float], *, reset: bool = False) -> Iterator[LoopbackH2]:
    """A running server."""
    server = LoopbackH2(pieces, reset=reset)
    try:
        yield server
    finally:
        server.close()
