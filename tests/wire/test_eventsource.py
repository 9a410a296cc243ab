"""The cases that browsers are tested with, in every cut.

What a body must give is a fact of the WHATWG text and of the web-platform-tests' `eventsource` suite,
whose cases these are, with a few of our own at the end. An event stands here as (name, data, last id).
"""

from __future__ import annotations

import random
import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unspool.wire.event import WireEvent
from unspool.wire.sse import SSEDecoder, is_event_stream

Expected = list[tuple[str, str, str]]


def unnamed(*data: str, id: str = "") -> Expected:  # noqa: A002 - the format's own word
    return [("message", text, id) for text in data]


LONG = b"x" * 2048

CASES: dict[str, tuple[bytes, Expected]] = {
    "mixed line ends": (b"data:test\r\ndata\ndata:test\r\n\r\n", unnamed("test\n\ntest")),
    "field names are exact": (
        (
            b"data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\r"
            b"data_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n"
        ),
        unnamed("\0\n 2\n1\n3\n\n4"),
    ),
    "empty data is data": (b"data:\n\ndata\ndata\n\ndata:test\n\n\n", unnamed("", "\n", "test")),
    "a BOM counts at the start only": (
        b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\ndata:3\n\n\n",
        unnamed("1", "3"),
    ),
    "one BOM is dropped, not two": (
        b"\xef\xbb\xbf\xef\xbb\xbfdata:1\n\ndata:2\n\ndata:3\n\n\n",
        unnamed("2", "3"),
    ),
    "comments": (
        b"data:1\r:\0\n:\r\ndata:2\n:" + LONG + b"\ndata:3\n:data:fail\r:" + LONG + b"\ndata:4\n\n",
        unnamed("1\n2\n3\n4"),
    ),
    "an event without its blank line is discarded": (
        b"retry:1000\ndata:test1\n\nid:test\ndata:test2\n",
        unnamed("test1"),
    ),
    "an event's name is its own": (
        b"event:test\ndata:x\n\ndata:x\n\n\n",
        [("test", "x", ""), ("message", "x", "")],
    ),
    "an empty name is message": (b"event: \ndata:data\n\n\n", unnamed("data")),
    "an id beyond ASCII": (b"id: \xe2\x80\xa6\nretry: 200\ndata: hello\n\n", unnamed("hello", id="…")),
    "an id with a NUL is ignored": (b"id: \0\0\nretry: 200\ndata: hello\n\n", unnamed("hello")),
    "an id lasts": (b"id: 1\ndata: 1\n\ndata:2\n\n", unnamed("1", "2", id="1")),
    "an id changes and lasts": (
        b"id: 1\ndata: 1\n\nid: 2\ndata:2\n\ndata:3\n\n",
        unnamed("1", id="1") + unnamed("2", "3", id="2"),
    ),
    "an empty id resets": (
        b"id: 1\ndata: 1\n\nid:\ndata:2\n\ndata:3\n\n",
        unnamed("1", id="1") + unnamed("2", "3"),
    ),
    "a bare id resets": (
        b"id: 1\ndata: 1\n\nid\ndata:2\n\ndata:3\n\n",
        unnamed("1", id="1") + unnamed("2", "3"),
    ),
    "retry": (b"retry:03000\ndata:x\n\n\n", unnamed("x")),
    "a bogus retry after a good one": (b"retry:3000\nretry:1000x\ndata:x\n\n\n", unnamed("x")),
    "a bare retry": (b"retry\ndata:test\n\n\n", unnamed("test")),
    "unknown fields": (
        b"data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n\n",
        unnamed("test\n\ntest"),
    ),
    "one leading space is dropped, not a tab": (
        b"data:\ttest\rdata: \ndata:test\n\n\n",
        unnamed("\ttest\n\ntest"),
    ),
    "a NUL in the data": (b"data:\0\n\n\n\n\n", unnamed("\0")),
    "several events": (
        b"data:msg\ndata: msg\n\n:\nfalsefield:msg\n\nfalsefield:msg\nData:data\n\ndata\n\ndata:end\n\n",
        unnamed("msg\nmsg", "", "end"),
    ),
    "UTF-8, though the content type said windows-1252": (b"data:ok\xe2\x80\xa6\n\n\n", unnamed("ok…")),
    "sent with a content type that ends in a semicolon": (b"data: data\n\n\n", unnamed("data")),
    "two lines": (b"data: hello\ndata: world\n\n", unnamed("hello\nworld")),
    "each line end": (b"data: cr\r\rdata: lf\n\ndata: crlf\r\n\r\n", unnamed("cr", "lf", "crlf")),
    "a bogus retry": (b"retry: bogus\ndata: hello\n\n", unnamed("hello")),
    "cut inside a field": (b"data: hello\n\n", unnamed("hello")),  # as every case here is
    "nothing": (b"", []),
    "a comment after an id": (b"id: 1\ndata: a\n\n: ping\n\ndata: b\n\n", unnamed("a", "b", id="1")),
    "no data, no event": (b"event: ping\n\ndata: b\n\n", unnamed("b")),
    "a block of retry alone": (b"retry: 10\n\ndata: b\n\n", unnamed("b")),
    "Unicode's line ends aren't any": (
        "data: a\u2028b\x85c\vd\fe\n\n".encode(),
        unnamed("a\u2028b\x85c\vd\fe"),
    ),
    "invalid UTF-8": (b"data: \xff\xfe ok\n\n", unnamed("\ufffd\ufffd ok")),
    "retry in other digits": ("retry: \u0661\u0662\ndata: x\n\n".encode(), unnamed("x")),
    "a negative retry": (b"retry: -5\ndata: x\n\n", unnamed("x")),
}

EVENT_STREAMS = ["text/event-stream", "text/event-stream;", "text/event-stream;charset=windows-1252"]
EVENT_STREAMS += ["Text/Event-Stream ; charset=utf-8"]
NOT_EVENT_STREAMS = ["x bogus", "text/x-bogus", "", "text/event-streams", "application/json"]

each_case = pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES.keys())


def dispatched(*reads: bytes) -> Expected:
    """What WHATWG dispatches: all but the event that only the stream's end completed."""
    decoder = SSEDecoder()
    events = [event for read in reads for event in decoder.feed(read)]
    assert not any(event.complete for event in decoder.flush())
    return [(event.name, event.data, event.id) for event in events]


def cut(body: bytes, points: list[int]) -> list[bytes]:
    return [body[start:end] for start, end in pairwise([0, *sorted(points), len(body)])]


@each_case
def test_whole(body: bytes, expected: Expected) -> None:
    assert dispatched(body) == expected


@each_case
def test_byte_by_byte(body: bytes, expected: Expected) -> None:
    assert dispatched(*(bytes([byte]) for byte in body)) == expected


@each_case
def test_byte_by_byte_with_empty_reads_between(body: bytes, expected: Expected) -> None:
    assert dispatched(*(read for byte in body for read in (bytes([byte]), b""))) == expected


@each_case
def test_every_cut_in_two(body: bytes, expected: Expected) -> None:
    for point in range(len(body) + 1):
        assert dispatched(body[:point], body[point:]) == expected


@each_case
def test_random_cuts(body: bytes, expected: Expected) -> None:
    dice = random.Random(1)
    for _ in range(50):
        points = [dice.randint(0, len(body)) for _ in range(dice.randint(2, 9))]
        assert dispatched(*cut(body, points)) == expected


@pytest.mark.parametrize("content_type", EVENT_STREAMS)
def test_a_content_type_of_an_event_stream(content_type: str) -> None:
    assert is_event_stream(content_type)


@pytest.mark.parametrize("content_type", NOT_EVENT_STREAMS)
def test_a_content_type_of_something_else(content_type: str) -> None:
    assert not is_event_stream(content_type)


def read_at_leisure(body: bytes) -> Expected:
    """WHATWG's algorithm, sentence by sentence, over the whole text: what the decoder is held against."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    events, data, name, last_id = [], "", "", ""
    for line in re.split("\r\n|\n|\r", text)[:-1]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if line == "":
            if data:
                events.append((name or "message", data.removesuffix("\n"), last_id))
            data = name = ""
        elif field == "data":
            data += value + "\n"
        elif field == "event":
            name = value
        elif field == "id" and "\0" not in value:
            last_id = value
    return events


PIECES = [
    b"data: ",
    b"data",
    b"event:",
    b"id: ",
    b"retry: 7",
    b":",
    b" ",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n",
    b"x",
]
PIECES += ["…".encode(), b"\xe2", b"\x80", b"\xff", b"\xef\xbb\xbf", b"\0"]
bodies = st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)


@settings(deadline=None)
@given(bodies, st.lists(st.integers(0, 60), max_size=6))
def test_any_body_in_any_cut_gives_what_the_rules_say(body: bytes, points: list[int]) -> None:
    points = [min(point, len(body)) for point in points]
    assert dispatched(*cut(body, points)) == read_at_leisure(body)


def test_an_event_that_a_lone_cr_closes_is_there_at_once() -> None:
    assert [event.data for event in SSEDecoder().feed(b"data: now\r\r")] == ["now"]


def test_the_lf_of_a_crlf_cut_in_two_is_no_blank_line() -> None:
    decoder = SSEDecoder()
    assert list(decoder.feed(b"data: one\r")) == []
    assert list(decoder.feed(b"\ndata: two\r")) == []
    assert list(decoder.feed(b"\n\r")) == [WireEvent(data="one\ntwo")]
    assert list(decoder.feed(b"\ndata: three\n\n")) == [WireEvent(data="three")]
