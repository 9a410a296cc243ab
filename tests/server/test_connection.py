"""A connection, from its client's side."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.server.conftest import TEXT, Wire, body_of, document, http, unchunked

import unspool
from unspool.cassette.file_format import Document
from unspool.cassette.store import load, write
from unspool.faults import Break, Cut, Hang, NoAnswer, Refuse, SlowStart
from unspool.server import connection
from unspool.server.serving import Server

END = b"0\r\n\r\n"
Serve = Callable[..., Server]
Connect = Callable[[Server], Wire]


def waited(server: Server, outcome: str) -> bool:
    """Whether a response comes to that outcome in the next seconds."""
    for _ in range(1000):
        if server.app.journal.outcomes[outcome]:
            return True
        time.sleep(0.01)
    return False


def test_a_recording_is_sent_chunk_by_chunk(serve: Serve, wire: Connect) -> None:
    one = wire(serve())
    one.send(http(body_of()))

    response = one.until(END)

    recorded = load(TEXT).interactions[0].response
    assert unchunked(response) == recorded.body
    sizes = [chunk.size for chunk in recorded.timeline.chunks] if recorded.timeline else []
    assert response.count(b"\r\n%x\r\n" % sizes[0])
    assert b"content-type: text/event-stream" in response


def test_the_connection_serves_another_request(serve: Serve, wire: Connect) -> None:
    one = wire(serve())

    for _ in range(3):
        one.send(http(body_of()))
        assert unchunked(one.until(END)) == load(TEXT).interactions[0].response.body


def test_pipelined_requests_are_answered_in_order(serve: Serve, wire: Connect) -> None:
    one = wire(serve(timing=0.001))
    one.send(http(body_of()) + http(b"{}") + http(body_of(), "Connection: close"))

    assert re.findall(rb"HTTP/1.1 (\d+)", one.rest()) == [b"200", b"404", b"200"]


def test_more_requests_than_may_wait_are_all_answered(serve: Serve, wire: Connect) -> None:
    one = wire(serve(timing=0.0001))
    one.send(http(body_of()) * 60 + http(body_of(), "Connection: close"))

    assert one.rest().count(b"HTTP/1.1 200 OK") == 61


def test_a_client_that_asks_first_may_send_its_body(serve: Serve, wire: Connect) -> None:
    one = wire(serve())
    head, _, body = http(body_of(), "Expect: 100-continue").partition(b"\r\n\r\n")
    one.send(head + b"\r\n\r\n")
    assert one.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"

    one.send(body)

    assert one.until(END).startswith(b"HTTP/1.1 200 OK")


def test_head_has_the_headers_alone(serve: Serve, wire: Connect) -> None:
    one = wire(serve())
    one.send(http(method="HEAD", target="/") + http(body_of()))

    response = one.until(END)

    assert response.startswith(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain")
    assert b"\r\n\r\nHTTP/1.1 200 OK\r\n" in response


def test_a_page_may_ask_from_anywhere(serve: Serve, wire: Connect) -> None:
    one = wire(serve())
    one.send(http(b"", "Access-Control-Request-Headers: x-stainless-os", method="OPTIONS"))

    response = one.until(b"\r\n\r\n")

    assert response.startswith(b"HTTP/1.1 204 No Content")
    assert b"Access-Control-Allow-Headers: x-stainless-os" in response
    assert b"Access-Control-Allow-Origin: *" in response


@pytest.mark.parametrize("timing", ["instant", 0.001])
def test_a_response_says_once_who_may_read_it(
    serve: Serve, wire: Connect, tmp_path: Path, timing: str | float
) -> None:
    (recorded,) = load(TEXT).interactions
    headers = (*recorded.response.headers, ("access-control-allow-origin", "https://app.example"))
    answered = replace(recorded, response=replace(recorded.response, headers=headers))
    write(tmp_path / "own.yaml", Document((answered,), {}))
    one = wire(serve(tmp_path / "own.yaml", timing=timing))
    one.send(http(body_of()))

    head = one.until(END).partition(b"\r\n\r\n")[0].lower()

    assert re.findall(rb"access-control-allow-origin: (\S+)", head) == [b"https://app.example"]


def test_a_request_that_nothing_answers_says_what_differs(serve: Serve, wire: Connect) -> None:
    server = serve()
    one = wire(server)
    one.send(http(b'{"model": "gpt-4o-mini", "stream": true, "messages": []}', "Connection: close"))

    response = one.rest()

    assert response.startswith(b"HTTP/1.1 404 Not Found")
    assert b"x-should-retry: false" in response
    error = document(response)["error"]
    assert error["type"] == "unspool_miss"
    assert "body.messages" in error["message"]
    assert server.problems() == [error["message"]]


def test_an_old_client_reads_until_the_end(serve: Serve, wire: Connect) -> None:
    one = wire(serve())
    one.send(http(body_of(), version="1.0"))

    assert one.rest().partition(b"\r\n\r\n")[2] == load(TEXT).interactions[0].response.body


def test_recorded_times_are_kept(serve: Serve, wire: Connect) -> None:
    timeline = load(TEXT).interactions[0].response.timeline
    assert timeline is not None
    assert timeline.ended_at is not None
    one = wire(serve(timing=0.2))
    started = time.monotonic()
    one.send(http(body_of()))

    one.until(END)

    assert time.monotonic() - started >= timeline.ended_at * 0.2


# Faults at the socket


def test_a_reset_is_one(serve: Serve, wire: Connect) -> None:
    server = serve(fault=Break(after=2))
    one = wire(server)
    one.send(http(body_of()))

    with pytest.raises(ConnectionResetError):
        one.rest()

    assert waited(server, "broken")
    assert server.app.journal.entries[0].pieces == 2
    assert server.app.journal.entries[0].ended_by == "ReadError"


def test_all_that_came_before_a_reset_can_be_read(serve: Serve, wire: Connect) -> None:
    one = wire(serve(fault=Break(after=2)))
    one.send(http(body_of()))
    got = one.until(b'"content":"Hello!"},"logprobs":null,"finish_reason":null}]}\n\n\r\n')

    assert got.count(b"data: ") == 2


def test_a_connection_that_breaks_http_ends_without_its_last_chunk(serve: Serve, wire: Connect) -> None:
    one = wire(serve(fault=Break(after=2, error="RemoteProtocolError")))
    one.send(http(body_of()))

    response = one.rest()

    assert response.count(b"data: ") == 2
    assert not response.endswith(END)


def test_a_body_that_is_cut_but_whole_by_http_has_its_last_chunk(serve: Serve, wire: Connect) -> None:
    one = wire(serve(fault=Cut(100)))
    one.send(http(body_of()))

    assert len(unchunked(one.until(END))) == 100


@pytest.mark.parametrize("fault", [Refuse(), NoAnswer()])
def test_a_request_without_any_response(serve: Serve, wire: Connect, fault: unspool.faults.Fault) -> None:
    one = wire(serve(fault=fault))
    one.send(http(body_of()))

    with pytest.raises(ConnectionResetError):
        one.rest()


def test_a_stall_holds_the_socket_until_the_client_leaves(serve: Serve, wire: Connect) -> None:
    server = serve(fault=Hang(after=2))
    one = wire(server)
    one.send(http(body_of()))
    one.until(b'"content":"Hello!"},"logprobs":null,"finish_reason":null}]}\n\n\r\n')
    assert server.app.journal.entries[0].outcome == "open"

    one.close()

    assert waited(server, "left")


def test_a_fault_may_take_time(serve: Serve, wire: Connect) -> None:
    one = wire(serve(fault=SlowStart(0.3)))
    started = time.monotonic()
    one.send(http(body_of()))

    one.until(END)

    assert time.monotonic() - started >= 0.3


def test_a_retry_gets_the_recording_that_the_fault_broke(serve: Serve, wire: Connect) -> None:
    server = serve(fault=Break(after=2).on(1), repeats=False)
    first = wire(server)
    first.send(http(body_of()))
    with pytest.raises(ConnectionResetError):
        first.rest()
    assert waited(server, "broken")

    second = wire(server)
    second.send(http(body_of()))

    assert unchunked(second.until(END)) == load(TEXT).interactions[0].response.body


def test_a_fault_that_finds_nothing_is_a_problem(serve: Serve, wire: Connect) -> None:
    server = serve(fault=Break(after=500).on(1))
    one = wire(server)
    one.send(http(body_of()))
    with pytest.raises(ConnectionResetError):
        one.rest()
    assert waited(server, "refused")

    assert "501 network chunks" in server.problems()[0]


# Limits


def test_what_isn_t_http_is_refused(serve: Serve, wire: Connect) -> None:
    one = wire(serve())
    one.send(b"\x16\x03\x01 this is TLS \r\n\r\n")

    response = one.rest()

    assert response.startswith(b"HTTP/1.1 400 Bad Request")
    assert b"Connection: close" in response


def test_a_body_has_a_limit(serve: Serve, wire: Connect) -> None:
    one = wire(serve())
    one.send(
        f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {connection.MOST_BODY_BYTES + 1}\r\n\r\n".encode()
    )

    assert one.rest().startswith(b"HTTP/1.1 413 Content Too Large")


def test_a_slow_request_is_given_up(serve: Serve, wire: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.2)
    one = wire(serve())
    one.send(http(body_of())[:-5])

    assert one.rest().startswith(b"HTTP/1.1 408 Request Timeout")


def drip(one: Wire) -> None:
    for _ in range(400):
        one.send(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize("part", ["head", "body"])
def test_a_request_that_drips_is_given_up(
    serve: Serve, wire: Connect, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.3)
    one = wire(serve())
    if part == "body":
        one.send(http(b"x" * 10_000)[:-9_999])
    with pytest.raises(OSError):  # noqa: PT011 - a reset or a broken pipe, as the system has it
        drip(one)


def test_a_silent_connection_is_closed(serve: Serve, wire: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "REQUEST_SECONDS", 0.2)

    assert wire(serve()).rest() == b""


def test_connections_have_a_limit(serve: Serve, wire: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "MOST_CONNECTIONS", 1)
    server = serve()
    first, second = wire(server), wire(server)

    assert second.rest().startswith(b"HTTP/1.1 503 Service Unavailable")

    first.send(http(body_of()))
    assert first.until(END).startswith(b"HTTP/1.1 200 OK")


def test_nothing_is_left_of_connections_that_are_gone(serve: Serve, wire: Connect) -> None:
    server = serve(timing="recorded")
    for _ in range(50):
        one = wire(server)
        one.send(http(body_of()))
        one.close()

    for _ in range(1000):
        if not server._connections:
            break
        time.sleep(0.01)

    assert not server._connections


def test_an_edited_body_is_sent_whole(serve: Serve, wire: Connect, tmp_path: Path) -> None:
    text = TEXT.read_text("utf-8").replace("Hello!", "Hello, hello!")
    (tmp_path / "edited.yaml").write_text(text, "utf-8")
    with pytest.warns(unspool.CassetteWarning):
        server = serve(tmp_path / "edited.yaml")
    one = wire(server)
    one.send(http(body_of()))

    assert b"Hello, hello!" in unchunked(one.until(END))
