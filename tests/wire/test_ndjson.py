"""Lines of JSON, both ways."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unspool.errors import EventTooLargeError, WireError
from unspool.pipeline import Stage
from unspool.wire.event import WireEvent
from unspool.wire.ndjson import NDJSONDecoder, encode_ndjson


def decode(*reads: bytes) -> list[WireEvent]:
    decoder: Stage[bytes, WireEvent] = NDJSONDecoder()
    return [event for read in reads for event in decoder.feed(read)] + list(decoder.flush())


def outcome(*reads: bytes, max_event_bytes: int) -> tuple[list[WireEvent], type[Exception] | None]:
    """The events, and the error that ended them."""
    decoder, events = NDJSONDecoder(max_event_bytes=max_event_bytes), []
    try:
        for read in reads:
            for event in decoder.feed(read):
                events.append(event)  # noqa: PERF402 - those before an error count
        events += list(decoder.flush())
    except WireError as error:
        return events, type(error)
    return events, None


def one_by_one(body: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in body]


def test_each_line_is_an_event() -> None:
    assert decode(b'{"a":1}\n{"b":2}\n') == [WireEvent(data='{"a":1}'), WireEvent(data='{"b":2}')]


def test_a_line_may_end_in_crlf() -> None:
    assert decode(b'{"a":1}\r', b'\n{"b":2}\r\n') == [WireEvent(data='{"a":1}'), WireEvent(data='{"b":2}')]


def test_a_lone_cr_ends_no_line() -> None:
    assert decode(b"1\r2\r\r\n") == [WireEvent(data="1\r2\r")]


def test_blank_lines_are_skipped() -> None:
    assert decode(b"\n\r\n \t\n1\n\n") == [WireEvent(data="1")]


def test_white_space_around_a_text_is_kept() -> None:
    assert decode(b" 1 \n") == [WireEvent(data=" 1 ")]


def test_unicodes_line_ends_are_not_any() -> None:
    assert decode('"a\u2028b\x85c\vd"\n'.encode()) == [WireEvent(data='"a\u2028b\x85c\vd"')]


def test_invalid_utf8_is_replaced() -> None:
    assert decode(b'"\xff"\n') == [WireEvent(data='"\ufffd"')]


def test_a_character_cut_by_a_read_stays_whole() -> None:
    assert decode(*one_by_one('"…🎈"\n'.encode())) == [WireEvent(data='"…🎈"')]


@pytest.mark.parametrize("rest", ['{"a":', '{"a":1}', '{"a":1}\r'])
def test_a_last_line_without_its_end_is_incomplete(rest: str) -> None:
    assert decode(b"1\n", rest.encode()) == [
        WireEvent(data="1"),
        WireEvent(data=rest.removesuffix("\r"), complete=False),
    ]


def test_an_empty_stream_has_no_events() -> None:
    assert decode() == decode(b"") == decode(b"\n") == []


def test_what_came_before_a_line_too_long_is_delivered_first() -> None:
    events = NDJSONDecoder(max_event_bytes=4).feed(b"1\n12345\n2\n")
    assert next(events) == WireEvent(data="1")
    with pytest.raises(
        EventTooLargeError, match=r"4 bytes, and 5 have come.*max_event_bytes to NDJSONDecoder"
    ):
        next(events)


def test_a_line_without_end_is_refused_as_soon_as_it_is_too_long() -> None:
    decoder = NDJSONDecoder(max_event_bytes=4)
    assert list(decoder.feed(b"1234")) == []
    with pytest.raises(EventTooLargeError):
        list(decoder.feed(b"5"))


def test_after_an_error_the_decoder_raises_it_again() -> None:
    decoder = NDJSONDecoder(max_event_bytes=1)
    with pytest.raises(EventTooLargeError) as first:
        list(decoder.feed(b"12"))
    with pytest.raises(EventTooLargeError) as again:
        list(decoder.feed(b"\n1\n"))
    assert again.value is first.value


PIECES = [b'{"a":', b"1}", b"\n", b"\r\n", b"\r", b" ", "…".encode(), b"\xe2", b"\xff"]


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join),
    st.lists(st.integers(0, 60), max_size=6),
    st.sampled_from([5, 1000]),
)
def test_any_cut_gives_the_same_events_and_error(body: bytes, points: list[int], cap: int) -> None:
    edges = pairwise([0, *sorted(min(point, len(body)) for point in points), len(body)])
    whole = outcome(body, max_event_bytes=cap)
    assert outcome(*(body[a:b] for a, b in edges), max_event_bytes=cap) == whole
    assert outcome(*one_by_one(body), max_event_bytes=cap) == whole


def test_an_event_is_written_as_a_line() -> None:
    assert encode_ndjson(WireEvent(data='{"a":"é"}')) == '{"a":"é"}\n'.encode()


def test_an_incomplete_event_is_written_without_its_line_end() -> None:
    assert encode_ndjson(WireEvent(data='{"a":', complete=False)) == b'{"a":'


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (WireEvent(data="{\n}"), "data"),
        (WireEvent(data="1\r"), "CR"),
        (WireEvent(data=""), "something"),
        (WireEvent(data=" \t"), "something"),
        (WireEvent(data="\ud800"), "UTF-8"),
        (WireEvent(name="a", data="1"), "name"),
        (WireEvent(data="1", id="1"), "id"),
        (WireEvent(data="1", retry=1), "retry"),
        (WireEvent(data="1", headers={"a": 1}), "headers"),
    ],
)
def test_what_ndjson_cannot_carry_is_refused(event: WireEvent, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        encode_ndjson(event)


texts = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1)


@settings(deadline=None)
@given(texts.filter(lambda text: text.encode().strip() and not text.endswith("\r")), st.booleans())
def test_a_written_event_is_read_back(text: str, complete: bool) -> None:
    event = WireEvent(data=text, complete=complete)
    assert decode(encode_ndjson(event)) == [event]
