"""What a cassette holds, as values."""

from __future__ import annotations

import pytest

from unspool.cassette.model import (
    Interaction,
    NetworkChunk,
    Request,
    Response,
    Timeline,
    cut,
    header,
    sizes_fit,
)

CHUNKS = (NetworkChunk(2, 0.5), NetworkChunk(0, 0.6), NetworkChunk(1, 0.7))


def test_a_header_is_found_in_any_case_and_the_first_counts() -> None:
    headers = (("X-A", "1"), ("x-a", "2"))
    assert header(headers, "x-A") == "1"
    assert header(headers, "x-b") is None


def test_a_body_is_cut_into_its_chunks_with_their_times() -> None:
    assert list(cut(b"abc", CHUNKS)) == [(0.5, b"ab"), (0.6, b""), (0.7, b"c")]


@pytest.mark.parametrize(("body", "fits"), [(b"abc", True), (b"ab", False), (b"abcd", False)])
def test_chunks_fit_a_body_of_their_size_only(body: bytes, fits: bool) -> None:
    assert sizes_fit(Response(200, body=body, timeline=Timeline(CHUNKS))) is fits


def test_a_response_of_unknown_timing_has_no_sizes_that_fit() -> None:
    assert not sizes_fit(Response(200))


def test_an_interaction_is_as_old_as_its_timeline() -> None:
    request = Request("GET", "https://h/")
    assert Interaction(request, Response(200)).recorded_at is None
    assert Interaction(request, Response(200, timeline=Timeline(recorded_at=5.0))).recorded_at == 5.0
