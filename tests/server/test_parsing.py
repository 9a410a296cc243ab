"""Requests out of bytes: both parsers say the same."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.server.conftest import http

from unspool.server.parsing import (
    MOST_HEAD_BYTES,
    MOST_HEADERS,
    BadRequestError,
    H11Parser,
    HttptoolsParser,
    RequestHead,
)

Make = type[H11Parser] | type[HttptoolsParser]
both = pytest.mark.parametrize("make", [HttptoolsParser, H11Parser])


def parsed(make: Make, *pieces: bytes) -> list[Any]:
    """What a parser says of these bytes: heads, bodies, and None for each end."""
    said: list[Any] = []
    parser = make(said.append, said.append, lambda: said.append(None))
    for piece in pieces:
        parser.feed(piece)
    joined: list[Any] = []
    for one in said:
        if isinstance(one, bytes) and joined and isinstance(joined[-1], bytes):
            joined[-1] += one
        else:
            joined.append(one)
    return joined


@both
def test_a_request(make: Make) -> None:
    head, body, end = parsed(make, http(b'{"a": 1}', "X-One: 1"))

    assert head == RequestHead(
        "POST",
        "/v1/chat/completions",
        (("Host", "127.0.0.1"), ("Content-Length", "8"), ("X-One", "1")),
        "1.1",
        keep_alive=True,
    )
    assert (body, end) == (b'{"a": 1}', None)


@both
def test_several_requests_in_one_piece(make: Make) -> None:
    said = parsed(make, http(b"1") + http(b"22", target="/b") + http(method="GET", target="/c"))

    assert [one.target for one in said if isinstance(one, RequestHead)] == [
        "/v1/chat/completions",
        "/b",
        "/c",
    ]
    assert [one for one in said if isinstance(one, bytes)] == [b"1", b"22"]


@both
def test_a_chunked_body(make: Make) -> None:
    head = http(b"", "Transfer-Encoding: chunked")

    said = parsed(make, head + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n")

    assert said[1:] == [b"abcdefg", None]


@both
@pytest.mark.parametrize(
    ("version", "connection", "keep_alive"),
    [("1.1", "", True), ("1.1", "close", False), ("1.0", "", False), ("1.0", "keep-alive", True)],
)
def test_whether_the_connection_stays_open(
    make: Make, version: str, connection: str, keep_alive: bool
) -> None:
    headers = [f"Connection: {connection}"] if connection else []

    assert parsed(make, http(b"", *headers, method="GET", version=version))[0].keep_alive is keep_alive


@both
def test_an_offer_to_upgrade_is_ignored(make: Make) -> None:
    offer = http(b"1", "Connection: Upgrade", "Upgrade: h2c")

    said = parsed(make, offer + http(b"2", target="/b"))

    assert [one for one in said if isinstance(one, bytes)] == [b"1", b"2"]


@both
@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01\x02\x00\x01\x00\x01", b"hello\r\n\r\n", b"GET / HTTP/1.1\r\n: x\r\n\r\n"]
)
def test_what_isn_t_http_is_refused(make: Make, data: bytes) -> None:
    with pytest.raises(BadRequestError, match=r"not an HTTP/1\.1 request") as caught:
        parsed(make, data)

    assert caught.value.status == 400


@both
def test_a_head_has_a_limit(make: Make) -> None:
    with pytest.raises(BadRequestError) as caught:
        parsed(
            make,
            b"GET / HTTP/1.1\r\n",
            *[b"x-long: " + b"x" * 5000 + b"\r\n"] * (MOST_HEAD_BYTES // 5000 + 2),
        )

    assert caught.value.status == 431


@both
def test_headers_have_a_limit(make: Make) -> None:
    many = [f"x-{number}: 1" for number in range(MOST_HEADERS + 1)]

    with pytest.raises(BadRequestError) as caught:
        parsed(make, http(b"", *many, method="GET"))

    assert caught.value.status == 431


@given(cuts=st.lists(st.integers(0, 400), max_size=12))
def test_it_doesn_t_matter_where_the_network_cuts(cuts: list[int]) -> None:
    data = (
        http(b"one") + http(b"", "Transfer-Encoding: chunked") + b"2\r\nab\r\n0\r\n\r\n" + http(method="GET")
    )
    places = sorted({min(cut, len(data)) for cut in (0, *cuts, len(data))})
    pieces = [data[start:end] for start, end in pairwise(places)]

    whole = parsed(H11Parser, data)

    assert parsed(H11Parser, *pieces) == whole == parsed(HttptoolsParser, *pieces)


def test_a_server_without_httptools_parses_with_h11(monkeypatch: pytest.MonkeyPatch) -> None:
    from unspool.server import parsing

    made: Callable[[], Any] = lambda: parsing.make_parser(print, print, print)  # noqa: E731
    assert isinstance(made(), HttptoolsParser)

    monkeypatch.setattr(parsing, "_has_httptools", lambda: False)

    assert isinstance(made(), H11Parser)
