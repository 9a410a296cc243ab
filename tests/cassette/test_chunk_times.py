from __future__ import annotations

import pytest

from unspool.cassette.chunk_times import format_chunks, parse_chunks, round_ms
from unspool.cassette.model import NetworkChunk

CHUNKS = (
    NetworkChunk(212, 0.1289),
    NetworkChunk(70, 0.4),
    NetworkChunk(70, 0.4),
    NetworkChunk(70, 0.4),
    NetworkChunk(5, 61.0),
)
TEXT = "212@128.9 3*70@400 5@61000"


def test_pieces_become_one_line() -> None:
    assert format_chunks(CHUNKS) == TEXT


def test_the_line_becomes_the_same_pieces() -> None:
    assert parse_chunks(TEXT) == CHUNKS


def test_a_wrapped_line_is_the_same_line() -> None:
    assert parse_chunks(TEXT.replace(" ", "\n      ")) == CHUNKS


def test_a_rounded_moment_survives_the_text() -> None:
    at = round_ms(0.123456789)
    assert parse_chunks(format_chunks([NetworkChunk(1, at)])) == (NetworkChunk(1, at),)


def test_no_pieces_are_an_empty_line() -> None:
    assert format_chunks(()) == ""
    assert parse_chunks("") == ()


@pytest.mark.parametrize("text", ["212", "@5", "x@1", "1@-5", "1@1e9", "2*3*4@5", "[1, 2]", f"1@{'9' * 400}"])
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="expected pieces such as"):
        parse_chunks(text)


def test_a_few_bytes_do_not_become_gigabytes() -> None:
    with pytest.raises(ValueError, match="at most 10,000,000 pieces"):
        parse_chunks("999999999999*1@0")
