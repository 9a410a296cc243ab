"""Splitters lose and change no byte, however a body was cut into reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.wire.aws import AWSSplitter, encode_aws
from unspool.wire.event import WireEvent
from unspool.wire.framing import FRAMINGS, FramingName
from unspool.wire.json_array import JSONArraySplitter
from unspool.wire.ndjson import NDJSONSplitter
from unspool.wire.sse import SSESplitter

FRAME = encode_aws(WireEvent(name="x", data="{}"))
BODIES: dict[FramingName, list[bytes]] = {
    "aws": [FRAME, FRAME, FRAME[:20]],
    "jsonarray": [b'[{"a":1}', b',\n{"b":"]"}', b"\n]", b"\n"],
    "ndjson": [b'{"a":1}\n', b"\r\n", b'{"b":2}\r\n', b'{"c"'],
    "sse": [b": hi\r\n\r\n", b"data: 1\n\n", b"data: 2\r\r", b"data: 3\n"],
}


def test_every_framing_has_a_body_here() -> None:
    assert set(BODIES) == set(FRAMINGS)


@pytest.mark.parametrize("name", BODIES)
@given(sizes=st.lists(st.integers(1, 9), max_size=12))
def test_each_piece_holds_one_event(name: FramingName, sizes: list[int]) -> None:
    body, splitter = b"".join(BODIES[name]), FRAMINGS[name].splitter()
    reads: list[bytes] = []
    for size in sizes:
        reads, body = [*reads, body[:size]], body[size:]

    pieces = [piece for read in [*reads, body] for piece in splitter.feed(read)]

    assert [*pieces, *splitter.flush()] == BODIES[name]


def test_a_piece_comes_as_soon_as_it_is_whole() -> None:
    assert list(SSESplitter().feed(b"data: 1\n\n")) == [b"data: 1\n\n"]
    assert list(NDJSONSplitter().feed(b"{}\n")) == [b"{}\n"]
    assert list(AWSSplitter().feed(FRAME)) == [FRAME]
    assert list(JSONArraySplitter().feed(b'[{"a":1}')) == [b'[{"a":1}']


def test_a_blank_line_that_ends_in_a_cr_waits_for_its_lf() -> None:
    splitter = SSESplitter()

    assert list(splitter.feed(b"data: 1\r\n\r")) == []
    assert list(splitter.feed(b"\n")) == [b"data: 1\r\n\r\n"]


@pytest.mark.parametrize("body", [b"nonsense", b'{"a":1}'])
def test_what_is_no_array_stays_in_one_piece(body: bytes) -> None:
    splitter = JSONArraySplitter()

    assert [*splitter.feed(body), *splitter.flush()] == [body]


def test_a_length_that_no_frame_has_ends_the_splitting() -> None:
    splitter = AWSSplitter()

    assert [*splitter.feed(b"\0\0\0\x04nonsense"), *splitter.flush()] == [b"\0\0\0\x04nonsense"]
