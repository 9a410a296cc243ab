"""Responses as bytes of HTTP/1.1: how each body is framed, and what becomes of a failure in it."""

from __future__ import annotations

import gzip
import http.client
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from unspool.cassette.model import End, Response, Timeline, header
from unspool.transports.http1 import ResponseFile, fitted, framing, honest

PIECES = [b"one", b"two", b""]


class Body(httpx.SyncByteStream):
    """A body that comes from a generator, and may fail behind its pieces."""

    def __init__(self, pieces: list[bytes], error: Exception | None = None) -> None:
        self.pieces, self.error = pieces, error
        self.given = 0
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            self.given += 1
            yield piece
        if self.error is not None:
            raise self.error

    def close(self) -> None:
        self.is_closed = True


def response(body: Any = None, headers: Any = None, status: int = 200, version: bytes = b"HTTP/1.1") -> Any:
    return httpx.Response(
        status, headers=headers, stream=body or Body(PIECES), extensions={"http_version": version}
    )


def parsed(made: Any, method: str = "POST", *, delimited: bool = False) -> http.client.HTTPResponse:
    class Socket:
        def makefile(self, _mode: str) -> io.BufferedReader:
            return io.BufferedReader(ResponseFile(made, method, delimited=delimited))

    found = http.client.HTTPResponse(Socket(), method=method)  # type: ignore[arg-type]
    found.begin()
    return found


FRAMED = [
    ([("transfer-encoding", "chunked")], b"HTTP/1.1", False, "chunked"),
    ([("transfer-encoding", "chunked"), ("content-length", "6")], b"HTTP/1.1", False, "chunked"),
    ([("content-length", "6")], b"HTTP/1.1", False, "sized"),
    ([], b"HTTP/1.1", False, "closed"),
    ([], b"HTTP/1.1", True, "chunked"),
    ([], b"HTTP/2", False, "chunked"),
]


@pytest.mark.parametrize(("headers", "version", "delimited", "kind"), FRAMED)
def test_a_body_is_framed_as_its_headers_say(
    headers: Any, version: bytes, delimited: bool, kind: str
) -> None:
    frame = framing(response(headers=headers, version=version), "POST", delimited=delimited)
    assert (frame.is_chunked, frame.is_sized) == (kind == "chunked", kind == "sized")
    with parsed(response(headers=headers, version=version), delimited=delimited) as found:
        assert found.read() == b"onetwo"


def test_a_piece_is_pulled_when_it_is_read() -> None:
    body = Body([b"one", b"two"])
    with parsed(response(body, [("transfer-encoding", "chunked")])) as found:
        assert (body.given, found.read1(99), body.given) == (0, b"one", 1)
    assert body.is_closed


@pytest.mark.parametrize("headers", [[("transfer-encoding", "chunked")], [("content-length", "99")]])
def test_a_server_that_closes_too_early_is_seen_by_the_parser(headers: Any) -> None:
    body = Body([b"one"], httpx.RemoteProtocolError("closed"))
    with parsed(response(body, headers)) as found, pytest.raises(http.client.IncompleteRead):
        found.read()


ERRORS = [
    (httpx.RemoteProtocolError("closed"), ConnectionResetError),  # without a length, closing is no failure
    (httpx.ReadError("lost"), ConnectionResetError),
    (httpx.ReadTimeout("late"), TimeoutError),
    (KeyError("ours"), KeyError),
]


@pytest.mark.parametrize(("error", "kind"), ERRORS)
def test_an_error_is_raised_as_a_socket_raises_it(error: Exception, kind: type[Exception]) -> None:
    with parsed(response(Body([b"one"], error))) as found:
        assert found.read1(99) == b"one"
        with pytest.raises(kind):
            found.read1(99)


@pytest.mark.parametrize(("method", "status"), [("HEAD", 200), ("GET", 204), ("GET", 304)])
def test_a_response_without_a_body_has_none(method: str, status: int) -> None:
    headers = [("transfer-encoding", "chunked")]
    with parsed(response(Body([]), headers, status), method) as found:
        assert found.read() == b""


def recorded(body: bytes, length: int, end: End | None = End.COMPLETE) -> Response:
    timeline = None if end is None else Timeline(end=end)
    return Response(200, "OK", (("content-length", str(length)),), body, timeline)


@pytest.mark.parametrize("end", [End.COMPLETE, None])
@pytest.mark.parametrize("length", [2, 99])
def test_a_body_that_was_edited_has_its_own_length(length: int, end: End | None) -> None:
    assert fitted(recorded(b"four", length, end)).headers == (("content-length", "4"),)


def test_a_body_that_was_cut_off_is_as_long_as_promised() -> None:
    cut = recorded(b"four", 99, End.PROTOCOL_ERROR)
    assert fitted(cut) == cut


def test_the_length_of_a_body_that_was_not_asked_for_stays() -> None:
    head = recorded(b"", 99)
    assert fitted(head) == head


def test_a_decoded_body_loses_the_content_encoding_that_its_recorder_left_there() -> None:
    response = Response(
        200, headers=(("content-encoding", "gzip"), ("content-length", "9")), body=b"It rains."
    )

    assert header(honest(response).headers, "content-encoding") is None


def test_an_encoded_body_keeps_it() -> None:
    response = Response(200, headers=(("content-encoding", "gzip"),), body=gzip.compress(b"It rains."))

    assert honest(response) is response
