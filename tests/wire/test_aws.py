"""AWS event-stream frames, both ways, and what botocore makes of them."""

from __future__ import annotations

import struct
import zlib
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unspool.errors import ChecksumError, EventTooLargeError, MalformedEventError, WireError
from unspool.pipeline import Stage
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent

SOME_UUID = UUID("00112233-4455-6677-8899-aabbccddeeff")
EVERY_TYPE = {
    b"true": b"\x00",
    b"false": b"\x01",
    b"byte": b"\x02\xff",
    b"short": b"\x03\x80\x00",
    b"int": b"\x04\x00\x00\x01\x00",
    b"long": b"\x05\x80" + bytes(7),
    b"bytes": b"\x06\x00\x03a\x00\xff",
    b"string": "\x07\x00\x03…".encode(),
    b"timestamp": b"\x08" + (1_750_000_000_123).to_bytes(8),
    b"uuid": b"\x09" + SOME_UUID.bytes,
}


def frame(payload: bytes = b"", *, headers: bytes = b"", headers_bytes: int | None = None) -> bytes:
    """A frame built by hand, so that it can be wrong in one place."""
    stated = len(headers) if headers_bytes is None else headers_bytes
    prelude = struct.pack(">II", 16 + len(headers) + len(payload), stated)
    message = prelude + zlib.crc32(prelude).to_bytes(4) + headers + payload
    return message + zlib.crc32(message).to_bytes(4)


def header(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + value


def text_header(name: str, text: str) -> bytes:
    return header(name.encode(), b"\x07" + len(text).to_bytes(2) + text.encode())


def decode(*reads: bytes, **options: Any) -> list[WireEvent]:
    decoder: Stage[bytes, WireEvent] = AWSEventStreamDecoder(**options)
    return [event for read in reads for event in decoder.feed(read)] + list(decoder.flush())


def outcome(*reads: bytes, max_event_bytes: int) -> tuple[list[WireEvent], object]:
    """The events, and what error ended them where."""
    decoder, events = AWSEventStreamDecoder(max_event_bytes=max_event_bytes), []
    try:
        for read in reads:
            for event in decoder.feed(read):
                events.append(event)  # noqa: PERF402 - those before an error count
        events += list(decoder.flush())
    except WireError as error:
        return events, (str(error), error.position)
    return events, None


def one_by_one(body: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in body]


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


FRAMES = frame(b"{}", headers=text_header(":event-type", "a")) + frame(b"[1, 2]") + frame()


def test_a_frame_is_an_event_with_its_payload_as_data() -> None:
    assert decode(frame(b'{"a":1}')) == [WireEvent(data='{"a":1}')]


def test_every_type_of_header_is_read() -> None:
    block = b"".join(header(name, value) for name, value in EVERY_TYPE.items())
    assert decode(frame(headers=block))[0].headers == {
        "true": True,
        "false": False,
        "byte": -1,
        "short": -(2**15),
        "int": 256,
        "long": -(2**63),
        "bytes": b"a\x00\xff",
        "string": "…",
        "timestamp": datetime(2025, 6, 15, 15, 6, 40, 123000, tzinfo=UTC),
        "uuid": SOME_UUID,
    }


@pytest.mark.parametrize("name", [":event-type", ":exception-type", ":error-code"])
def test_a_header_names_the_event(name: str) -> None:
    assert decode(frame(headers=text_header(name, "boom"))) == [
        WireEvent(name="boom", headers={name: "boom"})
    ]


def test_the_event_type_names_it_first() -> None:
    block = (
        text_header(":error-code", "c")
        + text_header(":exception-type", "b")
        + text_header(":event-type", "a")
    )
    assert decode(frame(headers=block))[0].name == "a"


def test_a_name_that_is_no_text_is_no_name() -> None:
    assert decode(frame(headers=header(b":event-type", b"\x00")))[0].name == "message"


def test_invalid_utf8_is_replaced() -> None:
    assert decode(frame(b"\xff"))[0].data == "\ufffd"


def test_an_empty_stream_has_no_events() -> None:
    assert decode() == decode(b"") == []


def test_a_frame_is_there_with_its_last_byte() -> None:
    decoder = AWSEventStreamDecoder()
    assert list(decoder.feed(FRAMES[:-17])) == decode(FRAMES)[:1]
    assert list(decoder.feed(FRAMES[-17:-16])) == decode(FRAMES)[1:2]


@pytest.mark.parametrize("at", range(12))
def test_a_changed_prelude_is_a_checksum_error(at: int) -> None:
    with pytest.raises(ChecksumError, match="CRC32 of its lengths") as caught:
        decode(FRAMES, flipped(frame(b"{}"), at))
    assert caught.value.position == len(FRAMES)


@pytest.mark.parametrize("at", range(12, 18))
def test_a_changed_message_is_a_checksum_error(at: int) -> None:
    with pytest.raises(ChecksumError, match="CRC32 of all of it") as caught:
        decode(FRAMES, flipped(frame(b"{}"), at))
    assert caught.value.position == len(FRAMES)


def test_json_instead_of_frames_is_a_checksum_error_that_shows_it() -> None:
    with pytest.raises(ChecksumError, match=r"no AWS event stream.*at byte 0.*\"message\""):
        decode(b'{"message": "The security token is expired"}')


def test_what_came_before_a_bad_frame_is_delivered_first() -> None:
    events = AWSEventStreamDecoder().feed(frame(b"{}") + flipped(frame(b"{}"), -1))
    assert next(events) == WireEvent(data="{}")
    with pytest.raises(ChecksumError):
        next(events)


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        (b"\x05ab", "5 more bytes are due, 2 are left"),
        (b"\x01a", "1 more bytes are due, 0 are left"),
        (header(b"a", b"\x0a"), "no value has type 10"),
        (header(b"a", b"\x05\x00"), "8 more bytes are due, 1 are left"),
        (header(b"a", b"\x07\x00"), "2 more bytes are due, 1 are left"),
        (header(b"a", b"\x07\x00\x02b"), "2 more bytes are due, 1 are left"),
        (header(b"a", b"\x08\x7f" + b"\xff" * 7), "a timestamp of 9223372036854775807 ms is beyond"),
        (header(b"a", b"\x00") * 2, "'a' comes twice"),
    ],
)
def test_headers_that_make_no_sense_are_an_error_that_says_where(block: bytes, complaint: str) -> None:
    with pytest.raises(MalformedEventError, match=complaint) as caught:
        decode(FRAMES, frame(headers=block))
    assert caught.value.position == len(FRAMES) + 12


@pytest.mark.parametrize("headers_bytes", [1, 2**32 - 1])
def test_headers_longer_than_their_frame_are_an_error(headers_bytes: int) -> None:
    with pytest.raises(MalformedEventError, match=f"16 bytes can't hold {headers_bytes} bytes of headers"):
        decode(frame(headers_bytes=headers_bytes))


@pytest.mark.parametrize("total_bytes", [0, 12, 15])
def test_a_frame_shorter_than_a_frame_can_be_is_an_error(total_bytes: int) -> None:
    prelude = struct.pack(">II", total_bytes, 0)
    with pytest.raises(MalformedEventError, match=f"A frame of {total_bytes} bytes"):
        decode(prelude + zlib.crc32(prelude).to_bytes(4))


@pytest.mark.parametrize(
    ("came", "complaint"), [(5, "first 12 bytes 5 came and 7"), (17, "18 bytes 17 came and 1")]
)
def test_a_stream_that_ends_inside_a_frame_is_an_error_that_says_what_is_missing(
    came: int, complaint: str
) -> None:
    decoder = AWSEventStreamDecoder()
    assert len(list(decoder.feed(FRAMES + frame(b"{}")[:came]))) == 3
    with pytest.raises(
        MalformedEventError, match=f"{complaint} are missing. It starts at byte {len(FRAMES)}"
    ):
        list(decoder.flush())


def test_a_frame_too_large_is_refused_before_it_has_come() -> None:
    with pytest.raises(
        EventTooLargeError, match=r"20 bytes, and 21 have come.*to AWSEventStreamDecoder.* byte 16"
    ):
        list(AWSEventStreamDecoder(max_event_bytes=20).feed(frame() + frame(b"12345")[:12]))


def test_after_an_error_the_decoder_raises_it_again() -> None:
    decoder = AWSEventStreamDecoder()
    with pytest.raises(ChecksumError) as first:
        list(decoder.feed(bytes(12)))
    with pytest.raises(ChecksumError) as again:
        list(decoder.feed(FRAMES))
    with pytest.raises(ChecksumError) as at_the_end:
        list(decoder.flush())
    assert again.value is at_the_end.value is first.value


broken = st.integers(0, len(FRAMES) - 1).map(lambda at: flipped(FRAMES, at))
shortened = st.integers(0, len(FRAMES)).map(lambda end: FRAMES[:end])


@settings(deadline=None)
@given(
    st.just(FRAMES) | broken | shortened,
    st.lists(st.integers(0, 90), max_size=6),
    st.sampled_from([20, 1000]),
)
def test_any_cut_gives_the_same_events_and_error(body: bytes, points: list[int], cap: int) -> None:
    edges = pairwise([0, *sorted(min(point, len(body)) for point in points), len(body)])
    whole = outcome(body, max_event_bytes=cap)
    assert outcome(*(body[a:b] for a, b in edges), max_event_bytes=cap) == whole
    assert outcome(*one_by_one(body), max_event_bytes=cap) == whole


def test_an_event_without_headers_is_written_with_bedrocks() -> None:
    event = WireEvent(name="messageStart", data='{"role":"assistant"}')
    headers = {":event-type": "messageStart", ":content-type": "application/json", ":message-type": "event"}
    assert decode(encode_aws(event)) == [WireEvent(name=event.name, data=event.data, headers=headers)]


def test_an_event_without_headers_or_a_name_is_written_without_headers() -> None:
    assert encode_aws(WireEvent(data="{}")) == frame(b"{}")


def test_headers_are_written_in_their_order() -> None:
    headers = {":event-type": "a", "b": True, "c": 7}
    block = text_header(":event-type", "a") + header(b"b", b"\x00") + header(b"c", b"\x04\x00\x00\x00\x07")
    assert encode_aws(WireEvent(name="a", headers=headers)) == frame(headers=block)


def test_a_timestamp_is_written_as_the_same_instant_of_any_zone() -> None:
    in_paris = datetime(2025, 1, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    read = decode(encode_aws(WireEvent(headers={"at": in_paris})))[0].headers["at"]
    assert read == in_paris
    assert isinstance(read, datetime)
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        (WireEvent(name="a", headers={":event-type": "b"}), "name the event 'b'"),
        (WireEvent(name="a", headers={"b": 1}), "name the event 'message'"),
        (WireEvent(headers={"a": None}), "no type for that"),
        (WireEvent(headers={"a": 1.5}), "no type for that"),
        (WireEvent(headers={"a": 2**63}), "doesn't fit"),
        (WireEvent(headers={"a": "x" * 2**15}), "32767 are the most"),
        (WireEvent(headers={"a" * 256: 1}), "255 are the most"),
        (WireEvent(headers={"a": datetime(2025, 1, 1)}), "needs a time zone"),  # noqa: DTZ001
        (WireEvent(headers={"a": datetime(2025, 1, 1, microsecond=1, tzinfo=UTC)}), "whole milliseconds"),
        (WireEvent(headers={"a": "\ud800"}), "UTF-8"),
        (WireEvent(data="\ud800"), "UTF-8"),
        (WireEvent(id="1"), "id"),
        (WireEvent(retry=1), "retry"),
        (WireEvent(complete=False), "complete"),
    ],
)
def test_what_a_frame_cannot_carry_is_refused(event: WireEvent, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        encode_aws(event)


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
moments = st.datetimes(timezones=st.just(UTC)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
header_values = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=8) | text | moments | st.uuids()
)
header_maps = st.dictionaries(text.filter(lambda name: not name.startswith(":")), header_values, max_size=4)


@st.composite
def events(draw: st.DrawFn) -> WireEvent:
    headers, naming, name = (
        draw(header_maps),
        draw(st.sampled_from([":event-type", ":error-code"])),
        draw(text),
    )
    if draw(st.booleans()):
        return WireEvent(data=draw(text), headers=headers)
    return WireEvent(name=name, data=draw(text), headers={naming: name, **headers})


@settings(deadline=None)
@given(events())
def test_a_written_event_is_read_back(event: WireEvent) -> None:
    assert decode(encode_aws(event)) == [event]


def as_botocore_says(value: object) -> object:
    """Botocore leaves a timestamp in milliseconds and a UUID in bytes."""
    if isinstance(value, datetime):
        return (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    return value.bytes if isinstance(value, UUID) else value


@settings(deadline=None)
@given(st.lists(events(), max_size=3))
def test_botocore_reads_the_same(written: list[WireEvent]) -> None:
    eventstream = pytest.importorskip("botocore.eventstream")
    buffer = eventstream.EventStreamBuffer()
    buffer.add_data(b"".join(map(encode_aws, written)))
    read = [(message.headers, message.payload.decode()) for message in buffer]
    assert read == [
        ({name: as_botocore_says(value) for name, value in event.headers.items()}, event.data)
        for event in written
    ]
