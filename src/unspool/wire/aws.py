"""AWS event streams (`application/vnd.amazon.eventstream`), which Bedrock sends.

The frame is that of the Smithy specification,
https://smithy.io/2.0/aws/amazon-eventstream.html, all numbers big-endian:

    4 bytes  the frame's length in bytes
    4 bytes  the headers' length in bytes
    4 bytes  the CRC32 of these eight
             the headers
             the payload
    4 bytes  the CRC32 of all that came before

A frame says its length first, so the strategy is to wait for that many bytes. Both checksums are
verified, the first before its length is believed.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Mapping

from unspool.errors import ChecksumError, MalformedEventError, WireError
from unspool.wire._aws_headers import HeaderError, encode_headers, parse_headers
from unspool.wire._decoder import DEFAULT_MAX_EVENT_BYTES, Decoder
from unspool.wire._encoder import refuse_fields, to_utf8
from unspool.wire._splitter import Splitter
from unspool.wire.event import WireEvent

_PRELUDE_BYTES = 12
_CRC_BYTES = 4
_NAMING_HEADERS = (":event-type", ":exception-type", ":error-code")


class AWSEventStreamDecoder(Decoder):
    """Bytes to frames, each an event whose data is the payload as text.

    The event's name is its `:event-type` header, else its `:exception-type`, else its `:error-code`,
    else `message`. Its headers' values are bool, int (of 1 to 8 bytes), bytes, str, datetime (in UTC) or
    UUID. Invalid UTF-8 becomes U+FFFD.

    Args:
        max_event_bytes: the most bytes that one frame may take, with its headers and checksums.

    Raises:
        ChecksumError: a frame's bytes aren't those that were sent, or the stream is something else.
        MalformedEventError: a frame is sound, but its lengths or headers make no sense; or, from
            `flush`, the stream ended inside a frame. A frame cut off is no event: its checksum is
            among the bytes that are missing.
    """

    def __init__(self, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        super().__init__(max_event_bytes=max_event_bytes)
        self._buffer = bytearray()
        self._position = 0  # where in the stream the buffer begins
        self._frame_bytes = 0  # how long the frame is that the buffer begins with; 0: not known yet

    def _decode(self, data: bytes) -> Iterator[WireEvent]:
        self._buffer += data
        while len(self._buffer) >= (self._frame_bytes or _PRELUDE_BYTES):
            if not self._frame_bytes:
                self._frame_bytes = self._read_prelude()
            else:
                yield self._take_frame()

    def _finish(self) -> Iterator[WireEvent]:
        if self._buffer:
            due = self._frame_bytes or _PRELUDE_BYTES
            what = "a frame" if self._frame_bytes else "a frame's first"
            raise MalformedEventError(
                f"The stream ended inside a frame: of {what} {due} bytes {len(self._buffer)} came and"
                f" {due - len(self._buffer)} are missing. It starts",
                position=self._position,
            )
        yield from ()

    def _read_prelude(self) -> int:
        total_bytes, headers_bytes = struct.unpack_from(">II", self._buffer)
        self._check_crc(8, self._buffer[:_PRELUDE_BYTES], "its lengths")
        if headers_bytes > total_bytes - _PRELUDE_BYTES - _CRC_BYTES:
            raise MalformedEventError(
                f"A frame of {total_bytes} bytes can't hold {headers_bytes} bytes of headers, as it says",
                data=bytes(self._buffer[:_PRELUDE_BYTES]),
                position=self._position,
            )
        self._check_size(total_bytes, self._buffer[:_PRELUDE_BYTES], position=self._position)
        return int(total_bytes)

    def _take_frame(self) -> WireEvent:
        frame = bytes(self._buffer[: self._frame_bytes])
        self._check_crc(len(frame) - _CRC_BYTES, frame, "all of it")
        headers_end = _PRELUDE_BYTES + int.from_bytes(frame[4:8])
        headers = self._read_headers(frame[_PRELUDE_BYTES:headers_end])
        payload = frame[headers_end:-_CRC_BYTES].decode("utf-8", "replace")
        del self._buffer[: len(frame)]
        self._position += len(frame)
        self._frame_bytes = 0
        return WireEvent(name=_name(headers), data=payload, headers=headers)

    def _check_crc(self, checked_bytes: int, data: bytes | bytearray, what: str) -> None:
        stated = int.from_bytes(data[checked_bytes : checked_bytes + _CRC_BYTES])
        computed = zlib.crc32(data[:checked_bytes])
        if stated != computed:
            raise ChecksumError(
                "This is no AWS event stream, or its bytes were changed on their way: the CRC32 of"
                f" {what} is {computed:#010x}, not {stated:#010x} as stated in the frame",
                data=bytes(data),
                position=self._position,
            )

    def _read_headers(self, data: bytes) -> dict[str, object]:
        try:
            return parse_headers(data)
        except HeaderError as error:
            raise MalformedEventError(
                f"{error} in a frame's headers",
                data=data,
                position=self._position + _PRELUDE_BYTES,
            ) from error


class AWSSplitter(Splitter):
    """Bytes to frames, by the lengths that they state. Checksums aren't verified."""

    def _piece_end(self) -> int:
        size = int.from_bytes(self._held[:4])
        return size if _PRELUDE_BYTES + _CRC_BYTES <= size <= len(self._held) else 0


def _name(headers: Mapping[str, object]) -> str:
    names = (headers[key] for key in _NAMING_HEADERS if key in headers)
    return next((name for name in names if isinstance(name, str)), WireEvent().name)


def encode_aws(event: WireEvent) -> bytes:
    """One event as one frame, such that `AWSEventStreamDecoder` gives it back.

    The headers are written as they are, and must name the event as it is named. For an event with a
    name and no headers, the three are written that Bedrock sends with JSON: `:event-type`,
    `:content-type` and `:message-type`. An int takes 4 bytes if it fits, else 8.

    Raises:
        WireError: a frame can't carry the event: its name isn't the one that its headers say, a header
            has a value of another type or size than a frame has, it isn't complete, or it has an id
            or a retry.
    """
    refuse_fields(event, "An AWS event stream", "id", "retry", "complete")
    headers = encode_headers(_headers_to_write(event))
    payload = to_utf8(event.data)
    total_bytes = _PRELUDE_BYTES + len(headers) + len(payload) + _CRC_BYTES
    prelude = _with_crc(struct.pack(">II", total_bytes, len(headers)))
    return _with_crc(prelude + headers + payload)


def _with_crc(data: bytes) -> bytes:
    return data + zlib.crc32(data).to_bytes(_CRC_BYTES)


def _headers_to_write(event: WireEvent) -> Mapping[str, object]:
    if not event.headers and event.name != WireEvent().name:
        return {":event-type": event.name, ":content-type": "application/json", ":message-type": "event"}
    if _name(event.headers) != event.name:
        raise WireError(
            f"The headers name the event {_name(event.headers)!r}, and its name is {event.name!r}"
        )
    return event.headers
