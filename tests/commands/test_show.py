from __future__ import annotations

import gzip

import pytest

from unspool.cassette.model import End, Failure, Interaction, NetworkChunk, Request, Response, Timeline
from unspool.commands.show import printable, stream, table
from unspool.errors import CassetteError

EVENTS = (("content-type", "text/event-stream"),)
REQUEST = Request("POST", "https://api.openai.com/v1/chat/completions")
TIMELINE = Timeline(
    chunks=(NetworkChunk(9, 0.1), NetworkChunk(9, 1.25)),
    headers_at=0.05,
    recorded_at=1_795_435_200.0,
    http_version="HTTP/2",
    ended_at=1.3,
)
TIMED = Interaction(REQUEST, Response(200, "", EVENTS, b"data: a\n\ndata: b\n\n", TIMELINE))
UNTIMED = Interaction(REQUEST, Response(200, "OK", EVENTS, b"data: a\n\ndata: b\n\n"))
BROKEN = Interaction(
    REQUEST,
    Response(
        200,
        timeline=Timeline(
            end=End.RESET, ended_at=2.0, failure=Failure("ReadError", "lost \x1b[31mthe connection")
        ),
    ),
)


def cells(interaction: Interaction) -> list[str]:
    return list(table([interaction], width=200))[1].split()


def test_a_row_tells_what_was_asked_and_how_the_answer_came() -> None:
    assert cells(TIMED) == ["0", "POST", REQUEST.uri, "200", "2", "18", "1.300", "s", "complete"]


def test_of_an_answer_without_a_timeline_only_the_bytes_are_known() -> None:
    assert cells(UNTIMED) == ["0", "POST", REQUEST.uri, "200", "-", "18", "-", "-"]


def test_an_answer_that_broke_off_says_by_what() -> None:
    assert cells(BROKEN)[-3:] == ["2.000", "s", "ReadError"]


def test_a_body_that_was_edited_no_longer_has_its_chunks() -> None:
    edited = Interaction(REQUEST, Response(200, "", EVENTS, b"data: abc\n\n", TIMELINE))

    assert cells(edited)[4] == "edited"


def test_a_wide_table_has_a_line_for_each_interaction() -> None:
    titles, *rows = table([TIMED, UNTIMED], width=200)

    assert titles.split() == ["#", "method", "uri", "status", "chunks", "bytes", "time", "ended"]
    assert [row[0] for row in rows] == ["0", "1"]


def test_a_long_uri_goes_on_in_the_next_line() -> None:
    _, first, second = table([TIMED], width=80)

    assert max(len(first), len(second)) <= 80
    assert first.split()[2] + second.strip() == REQUEST.uri


def test_an_empty_cassette_has_a_heading_only() -> None:
    assert len(list(table([], width=80))) == 1


def test_a_stream_shows_when_each_chunk_came_and_what_it_said() -> None:
    assert list(stream([BROKEN, TIMED], 1, width=100)) == [
        "POST https://api.openai.com/v1/chat/completions",
        "200  text/event-stream  openai-chat  HTTP/2  recorded 2026-11-23 12:00:00 UTC",
        r"      100 ms       9 B  data: a\n\n",
        r"     1250 ms       9 B  data: b\n\n",
        "ended: complete, 1.300 s",
    ]


def test_a_stream_without_a_timeline_shows_its_events() -> None:
    assert list(stream([UNTIMED], 0, width=100))[1:] == [
        "200  OK  text/event-stream  openai-chat",
        r"           -       9 B  data: a\n\n",
        r"           -       9 B  data: b\n\n",
        "ended: -, -",
    ]


def test_a_stream_that_broke_off_ends_with_its_error() -> None:
    assert (
        list(stream([BROKEN], 0, width=100))[-1] == r"ended: ReadError: lost \x1b[31mthe connection, 2.000 s"
    )


def test_a_compressed_stream_is_shown_decoded() -> None:
    headers = (*EVENTS, ("content-encoding", "gzip"))
    body = gzip.compress(b"data: a\n\n")
    timeline = Timeline(chunks=(NetworkChunk(len(body), 0.1),))

    lines = list(stream([Interaction(REQUEST, Response(200, "", headers, body, timeline))], 0, width=100))

    assert lines[1].endswith("(gzip, shown decoded)")
    assert lines[2] == r"      100 ms       9 B  data: a\n\n"


def test_an_answer_that_is_no_chat_has_no_wire_format() -> None:
    other = Interaction(Request("GET", "https://api.openai.com/v1/models"), Response(200, "OK", EVENTS))

    assert list(stream([other], 0, width=100))[1] == "200  OK  text/event-stream"


def test_a_body_that_cannot_be_decoded_is_shown_as_it_is() -> None:
    headers = (("content-encoding", "gzip"),)

    lines = list(stream([Interaction(REQUEST, Response(200, "", headers, b"\x00\xff"))], 0, width=100))

    assert lines[1:3] == ["200  openai-chat", r"           -       2 B  \x00\xff"]


def test_a_long_chunk_goes_on_under_itself() -> None:
    body = b"x" * 200
    timeline = Timeline(chunks=(NetworkChunk(200, 0.0),))

    lines = list(stream([Interaction(REQUEST, Response(200, body=body, timeline=timeline))], 0, width=80))[
        2:-1
    ]

    assert [len(line) for line in lines] == [80, 80, 80, 56]
    assert "".join(line[24:] for line in lines) == "x" * 200


@pytest.mark.parametrize(
    ("interactions", "there"), [([], "none, the cassette is empty"), ([TIMED, TIMED], "0 to 1")]
)
def test_an_interaction_that_is_not_there_is_an_error(interactions: list[Interaction], there: str) -> None:
    with pytest.raises(CassetteError, match=rf"\({there}\), got 2"):
        list(stream(interactions, 2, width=100))


def test_what_a_terminal_would_obey_is_escaped() -> None:
    assert printable("Grüße\t\x1b[2J\r\n\u202e") == r"Grüße\t\x1b[2J\r\n\u202e"
