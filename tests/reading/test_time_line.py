from __future__ import annotations

import pytest

from unspool.cassette.model import End, Failure, NetworkChunk, Response, Timeline
from unspool.reading.time_line import Gap, quantile, slices, time_line_of

BODY = b"abcdef"


def response(
    *moments: float, end: End = End.COMPLETE, ended_at: float | None = None, **more: object
) -> Response:
    chunks = tuple(NetworkChunk(len(BODY) // len(moments), at) for at in moments)
    return Response(200, "OK", (), BODY, Timeline(chunks, 0.1, None, "HTTP/1.1", end, ended_at, **more))  # type: ignore[arg-type]


def test_a_gap_is_between_two_chunks_or_before_the_end() -> None:
    line = time_line_of(response(0.2, 0.3, 1.0, ended_at=2.0))

    assert line is not None
    assert [(gap.after, round(gap.seconds, 3)) for gap in line.gaps] == [(1, 0.1), (2, 0.7), (3, 1.0)]


def test_a_stall_is_a_gap_of_250_milliseconds() -> None:
    line = time_line_of(response(0.0, 0.249, 0.499, ended_at=0.5))

    assert line is not None
    assert line.stalls == (Gap(2, 0.249, 0.25),)


def test_an_edited_body_has_no_times() -> None:
    edited = response(0.1, 0.2, 0.3)

    assert time_line_of(Response(200, "OK", (), BODY + b"!", edited.timeline)) is None


def test_without_a_timeline_there_is_none() -> None:
    assert time_line_of(Response(200, "OK", (), BODY)) is None


def test_the_first_byte_is_the_first_of_a_response_without_words() -> None:
    line = time_line_of(response(0.2, 0.3))

    assert line is not None
    assert line.first_at == 0.2


def test_a_failure_breaks_it_and_a_client_that_left_does_not() -> None:
    broken = time_line_of(response(0.1, end=End.RESET, failure=Failure("ReadError", "lost")))
    left = time_line_of(response(0.1, end=End.CLOSED))

    assert broken is not None
    assert left is not None
    assert (broken.is_broken, broken.failure) == (True, "ReadError: lost")
    assert not left.is_broken


def test_slices_have_all_bytes_each_in_its_time() -> None:
    line = time_line_of(response(0.0, 0.5, 0.99, ended_at=1.0))

    assert line is not None
    assert [one.size for one in slices(line, 4)] == [2, 0, 2, 2]


def test_a_slice_in_a_stall_is_marked_but_not_one_with_bytes() -> None:
    line = time_line_of(response(0.0, 1.0, ended_at=1.0))

    assert line is not None
    assert [one.is_stalled for one in slices(line, 5)] == [False, True, True, True, False]


def test_slices_before_the_first_chunk_are_a_wait_and_one_has_the_headers() -> None:
    line = time_line_of(response(0.9, ended_at=1.0))

    assert line is not None
    found = slices(line, 10)
    assert [one.is_before for one in found] == [True] * 9 + [False]
    assert [index for index, one in enumerate(found) if one.has_headers] == [1]


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.99, 5.0), (1.0, 5.0)])
def test_a_quantile_is_one_of_the_values(share: float, value: float) -> None:
    assert quantile([5.0, 1.0, 3.0, 2.0, 4.0], share) == value


def test_a_quantile_of_nothing_is_zero() -> None:
    assert quantile([], 0.5) == 0.0
