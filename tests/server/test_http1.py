"""HTTP/1.1 as it's written."""

from __future__ import annotations

import pytest

from unspool.faults.parts import Head
from unspool.server.http1 import framing_of, head_bytes


def test_a_body_without_a_length_is_chunked() -> None:
    framing = framing_of(Head(), method="POST", version="1.1", keep_alive=True)

    assert framing.piece(b"data: 1\n\n") == b"9\r\ndata: 1\n\n\r\n"
    assert framing.end() == b"0\r\n\r\n"
    assert framing.keeps_alive


def test_a_body_with_a_length_comes_under_it() -> None:
    head = Head(headers=(("Content-Length", "2"),))

    framing = framing_of(head, method="POST", version="1.1", keep_alive=True)

    assert (framing.piece(b"{}"), framing.end(), framing.keeps_alive) == (b"{}", b"", True)


def test_an_old_client_gets_a_body_that_ends_with_the_connection() -> None:
    framing = framing_of(Head(), method="POST", version="1.0", keep_alive=True)

    assert (framing.piece(b"x"), framing.end(), framing.keeps_alive) == (b"x", b"", False)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_some_responses_have_no_body(method: str, status: int) -> None:
    framing = framing_of(Head(status), method=method, version="1.1", keep_alive=True)

    assert (framing.piece(b"x"), framing.end(), framing.keeps_alive) == (b"", b"", True)


def test_the_recorded_connection_s_headers_are_left_out() -> None:
    head = Head(headers=(("Transfer-Encoding", "gzip"), ("Connection", "upgrade"), ("X-Request-Id", "1")))
    framing = framing_of(head, method="POST", version="1.1", keep_alive=False)

    lines = head_bytes(head, framing).split(b"\r\n")

    assert lines == [
        b"HTTP/1.1 200 OK",
        b"X-Request-Id: 1",
        b"Transfer-Encoding: chunked",
        b"Connection: close",
        b"",
        b"",
    ]


def test_a_recorded_header_can_t_begin_another() -> None:
    head = Head(headers=(("x", "1\r\nset-cookie: a=b"),))
    framing = framing_of(head, method="POST", version="1.1", keep_alive=True)

    assert b"\r\nset-cookie" not in head_bytes(head, framing)
