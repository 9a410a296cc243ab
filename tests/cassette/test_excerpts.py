from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unspool.cassette.body import JSON, TEXT, Body
from unspool.cassette.excerpts import Absent, excerpts, same_until


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("sse", '"sse"'),
        (443, "443"),
        (None, "null"),
        (True, "true"),
        ({"a": [1, "é"]}, '{"a": [1, "é"]}'),
        (Absent.ABSENT, "absent"),
        (b"\xff", "b'\\xff'"),
        (Body(JSON, {"a": 1}), 'JSON {"a": 1}'),
        (Body(TEXT, "a"), 'text "a"'),
        ("\ud800", '"\\ud800"'),
        ("two\nlines", '"two\\nlines"'),
    ],
)
def test_a_short_value_is_shown_whole(value: Any, text: str) -> None:
    assert excerpts(value, 0)[0] == text


def test_long_texts_are_cut_around_the_place_where_they_part() -> None:
    recorded, came = "x" * 100 + "Paris" + "y" * 100, "x" * 100 + "Rome" + "y" * 100
    assert excerpts(recorded, came) == (
        '"…' + "x" * 20 + "Paris" + "y" * 35 + '…"',
        '"…' + "x" * 20 + "Rome" + "y" * 36 + '…"',
    )


def test_a_text_that_goes_on_is_shown_where_the_other_ends() -> None:
    assert excerpts("x" * 100, "x" * 100 + "!") == ('"…' + "x" * 20 + '"', '"…' + "x" * 20 + '!"')


def test_a_short_text_is_whole_even_beside_a_long_one() -> None:
    assert excerpts("x" * 30, "x" * 30 + "y" * 100)[0] == '"' + "x" * 30 + '"'


def test_long_bytes_are_cut_where_they_part() -> None:
    assert excerpts(b"x" * 99 + b"1", b"x" * 99 + b"2")[1] == f"…{b'x' * 20 + b'2'!r}"


def test_long_json_is_cut_at_its_end() -> None:
    shown = excerpts(list(range(100)), None)[0]
    assert len(shown) == 61
    assert shown.endswith("…")


def test_bytes_within_a_document_are_told_apart_by_their_digest() -> None:
    one, other = excerpts({"content": b"\xff"}, {"content": b"\xfe"})
    assert one.startswith('{"content": "1 bytes, blake2b ')
    assert one != other


@given(st.text(), st.text(), st.text())
def test_the_common_beginning_is_found(head: str, one: str, other: str) -> None:
    first, second = head + one, head + other
    length = same_until(first, second)
    assert first[:length] == second[:length]
    assert first[length : length + 1] != second[length : length + 1] or first == second


@given(st.text() | st.binary(), st.text() | st.binary())
def test_no_excerpt_is_long_or_unprintable(one: str | bytes, other: str | bytes) -> None:
    for shown in excerpts(one, other):
        shown.encode()
        assert len(shown) < 400


@given(st.text(min_size=1, max_size=500), st.text(max_size=500))
def test_unequal_texts_never_look_equal(one: str, other: str) -> None:
    shown = excerpts(one, other)
    assert (shown[0] == shown[1]) == (one == other)
