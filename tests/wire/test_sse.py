"""What the SSE decoder does beyond WHATWG, and the encoder. The rules themselves: test_eventsource.py."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unspool.errors import EventTooLargeError, WireError
from unspool.pipeline import Stage
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED, SSEDecoder, encode_sse, encode_sse_comment

# The shape in which Vertex breaks off a stream: raw JSON where `data:` is due.
RAW_ERROR = """{
  "error": {
    "code": 499,
    "data": ["data: this is no field"],
    "id": 3
  }
}"""


def decode(*reads: bytes, **options: Any) -> list[WireEvent]:
    decoder: Stage[bytes, WireEvent] = SSEDecoder(**options)
    return [event for read in reads for event in decoder.feed(read)] + list(decoder.flush())


def outcome(*reads: bytes, **options: Any) -> tuple[list[WireEvent], type[Exception] | None]:
    """The events, and the error that ended them."""
    decoder, events = SSEDecoder(**options), []
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


# --- the end of the stream


def test_a_last_event_without_its_blank_line_is_incomplete() -> None:
    assert decode(b"data: a\n\nid: 7\nevent: e\ndata: b\n") == [
        WireEvent(data="a"),
        WireEvent(name="e", data="b", id="7", complete=False),
    ]


def test_a_last_line_without_its_end_belongs_to_the_incomplete_event() -> None:
    assert decode(b"data: a\ndata: [DO") == [WireEvent(data="a\n[DO", complete=False)]


def test_a_character_cut_off_by_the_end_becomes_a_replacement() -> None:
    assert decode("data: ok…".encode()[:-1]) == [WireEvent(data="ok\ufffd", complete=False)]


@pytest.mark.parametrize(
    "rest", [b"event: x\n", b": ping\n", b"data:\n", b"data", b"dat", b"\xef\xbb\xbf", b"id: 1"]
)
def test_a_rest_without_data_is_no_event(rest: bytes) -> None:
    assert decode(b"data: a\n\n", rest) == [WireEvent(data="a")]


def test_a_second_flush_gives_nothing() -> None:
    decoder = SSEDecoder()
    assert list(decoder.feed(b"data: a\n")) == []
    assert len(list(decoder.flush())) == 1
    assert list(decoder.flush()) == []


# --- fields


def test_retry_is_its_own_blocks() -> None:
    assert [event.retry for event in decode(b"retry: 010\ndata: a\n\ndata: b\n\n")] == [10, None]


def test_a_retry_of_more_digits_than_python_reads_is_ignored() -> None:
    assert decode(b"retry: " + b"9" * 5000 + b"\ndata: a\n\n") == [WireEvent(data="a")]


def test_a_character_cut_by_a_read_stays_whole() -> None:
    assert decode(*one_by_one("data: …🎈é\n\n".encode())) == [WireEvent(data="…🎈é")]


# --- lines that WHATWG ignores


def test_unknown_lines_are_ignored_by_default() -> None:
    assert decode(b'error: {"code": 500}\n\ndata: a\n\n') == [WireEvent(data="a")]


def test_kept_unknown_lines_are_an_event_of_their_own() -> None:
    assert decode(b'error: {"code": 500}\n\ndata: a\n\n', keep_ignored=True) == [
        WireEvent(name=IGNORED, data='error: {"code": 500}'),
        WireEvent(data="a"),
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_raw_json_in_mid_stream_is_kept_in_one_piece(newline: str) -> None:
    body = newline.join(["data: a", "", RAW_ERROR.replace("\n", newline), "", "data: b", "", ""])
    events = [WireEvent(data="a"), WireEvent(name=IGNORED, data=RAW_ERROR), WireEvent(data="b")]
    assert decode(body.encode(), keep_ignored=True) == events
    assert decode(*one_by_one(body.encode()), keep_ignored=True) == events


def test_raw_json_that_the_stream_ends_in_is_incomplete() -> None:
    assert decode(b"data: a\n\n" + RAW_ERROR.encode(), keep_ignored=True) == [
        WireEvent(data="a"),
        WireEvent(name=IGNORED, data=RAW_ERROR, complete=False),
    ]


def test_ignored_lines_come_before_data_that_they_precede() -> None:
    assert [event.data for event in decode(b'{"a": 1}\ndata: [DONE]\n\n', keep_ignored=True)] == [
        '{"a": 1}',
        "[DONE]",
    ]


def test_ignored_lines_come_after_data_that_they_follow() -> None:
    assert [event.data for event in decode(b'data: x\n{"a": 1}\n\n', keep_ignored=True)] == ["x", '{"a": 1}']


def test_comments_are_not_kept() -> None:
    assert decode(b": ping\n\n:\ndata: a\n\n", keep_ignored=True) == [WireEvent(data="a")]


def test_a_bom_is_dropped_from_an_ignored_line_too() -> None:
    assert decode(b"\xef\xbb\xbf{}\n\n", keep_ignored=True) == [WireEvent(name=IGNORED, data="{}")]


# --- the cap


def test_what_came_before_an_event_too_large_is_delivered_first() -> None:
    events = SSEDecoder(max_event_bytes=20).feed(b"data: a\n\ndata: " + b"x" * 20 + b"\n\ndata: b\n\n")
    assert next(events) == WireEvent(data="a")
    with pytest.raises(EventTooLargeError):
        next(events)


def test_the_error_says_the_cap_and_how_to_raise_it() -> None:
    with pytest.raises(
        EventTooLargeError, match=r"20 bytes, and 26 have come.*max_event_bytes to SSEDecoder"
    ):
        decode(b"data: " + b"x" * 20, max_event_bytes=20)


def test_a_line_without_end_is_refused_as_soon_as_it_is_too_long() -> None:
    decoder = SSEDecoder(max_event_bytes=10)
    assert list(decoder.feed(b"0123456789")) == []
    with pytest.raises(EventTooLargeError):
        list(decoder.feed(b"0"))


def test_many_short_lines_count_together() -> None:
    assert outcome(b"data: a\n" * 3, max_event_bytes=20) == ([], EventTooLargeError)


def test_kept_lines_count_too() -> None:
    assert outcome(b"error: 1\n" * 3, max_event_bytes=20, keep_ignored=True) == ([], EventTooLargeError)


@pytest.mark.parametrize(("cap", "error"), [(10, None), (9, EventTooLargeError)])
def test_a_bom_counts_in_every_cut(cap: int, error: type[Exception] | None) -> None:
    body = b"\xef\xbb\xbfdata: a\n\n"
    assert outcome(body, max_event_bytes=cap)[1] is error
    assert outcome(*one_by_one(body), max_event_bytes=cap)[1] is error


def test_the_cap_is_for_one_event_not_for_the_stream() -> None:
    assert len(decode(b"data: a\n\n" * 100, max_event_bytes=10)) == 100


def test_comments_may_go_on_forever() -> None:
    assert decode(*[b": ping\n"] * 100, b"data: a\n\n", max_event_bytes=10) == [WireEvent(data="a")]


def test_after_an_error_the_decoder_raises_it_again() -> None:
    decoder = SSEDecoder(max_event_bytes=10)
    with pytest.raises(EventTooLargeError) as first:
        list(decoder.feed(b"x" * 11))
    with pytest.raises(EventTooLargeError) as again:
        list(decoder.feed(b"\n\ndata: a\n\n"))
    with pytest.raises(EventTooLargeError) as at_the_end:
        list(decoder.flush())
    assert again.value is at_the_end.value is first.value


# --- any cut

PIECES = [
    b"data: ",
    b"data",
    b"event:",
    b"id: ",
    b"retry: 7",
    b"error: {}",
    b": c",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n",
]
PIECES += ["…".encode(), b"\xe2", b"\xff", b"\xef\xbb\xbf", b"x", b"\0"]
bodies = st.lists(st.sampled_from(PIECES), max_size=30).map(b"".join)


@settings(deadline=None)
@given(bodies, st.lists(st.integers(0, 60), max_size=6), st.booleans(), st.sampled_from([8, 20, 1000]))
def test_any_cut_gives_the_same_events_and_error(
    body: bytes, points: list[int], keep: bool, cap: int
) -> None:
    edges = pairwise([0, *sorted(min(point, len(body)) for point in points), len(body)])
    whole = outcome(body, keep_ignored=keep, max_event_bytes=cap)
    assert outcome(*(body[a:b] for a, b in edges), keep_ignored=keep, max_event_bytes=cap) == whole
    assert outcome(*one_by_one(body), keep_ignored=keep, max_event_bytes=cap) == whole


# --- the encoder


def test_an_event_is_written_as_its_fields_and_a_blank_line() -> None:
    event = WireEvent(name="delta", data="a\n b", id="1", retry=10)
    assert encode_sse(event) == b"event: delta\nid: 1\nretry: 10\ndata: a\ndata:  b\n\n"


def test_a_message_is_written_without_a_name() -> None:
    assert encode_sse(WireEvent(data="é"), newline="\r\n") == "data: é\r\n\r\n".encode()


def test_an_incomplete_event_is_written_without_its_blank_line() -> None:
    assert encode_sse(WireEvent(data="a", complete=False)) == b"data: a\n"


def test_a_comment_is_written_with_a_blank_line() -> None:
    assert encode_sse_comment("OPENROUTER PROCESSING") == b": OPENROUTER PROCESSING\n\n"


def test_a_comment_of_several_lines_is_several_comments() -> None:
    assert encode_sse_comment("a\nb", newline="\r") == b": a\r: b\r\r"


def test_a_comment_is_no_event() -> None:
    assert decode(encode_sse_comment("data: a\ndata: b")) == []


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (WireEvent(data="a\rb"), "data"),
        (WireEvent(name="a\nb"), "name"),
        (WireEvent(name="a\r"), "name"),
        (WireEvent(name=""), "name"),
        (WireEvent(id="1\n2"), "id"),
        (WireEvent(id="1\0"), "id"),
        (WireEvent(retry=-1), "retry"),
        (WireEvent(retry=10**18), "retry"),
        (WireEvent(headers={"a": 1}), "headers"),
        (WireEvent(data="", complete=False), "data"),
        (WireEvent(data="\ud800"), "UTF-8"),
    ],
)
def test_what_sse_cannot_carry_is_refused(event: WireEvent, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        encode_sse(event)


def test_a_comment_with_a_cr_is_refused() -> None:
    with pytest.raises(WireError, match="comment"):
        encode_sse_comment("a\rdata: b")


def test_another_line_end_is_refused() -> None:
    with pytest.raises(ValueError, match="newline must be one of"):
        encode_sse(WireEvent(), newline="\f")  # type: ignore[arg-type]


line = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=8)
written = st.builds(
    WireEvent,
    name=line.filter(bool),
    data=st.lists(line, max_size=3).map("\n".join),
    id=line,
    retry=st.none() | st.integers(0, 10**18 - 1),
    complete=st.booleans(),
).filter(lambda event: event.complete or event.data)


@settings(deadline=None)
@given(written, st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_written_event_is_read_back(event: WireEvent, newline: Any) -> None:
    assert decode(encode_sse(event, newline=newline)) == [event]


@given(
    st.lists(
        st.sampled_from(
            [
                b"data: a\n\n",
                b"data: b\xc3\xa9\n\n",
                b"data: \n\n",
                b"data: \xff\n\n",
                b"id: 7\n",
                b"event: e\n",
                b": c\n\n",
                b"data: c\r\n\r\n",
                b"\n",
            ]
        ),
        max_size=8,
    )
)
def test_plain_reads_give_the_events_that_single_bytes_give(reads: list[bytes]) -> None:
    fast, slow = SSEDecoder(keep_ignored=True), SSEDecoder(keep_ignored=True)
    at_once = [event for data in reads for event in fast.feed(data)] + list(fast.flush())
    one_by_one = [event for byte in b"".join(reads) for event in slow.feed(bytes([byte]))] + list(
        slow.flush()
    )
    assert at_once == one_by_one
