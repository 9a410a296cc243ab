"""The headers of an AWS event-stream frame: names, types and values, both ways.

A header is the length of its name (1 byte), its name, the type of its value (1 byte) and the value. The
types are those of https://smithy.io/2.0/aws/amazon-eventstream.html.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from unspool.errors import WireError
from unspool.wire._encoder import to_utf8

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_MAX_NAME_BYTES = 2**8 - 1
_MAX_VALUE_BYTES = 2**15 - 1  # the length before it could say twice that, the specification does not


class HeaderError(Exception):
    """An error in a frame's headers; the decoder adds their position."""


def parse_headers(data: bytes) -> dict[str, object]:
    """Names to values: bool, int, bytes, str, datetime (in UTC) or UUID.

    Raises:
        HeaderError: the bytes end inside a header, or one has an unknown type, an impossible value or a
            name that was there before.
    """
    rest = memoryview(data)  # so that cutting a piece off doesn't copy the rest
    headers: dict[str, object] = {}
    while rest:
        name, rest = _cut_sized(rest, 1)
        kind, rest = _cut(rest, 1)
        value, rest = _parse_value(kind[0], rest)
        if _text(name) in headers:
            raise HeaderError(f"{_text(name)!r} comes twice")
        headers[_text(name)] = value
    return headers


def _parse_value(kind: int, rest: memoryview) -> tuple[object, memoryview]:
    if kind not in _TYPES:
        raise HeaderError(f"no value has type {kind}, only 0 to 9")
    size, read = _TYPES[kind]
    value, rest = _cut_sized(rest, 2) if size is None else _cut(rest, size)
    return read(value), rest


def _cut_sized(data: memoryview, size_bytes: int) -> tuple[memoryview, memoryview]:
    size, rest = _cut(data, size_bytes)
    return _cut(rest, int.from_bytes(size))


def _cut(data: memoryview, size: int) -> tuple[memoryview, memoryview]:
    if size > len(data):
        raise HeaderError(f"{size} more bytes are due, {len(data)} are left")
    return data[:size], data[size:]


def _text(data: memoryview) -> str:
    return str(data, "utf-8", "replace")


def _number(data: memoryview) -> int:
    return int.from_bytes(data, signed=True)


def _timestamp(data: memoryview) -> datetime:
    milliseconds = _number(data)
    try:
        return _EPOCH + milliseconds * _MILLISECOND
    except OverflowError as error:
        raise HeaderError(f"a timestamp of {milliseconds} ms is beyond the years 1 to 9999") from error


# A header's type to the size of its value, in bytes, and how to read it. Without a size here it stands
# before the value, in two bytes.
_TYPES: dict[int, tuple[int | None, Callable[[memoryview], object]]] = {
    0: (0, lambda _: True),
    1: (0, lambda _: False),
    2: (1, _number),
    3: (2, _number),
    4: (4, _number),
    5: (8, _number),
    6: (None, bytes),
    7: (None, _text),
    8: (8, _timestamp),
    9: (16, lambda data: UUID(bytes=bytes(data))),
}


def encode_headers(headers: Mapping[str, object]) -> bytes:
    """The headers, such that `parse_headers` gives them back. An int takes 4 bytes if it fits, else 8.

    Raises:
        WireError: a name or a value doesn't fit into a frame, or a frame has no type for it.
    """
    return b"".join(_encode_header(name, value) for name, value in headers.items())


def _encode_header(name: str, value: object) -> bytes:
    write = next((_WRITERS[kind] for kind in type(value).__mro__ if kind in _WRITERS), None)
    if write is None:
        raise WireError(f"Header {name!r} can't be {value!r}: a frame has no type for that")
    try:
        return _sized(to_utf8(name), 1, _MAX_NAME_BYTES) + write(value)
    except OverflowError as error:
        raise WireError(f"Header {name!r} doesn't fit into a frame: {error}") from error


def _sized(data: bytes, size_bytes: int, limit: int) -> bytes:
    if len(data) > limit:
        raise OverflowError(f"{len(data)} bytes, and {limit} are the most")
    return len(data).to_bytes(size_bytes) + data


def _write_number(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"\x04" + value.to_bytes(4, signed=True)
    return b"\x05" + value.to_bytes(8, signed=True)


def _write_timestamp(value: datetime) -> bytes:
    if value.tzinfo is None:
        raise WireError(f"A timestamp needs a time zone, and {value!r} has none")
    milliseconds, rest = divmod(value - _EPOCH, _MILLISECOND)
    if rest:
        raise WireError(f"A frame's timestamps are whole milliseconds, and {value!r} isn't")
    return b"\x08" + milliseconds.to_bytes(8, signed=True)


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    bool: lambda value: b"\x00" if value else b"\x01",
    int: _write_number,
    bytes: lambda value: b"\x06" + _sized(value, 2, _MAX_VALUE_BYTES),
    str: lambda value: b"\x07" + _sized(to_utf8(value), 2, _MAX_VALUE_BYTES),
    datetime: _write_timestamp,
    UUID: lambda value: b"\x09" + value.bytes,
}
