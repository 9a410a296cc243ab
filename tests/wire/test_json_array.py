"""One streamed JSON array, both ways."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unspool.errors import EventTooLargeError, MalformedEventError, WireError
from unspool.pipeline import Stage
from unspool.wire.event import WireEvent
from unspool.wire.json_array import JSONArrayDecoder, encode_json_array

# Gemini's own layout, line ends of both kinds included.
GEMINI = b'[{\n  "text": "a]}\\""\n}\n,\r\n{\n  "parts": [{}, []]\n}\n]'
TRICKY = rb'{"\\": "\"", "]": "[{", "e": "\u00e9\\"}'


def decode(*reads: bytes) -> list[WireEvent]:
    decoder: Stage[bytes, WireEvent] = JSONArrayDecoder()
    return [event for read in reads for event in decoder.feed(read)] + list(decoder.flush())


def outcome(*reads: bytes, max_event_bytes: int) -> tuple[list[WireEvent], object]:
    """The events, and what error ended them where."""
    decoder, events = JSONArrayDecoder(max_event_bytes=max_event_bytes), []
    try:
        for read in reads:
            for event in decoder.feed(read):
                events.append(event)  # noqa: PERF402 - those before an error count
        events += list(decoder.flush())
    except WireError as error:
        return events, (type(error), error.position)
    return events, None


def one_by_one(body: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in body]


def data_of(*reads: bytes) -> list[str]:
    events = decode(*reads)
    assert all(event == WireEvent(data=event.data) for event in events)
    return [event.data for event in events]


def test_each_element_is_an_event_with_its_exact_text() -> None:
    assert data_of(GEMINI) == ['{\n  "text": "a]}\\""\n}', '{\n  "parts": [{}, []]\n}']


def test_an_element_is_there_with_its_last_byte() -> None:
    assert list(JSONArrayDecoder().feed(b'[{"a":{}}')) == [WireEvent(data='{"a":{}}')]


def test_brackets_and_quotes_in_strings_count_for_nothing() -> None:
    assert data_of(b"[" + TRICKY + b"," + TRICKY + b"]") == [TRICKY.decode()] * 2


def test_a_backslash_cut_from_what_it_escapes_still_escapes_it() -> None:
    assert data_of(*one_by_one(b'["\\"]", "\\\\"]')) == ['"\\"]"', '"\\\\"']


@pytest.mark.parametrize(
    "text", ["0", "-1.5e+10", "true", "false", "null", '""', '"a"', "[]", "{}", "[[1], 2]"]
)
def test_an_element_may_be_any_value(text: str) -> None:
    assert data_of(f"[{text} , {text}]".encode()) == [text, text]


@pytest.mark.parametrize("body", [b"", b" \r\n", b"[]", b" [ ] \n", b"["])
def test_an_array_without_elements_has_no_events(body: bytes) -> None:
    assert decode(body) == []


def test_a_bare_object_is_one_event() -> None:
    assert data_of(b' {"error": {"code": 400}}\n') == ['{"error": {"code": 400}}']


def test_invalid_utf8_is_replaced() -> None:
    assert data_of(b'["\xff"]') == ['"\ufffd"']


def test_a_character_cut_by_a_read_stays_whole() -> None:
    assert data_of(*one_by_one('["…🎈"]'.encode())) == ['"…🎈"']


@pytest.mark.parametrize("rest", ['{"a": [1', '"a', '"a\\', "[", "12", "tru"])
def test_an_element_cut_off_is_incomplete(rest: str) -> None:
    assert decode(b"[1,", rest.encode()) == [WireEvent(data="1"), WireEvent(data=rest, complete=False)]


def test_a_bare_object_cut_off_is_incomplete() -> None:
    assert decode(b'{"error": ') == [WireEvent(data='{"error": ', complete=False)]


def test_a_stream_that_ends_between_two_elements_has_nothing_more() -> None:
    assert decode(b"[{}\r\n,\r\n") == [WireEvent(data="{}")]


@pytest.mark.parametrize(
    ("body", "position", "expected"),
    [
        (b"<html>", 0, r"a JSON array or object"),
        (b"12", 0, r"a JSON array or object"),
        (b"[{} {}]", 4, r"a comma or \]"),
        (b"[{}}", 3, r"a comma or \]"),
        (b"[{},]", 4, r"an element at"),
        (b"[,{}]", 1, r"an element or \]"),
        (b"[{}]x", 4, r"the end of the stream"),
        (b"{}{}", 2, r"the end of the stream"),
        (b"[1, nonsense]", 4, r"an element at"),
        (b"[01]", 1, r"an element at"),
        (b"[{}, }", 5, r"an element at"),
    ],
)
def test_garbage_is_an_error_that_says_where(body: bytes, position: int, expected: str) -> None:
    with pytest.raises(MalformedEventError, match=expected) as caught:
        decode(*one_by_one(body))
    assert caught.value.position == position


def test_what_came_before_garbage_is_delivered_first() -> None:
    events = JSONArrayDecoder().feed(b"[{} oops")
    assert next(events) == WireEvent(data="{}")
    with pytest.raises(MalformedEventError, match="oops"):
        next(events)


@pytest.mark.parametrize("body", [b'[1, "2345"]', b"[1, [345]]", b"[1, 23456 ]", b'[1, "2345'])
def test_an_element_too_large_is_refused(body: bytes) -> None:
    with pytest.raises(EventTooLargeError, match=r"max_event_bytes to JSONArrayDecoder.* starts at byte 4"):
        list(JSONArrayDecoder(max_event_bytes=4).feed(body))


def test_white_space_may_go_on_forever() -> None:
    assert outcome(b"[" + b" " * 100 + b"1" + b"\n" * 100 + b"]", max_event_bytes=4) == (
        [WireEvent(data="1")],
        None,
    )


def test_after_an_error_the_decoder_raises_it_again() -> None:
    decoder = JSONArrayDecoder()
    with pytest.raises(MalformedEventError) as first:
        list(decoder.feed(b"x"))
    with pytest.raises(MalformedEventError) as again:
        list(decoder.feed(b"[{}]"))
    with pytest.raises(MalformedEventError) as at_the_end:
        list(decoder.flush())
    assert again.value is at_the_end.value is first.value


PIECES = [
    b"[",
    b"]",
    b"{",
    b"}",
    b",",
    b"\r\n,\r\n",
    b'"',
    b"\\",
    b":",
    b"12",
    b"null",
    b"x",
    b" ",
    "…".encode(),
    b"\xff",
]
soups = st.lists(st.sampled_from(PIECES), max_size=25).map(b"".join)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
lists = st.lists(values, max_size=4)


@settings(deadline=None)
@given(
    soups | lists.map(json.dumps).map(str.encode),
    st.lists(st.integers(0, 60), max_size=6),
    st.sampled_from([6, 1000]),
)
def test_any_cut_gives_the_same_events_and_error(body: bytes, points: list[int], cap: int) -> None:
    edges = pairwise([0, *sorted(min(point, len(body)) for point in points), len(body)])
    whole = outcome(body, max_event_bytes=cap)
    assert outcome(*(body[a:b] for a, b in edges), max_event_bytes=cap) == whole
    assert outcome(*one_by_one(body), max_event_bytes=cap) == whole


@settings(deadline=None)
@given(lists, st.sampled_from([None, 2]), st.booleans())
def test_any_list_gives_its_elements(elements: list[object], indent: int | None, escape: bool) -> None:
    body = json.dumps(elements, indent=indent, ensure_ascii=escape).encode("utf-8", "replace")
    assert [json.loads(text) for text in data_of(body)] == json.loads(body)


def test_events_are_written_one_piece_each() -> None:
    events = [WireEvent(data='{"a":1}'), WireEvent(data='{"b":2}')]
    assert list(encode_json_array(events)) == [b'[{"a":1}', b',\r\n{"b":2}', b"]"]


def test_no_events_are_an_empty_array() -> None:
    assert b"".join(encode_json_array([])) == b"[]"


def test_an_incomplete_event_ends_the_stream() -> None:
    assert (
        b"".join(encode_json_array([WireEvent(data="1"), WireEvent(data='{"a', complete=False)]))
        == b'[1,\r\n{"a'
    )


@pytest.mark.parametrize("data", ["", " 1", "1 ", "1,2", "1]", "{", '"a', "{}{}", "nonsense", "]"], ids=repr)
def test_data_that_is_not_one_value_is_refused(data: str) -> None:
    with pytest.raises(WireError, match="one JSON value"):
        list(encode_json_array([WireEvent(data=data)]))


@pytest.mark.parametrize("data", ["", "{}", '"a"', "1,", "1 "])
def test_data_that_is_not_cut_off_cannot_be_incomplete(data: str) -> None:
    with pytest.raises(WireError, match="the beginning of one JSON value"):
        list(encode_json_array([WireEvent(data=data, complete=False)]))


def test_an_event_after_an_incomplete_one_is_refused() -> None:
    with pytest.raises(WireError, match="Nothing can follow"):
        list(encode_json_array([WireEvent(data="{", complete=False), WireEvent(data="{}")]))


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (WireEvent(data='"\ud800"'), "UTF-8"),
        (WireEvent(name="a", data="1"), "name"),
        (WireEvent(data="1", id="1"), "id"),
        (WireEvent(data="1", retry=1), "retry"),
        (WireEvent(data="1", headers={"a": 1}), "headers"),
    ],
)
def test_what_a_json_array_cannot_carry_is_refused(event: WireEvent, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        list(encode_json_array([event]))


@settings(deadline=None)
@given(lists, st.integers(0, 5))
def test_written_events_are_read_back(elements: list[object], cut_off: int) -> None:
    events = [WireEvent(data=json.dumps(element)) for element in elements]
    if cut_off:
        events.append(WireEvent(data='{"a": [1, "'[:cut_off], complete=False))
    assert decode(b"".join(encode_json_array(events))) == events
