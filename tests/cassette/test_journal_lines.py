from __future__ import annotations

import pytest

from unspool.cassette.journal_lines import (
    FIRST_LINE,
    KILLED,
    begin_line,
    body_line,
    body_pieces,
    chunk_line,
    end_line,
    from_lines,
    head_line,
    read_lines,
)
from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
)
from unspool.errors import CassetteFormatError

REQUEST = Request(
    "POST", "https://api.test/v1/chat?x=1", (("Accept", "*/*"), ("accept", "b")), b'{"a":"\xc3\xa9"}'
)
OK = Response(200, "OK", (("content-type", "text/event-stream"),))
BEGUN = FIRST_LINE + begin_line(0, REQUEST, 1_700_000_000.123457)
HEADED = BEGUN + head_line(0, OK, "HTTP/2", 0.1)
GZIP = bytes(range(256))


def read(data: bytes) -> list[Interaction]:
    return from_lines(data, name="journal")


def test_a_finished_answer_comes_back_as_it_was() -> None:
    data = HEADED + chunk_line(0, 4, 0.2, b"a\n") + chunk_line(0, 5, 0.3, b"b\nc\n")
    data += end_line(0, End.COMPLETE, None, 0.4, b"end")

    assert read(data) == [
        Interaction(
            REQUEST,
            Response(
                200,
                "OK",
                OK.headers,
                b"a\nb\nc\nend",
                Timeline(
                    chunks=(NetworkChunk(4, 0.2), NetworkChunk(5, 0.3)),
                    headers_at=0.1,
                    recorded_at=1_700_000_000.123457,
                    http_version="HTTP/2",
                    end=End.COMPLETE,
                    ended_at=0.4,
                ),
            ),
        )
    ]


def test_an_answer_without_an_end_was_killed() -> None:
    (found,) = read(HEADED + chunk_line(0, 2, 0.2, b"a\n") + chunk_line(0, 3, 0.3, b"bcd"))

    assert found.response.body == b"a\nbcd"
    assert found.response.timeline == Timeline(
        chunks=(NetworkChunk(2, 0.2), NetworkChunk(3, 0.3)),
        headers_at=0.1,
        recorded_at=1_700_000_000.123457,
        http_version="HTTP/2",
        end=End.FAILED,
        ended_at=0.3,
        failure=KILLED,
    )


def test_bytes_that_were_held_back_when_it_was_killed_have_no_chunks() -> None:
    (found,) = read(HEADED + chunk_line(0, 5, 0.2, b"a\n") + chunk_line(0, 3, 0.3, b""))

    assert found.response.timeline is not None
    assert found.response.timeline.chunks == (NetworkChunk(2, 0.2),)
    assert found.response.timeline.ended_at == 0.3


def test_a_body_that_came_whole_replaces_its_pieces() -> None:
    whole = Response(200, "OK", (("x", "scrubbed"),), GZIP, Timeline(chunks=(NetworkChunk(256, 0.2),)))
    data = HEADED + chunk_line(0, 256, 0.2, b"") + body_line(0, whole)

    (found,) = read(data + end_line(0, End.COMPLETE, None, 0.3, b""))

    assert found.response.body == GZIP
    assert found.response.headers == (("x", "scrubbed"),)
    assert found.response.timeline is not None
    assert found.response.timeline.chunks == (NetworkChunk(256, 0.2),)


def test_a_failure_before_the_headers_is_an_interaction() -> None:
    failure = Failure("ConnectError", "refused")

    (found,) = read(BEGUN + end_line(0, End.RESET, failure, 0.3, b""))

    assert found.response.status == NO_RESPONSE
    assert found.response.timeline is not None
    assert found.response.timeline.failure == failure


def test_a_request_without_any_answer_is_none() -> None:
    assert read(BEGUN) == []


def test_interactions_stand_in_the_order_of_requests() -> None:
    data = FIRST_LINE
    for slot in (2, 0, 1):
        data += begin_line(slot, Request("GET", f"/{slot}"), 5.0) + end_line(slot, End.RESET, None, 1.0, b"")

    assert [found.request.uri for found in read(data)] == ["/0", "/1", "/2"]


def test_every_cut_of_a_journal_can_be_read() -> None:
    data = HEADED + chunk_line(0, 4, 0.2, b"a\n") + end_line(0, End.COMPLETE, None, 0.4, b"b\n")

    assert [len(read(data[:length])) for length in range(len(data))] == (
        [0] * len(HEADED) + [1] * (len(data) - len(HEADED))
    )


def test_text_stays_readable() -> None:
    assert chunk_line(0, 14, 0.5, b'data: {"a":1}\n').startswith(
        rb'{"kind":"chunk","slot":0,"size":14,"at":0.5,"text":"data: {\"a\":1}\n","crc":"'
    )


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"garbage\n",
        b"[]\n",
        b"{}\n",
        b'{"kind":"journal","v":2}\n',
        b'{"kind":"unknown","slot":0}\n',
        b'{"kind":"chunk","slot":7,"size":1,"at":1}\n',
        b'{"kind":"chunk","slot":[],"size":1,"at":1}\n',
        b'{"kind":"chunk","slot":0,"size":Infinity,"at":1}\n',
        b'{"kind":"chunk","slot":0,"size":1,"at":1,"base64":"*"}\n',
        b'{"kind":"chunk","slot":0,"size":1,"at":1,"text":"\\ud800"}\n',
        b'{"kind":"end","slot":0,"end":"unheard of","failure":null,"at":1}\n',
        b'{"kind":"body","slot":0,"headers":[],"chunks":"99999999999*1@1"}\n',
        b"[" * 100_000 + b"\n",
        b"\xff\x00\n",
    ],
)
def test_garbage_is_refused(line: bytes) -> None:
    with pytest.raises(CassetteFormatError, match="journal, line 4: expected a line of a journal"):
        read(HEADED + line)


# --- damage


def journal_of(count: int) -> bytes:
    data = FIRST_LINE
    for slot in range(count):
        data += begin_line(slot, Request("GET", f"/{slot}"), 5.0, n=0) + head_line(
            slot, OK, "HTTP/2", 0.1, n=1
        )
        data += chunk_line(slot, 2, 0.2, b"a\n", n=2) + end_line(slot, End.COMPLETE, None, 0.4, b"", n=3)
    return data


def test_a_damaged_byte_costs_one_interaction_at_most() -> None:
    data = journal_of(3)
    whole = {found.request.uri: found for found in read(data)}

    for place in range(0, len(data), 3):
        for byte in (b"\0", b"\n", b"x", b'"'):
            damaged = data[:place] + byte + data[place + 1 :]
            found, damages = read_lines(damaged, name="journal")
            complete = [one for one in found if one.response.timeline.failure is None]  # type: ignore[union-attr]
            assert len(complete) >= 2
            assert all(whole[one.request.uri] == one for one in complete)
            assert damages or len(complete) == 3 or place == len(data) - 1


def test_an_answer_that_has_lost_a_line_is_not_read_as_whole() -> None:
    lines = journal_of(2).splitlines(keepends=True)

    found, damages = read_lines(b"".join(lines[:3] + lines[4:]), name="journal")

    assert [one.request.uri for one in found] == ["/1"]
    assert damages == ["journal: the answer to GET /0 has lost lines."]


def test_parts_that_were_held_back_at_the_kill_are_left_out() -> None:
    data = (
        HEADED
        + chunk_line(0, 6, 0.2, b"ab**c\n", held=((2, 2),))
        + chunk_line(0, 3, 0.3, b"d*\n", held=((7, 1),))
    )

    (found,) = read(data)

    assert found.response.body == b"abc\nd\n"
    assert found.response.timeline is not None
    assert [chunk.size for chunk in found.response.timeline.chunks] == [4, 2]


def test_parts_that_were_held_back_are_filled_in() -> None:
    data = (
        HEADED
        + chunk_line(0, 6, 0.2, b"ab**c\n", held=((2, 2),))
        + chunk_line(0, 2, 0.3, b"d\n", fills=((2, b"x"),))
    )

    assert read(data)[0].response.body == b"abxc\nd\n"
    assert (
        read(data + end_line(0, End.COMPLETE, None, 0.4, b"", fills=((3, b"y"),)))[0].response.body
        == b"abxyc\nd\n"
    )


def test_a_large_body_is_a_line_of_several_pieces() -> None:
    body = bytes(range(256)) * 1_000
    response = Response(200, "OK", (), body, Timeline(chunks=(NetworkChunk(len(body), 0.1),)))
    assert len(list(body_pieces(0, response, n=2))) > 4
    request = Request("POST", "https://api.example/v1", (), b"{}")
    lines = [
        FIRST_LINE,
        begin_line(0, request, 1.0, n=0),
        head_line(0, Response(200, "OK"), "HTTP/1.1", 0.0, n=1),
        body_line(0, response, n=2),
        end_line(0, End.COMPLETE, None, 0.2, b"", n=3),
    ]
    (found,) = from_lines(b"".join(lines), name="x")
    assert found.response.body == body
