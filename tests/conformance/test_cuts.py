"""How `python -m tests.conformance.splits` cuts, and that it can tell."""

from __future__ import annotations

import pytest
from tests.conformance import splits
from tests.conformance.corpus import RecordedStream, read_samples

from unspool.samples import sample_body

STREAM = min(read_samples(), key=lambda stream: len(stream.body))
LENGTH = len(sample_body(STREAM.name))


def twos(stream: RecordedStream) -> list[int]:
    return [places[0] for places in splits.cuts(stream) if isinstance(places, list)]


def test_a_short_stream_is_cut_in_two_at_every_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "SHORT", LENGTH)
    assert twos(STREAM) == list(range(1, LENGTH))


def test_a_long_one_at_some_which_are_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splits, "SHORT", LENGTH - 1)
    assert len(set(twos(STREAM))) == splits.DRAWN
    assert twos(STREAM) == twos(STREAM)


def test_every_sample_is_cut_byte_by_byte() -> None:
    assert all(range(1, len(stream.body)) in splits.cuts(stream) for stream in read_samples())


def test_pieces_that_say_something_else_are_told_from_those_that_do_not() -> None:
    assert splits.is_same(STREAM, [LENGTH // 2])
    assert not splits.is_same(STREAM, [LENGTH // 2, LENGTH // 4])  # a part of it twice
