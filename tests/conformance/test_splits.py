"""However the network cuts a stream's bytes, the same chunks come of them."""

from __future__ import annotations

from collections.abc import Iterable

from tests.conformance.corpus import RecordedStream
from tests.conformance.runs import Run, normalized, run_normalizer


def assert_same_as_whole(stream: RecordedStream, pieces: Iterable[bytes]) -> None:
    whole = run_normalizer(stream)
    run = Run().take_all(normalized(stream, pieces))
    assert run.chunks == whole.chunks
    assert repr(run.error) == repr(whole.error)


def test_cut_at_random(stream: RecordedStream) -> None:
    assert_same_as_whole(stream, stream.pieces_at_random())


def test_cut_as_recorded(stream: RecordedStream) -> None:
    pieces = stream.pieces_as_recorded()
    if pieces:
        assert_same_as_whole(stream, pieces)


def test_byte_by_byte(sampled_stream: RecordedStream) -> None:
    body = sampled_stream.body
    assert_same_as_whole(sampled_stream, (body[place : place + 1] for place in range(len(body))))
