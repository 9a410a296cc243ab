from __future__ import annotations

import tracemalloc

import pytest

from unspool.cassette.boundaries import pieces, says_goodbye, split_events
from unspool.cassette.model import NetworkChunk, Response, Timeline
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent

SSE = (("content-type", "text/event-stream; charset=utf-8"),)


def test_pieces_are_those_of_the_network() -> None:
    timeline = Timeline(chunks=(NetworkChunk(2, 0.1), NetworkChunk(3, 0.2)))
    assert pieces(Response(200, body=b"abcde", timeline=timeline)) == [(0.1, b"ab"), (0.2, b"cde")]


def test_a_body_that_was_edited_is_cut_after_its_events() -> None:
    timeline = Timeline(chunks=(NetworkChunk(2, 0.1),), headers_at=0.05)
    response = Response(200, headers=SSE, body=b"data: 1\n\ndata: 2\n\n", timeline=timeline)
    assert pieces(response) == [(0.05, b"data: 1\n\n"), (0.05, b"data: 2\n\n")]


def test_nobody_knows_when_a_recording_of_vcrpys_came() -> None:
    assert pieces(Response(200, headers=SSE, body=b"data: 1\n\ndata: 2")) == [
        (0.0, b"data: 1\n\n"),
        (0.0, b"data: 2"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_blank_line_of_any_kind_ends_an_event(end: str) -> None:
    events = [f"data: {number}{end}{end}".encode() for number in range(3)]
    assert split_events(b"".join(events), SSE) == events


def test_ndjson_is_cut_after_each_line() -> None:
    headers = (("Content-Type", "application/x-ndjson"),)
    assert split_events(b'{"a":1}\n{"b":2}\n', headers) == [b'{"a":1}\n', b'{"b":2}\n']


def test_an_aws_stream_is_cut_after_each_frame() -> None:
    frames = [encode_aws(WireEvent("chunk", data)) for data in ("one", "two")]
    headers = (("content-type", "application/vnd.amazon.eventstream"),)
    assert split_events(b"".join(frames), headers) == frames


def test_what_only_claims_to_be_an_aws_stream_stays_whole() -> None:
    headers = (("content-type", "application/vnd.amazon.eventstream"),)
    assert split_events(b"\0\0\0\0nonsense", headers) == [b"\0\0\0\0nonsense"]


def test_json_stays_whole() -> None:
    assert split_events(b"{}\n\n{}", (("content-type", "application/json"),)) == [b"{}\n\n{}"]


def test_a_compressed_stream_stays_whole() -> None:
    assert split_events(b"x\n\ny", (*SSE, ("content-encoding", "gzip"))) == [b"x\n\ny"]


def test_an_empty_body_has_no_pieces() -> None:
    assert split_events(b"", SSE) == []


@pytest.mark.parametrize(
    "tail",
    [
        b'data: {"x":1}\n\ndata: [DONE]\n\n',
        b"data: [DONE]",
        b"data:[DONE]\r\n\r\n",
        b'event: message_stop\ndata: {"type":"message_stop"}\n\n',
        b'event: message_stop\ndata: {"type": "message_stop"}\n\n',
        b'event: response.completed\ndata: {"type":"response.completed","response":{}}\n\n',
        b'{"model":"llama3","done":true}\n',
    ],
)
def test_a_stream_says_goodbye(tail: bytes) -> None:
    assert says_goodbye(tail)


@pytest.mark.parametrize(
    "tail", [b"", b'data: {"x":1}\n\n', b'data: {"text":"[DONE] "}\n\n', b'{"done":false}\n']
)
def test_a_stream_goes_on(tail: bytes) -> None:
    assert not says_goodbye(tail)


def test_blank_lines_stay_with_the_event_before_them() -> None:
    assert split_events(b"data: 1\n\n\n\n\ndata: 2\n\n\n", SSE) == [b"data: 1\n\n\n\n\n", b"data: 2\n\n\n"]


@pytest.mark.parametrize("blanks", [1, 4_000, 300_000])
def test_white_space_after_the_end_mark_hides_nothing(blanks: int) -> None:
    assert says_goodbye(b"data: {}\n\ndata: [DONE]" + b"\n" * blanks)
    assert not says_goodbye(b"data: {}\n\ndata: [DON" + b"\n" * blanks)


def test_the_end_mark_of_a_large_body_is_found_without_a_copy() -> None:
    body = b"data: {}\n\n" * 1_000_000 + b"data: [DONE]\n\n"
    tracemalloc.start()
    try:
        assert says_goodbye(body)
        assert tracemalloc.get_traced_memory()[1] < len(body) / 2
    finally:
        tracemalloc.stop()
