"""Bodies as frames: every byte in one of them, however the network cut it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.faults import answers

from unspool.faults.frames import (
    AWSFraming,
    Framing,
    JSONArrayFraming,
    NDJSONFraming,
    SSEFraming,
    framing_of,
)

BODIES = [one.response.body for one in answers.ALL.values()] + [
    b"data: 1\r\n\r\ndata: 2\r\n\r\n",
    b"data: 1\r\rdata: 2\r\r",
    b"\xef\xbb\xbfdata: 1\n\n: comment\n\n\n\ndata: 2",
    b'{"a": 1}\r\n\n{"b": 2}',
    b'[{"a": "}]"}, 1, "x" , [2]\n]\n',
    b"[]",
    b"[oops",
    b"",
]


def frames_of(framing: Framing, *pieces: bytes) -> list[bytes]:
    frames = [frame for piece in pieces for frame in framing.split(piece, 0.0)]
    return [frame.data for frame in [*frames, *framing.rest(0.0)]]


@given(body=st.sampled_from(BODIES), sizes=st.lists(st.integers(1, 60)))
def test_frames_are_the_same_however_they_come(body: bytes, sizes: list[int]) -> None:
    pieces, start = [], 0
    for size in sizes:
        pieces.append(body[start : start + size])
        start += size

    frames = frames_of(framing_of(body), *pieces, body[start:])
    assert frames == frames_of(framing_of(body), body)
    assert b"".join(frames) == body


@given(body=st.sampled_from(BODIES))
def test_what_is_written_is_what_was_read(body: bytes) -> None:
    framing = framing_of(body)

    assert b"".join(framing.write(data) for data in frames_of(framing, body)) == body


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"data: 1\n\n", SSEFraming),
        (b": comment\n\n", SSEFraming),
        (b"", SSEFraming),
        (b'\n{"a": 1}\n', NDJSONFraming),
        (b" [1]", JSONArrayFraming),
        (answers.BEDROCK.response.body, AWSFraming),
    ],
)
def test_the_first_byte_tells_the_framing(body: bytes, kind: type) -> None:
    assert type(framing_of(body)) is kind


def test_a_frame_comes_with_its_last_byte() -> None:
    framing = SSEFraming()
    list(framing.split(b"data: 1\n", 1.0))

    assert [frame.at for frame in framing.split(b"\n", 2.0)] == [2.0]


def test_a_comment_says_nothing() -> None:
    assert [frame.event for frame in SSEFraming().split(b": ping\n\n", 0.0)] == [None]


def test_a_frame_that_is_no_aws_frame_says_nothing() -> None:
    assert [frame.event for frame in AWSFraming().split(b"\0\0\0\x10" + b"x" * 12, 0.0)] == [None]


def test_a_changed_event_keeps_its_line_ends() -> None:
    (frame,) = SSEFraming().split(b'event: e\r\ndata: {"a": 1}\r\n\r\n', 0.0)

    assert frame.with_json({"b": 2}).data == b'event: e\r\ndata: {"b":2}\r\n\r\n'


@pytest.mark.parametrize("text", ["[1]", "3", "nope", ""])
def test_what_is_no_object_has_no_json(text: str) -> None:
    (frame,) = SSEFraming().split(f"data: {text}\n\n".encode(), 0.0)

    assert frame.json is None


@pytest.mark.parametrize(
    ("kept", "written"),
    [
        ((0, 1, 2, 3), b'[{"a":1},\n{"b":2},{"c":3}]'),
        ((1, 2, 3), b'[{"b":2},{"c":3}]'),
        ((0, 2, 3), b'[{"a":1},{"c":3}]'),
        ((0, 0, 3), b'[{"a":1},{"a":1}]'),
        ((3,), b"[]"),
    ],
)
def test_an_array_stays_well_formed(kept: tuple[int, ...], written: bytes) -> None:
    framing = JSONArrayFraming()
    frames = frames_of(framing, b'[{"a":1},\n{"b":2},{"c":3}]')

    assert b"".join(framing.write(frames[place]) for place in kept) == written
