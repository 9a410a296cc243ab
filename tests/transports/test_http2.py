"""HTTP/2: the pieces are its DATA frames, and a broken stream isn't a broken connection."""

from __future__ import annotations

from typing import Any

import pytest
from tests.loopback_h2 import serve_h2
from tests.transports.clients import Kind

from unspool.cassette.cassette import Cassette
from unspool.transports.transport import RecordTransport, ReplayTransport

PIECES = [b"data: one\n\n", 0.05, "data: 🧵\n\n".encode()[:8], 0.05, "data: 🧵\n\n".encode()[8:]]


@pytest.mark.parametrize("reset", [False, True], ids=["whole", "reset"])
def test_a_stream_over_http2_is_replayed_as_it_was(kind: Kind, reset: bool) -> None:
    name = "HTTPTransport" if kind.way == "sync" else "AsyncHTTPTransport"
    network: Any = getattr(kind.family, name)(http1=False, http2=True)
    cassette = Cassette(record_mode="all")
    with serve_h2(PIECES, reset=reset) as server:
        url = f"{server.url}/"
        live = kind.read(url, transport=RecordTransport(network, cassette))
    replayed = kind.read(url, transport=ReplayTransport(Cassette.of(cassette.interactions)))
    assert live.http_version == replayed.http_version == "HTTP/2"
    assert replayed.seen == live.seen
    assert live.error == ("RemoteProtocolError" if reset else None)
    assert live.chunks == [piece for piece in PIECES if isinstance(piece, bytes)]
