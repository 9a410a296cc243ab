"""The headers of an AWS frame, byte by byte."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from unspool.errors import WireError
from unspool.wire._aws_headers import HeaderError, encode_headers, parse_headers

ID = UUID("00112233-4455-6677-8899-aabbccddeeff")


@pytest.mark.parametrize(
    ("value", "data"),
    [
        (True, b"\x00"),
        (False, b"\x01"),
        (-1, b"\x04\xff\xff\xff\xff"),
        (2**31 - 1, b"\x04\x7f\xff\xff\xff"),
        (2**31, b"\x05\x00\x00\x00\x00\x80\x00\x00\x00"),
        (-(2**31), b"\x04\x80\x00\x00\x00"),
        (-(2**31) - 1, b"\x05\xff\xff\xff\xff\x7f\xff\xff\xff"),
        (b"\x00\xff", b"\x06\x00\x02\x00\xff"),
        ("é", b"\x07\x00\x02\xc3\xa9"),
        (datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC), b"\x08\x00\x00\x00\x00\x00\x00\x03\xe8"),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), b"\x08\xff\xff\xff\xff\xff\xff\xfc\x18"),
        (ID, b"\x09" + ID.bytes),
    ],
)
def test_a_value_is_written_by_its_type_and_read_back(value: Any, data: bytes) -> None:
    assert encode_headers({"ab": value}) == b"\x02ab" + data
    assert parse_headers(b"\x02ab" + data) == {"ab": value}


@pytest.mark.parametrize(("data", "value"), [(b"\x02\x80", -128), (b"\x03\x01\x00", 256)])
def test_short_numbers_of_other_writers_are_read(data: bytes, value: int) -> None:
    assert parse_headers(b"\x01n" + data) == {"n": value}


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (b"\x02a", "2 more bytes are due, 1 are left"),
        (b"\x01a", "1 more bytes are due, 0 are left"),
        (b"\x01a\x07\x00\x02b", "2 more bytes are due, 1 are left"),
        (b"\x01a\x0a", "no value has type 10, only 0 to 9"),
        (b"\x01a\x00\x01a\x01", "'a' comes twice"),
        (b"\x01t\x08\x7f" + b"\xff" * 7, "beyond the years 1 to 9999"),
    ],
)
def test_what_is_no_header_is_an_error(data: bytes, wrong: str) -> None:
    with pytest.raises(HeaderError, match=wrong):
        parse_headers(data)


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("a", 1.5, "a frame has no type for that"),
        ("a", None, "a frame has no type for that"),
        ("a" * 256, "", "256 bytes, and 255 are the most"),
        ("a", b"x" * 2**15, "32768 bytes, and 32767 are the most"),
        ("a", 2**63, "doesn't fit into a frame"),
        ("a", datetime(2026, 1, 1), "needs a time zone"),  # noqa: DTZ001 - that is the mistake
        ("a", datetime(2026, 1, 1, microsecond=1, tzinfo=UTC), "whole milliseconds"),
    ],
)
def test_what_a_frame_cannot_hold_is_refused(name: str, value: Any, wrong: str) -> None:
    with pytest.raises(WireError, match=wrong):
        encode_headers({name: value})


def test_the_longest_name_and_value_fit() -> None:
    headers = {"a" * 255: b"x" * (2**15 - 1)}
    assert parse_headers(encode_headers(headers)) == headers
