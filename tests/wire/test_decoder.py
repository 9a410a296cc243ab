"""What all decoders do after an error, and with an event that is too large."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unspool.errors import EventTooLargeError, WireError
from unspool.wire._decoder import DEFAULT_MAX_EVENT_BYTES, Decoder
from unspool.wire.event import WireEvent


class Bytewise(Decoder):
    """An event for each byte; `!` is an error."""

    def _decode(self, data: bytes) -> Iterator[WireEvent]:
        self._check_size(len(data), data, position=3)
        for character in data.decode():
            if character == "!":
                raise WireError("no event begins with !")
            yield WireEvent(data=character)

    def _finish(self) -> Iterator[WireEvent]:
        yield WireEvent(complete=False)


def test_what_came_before_an_error_is_emitted_first() -> None:
    events = Bytewise().feed(b"ab!c")
    assert [next(events).data, next(events).data] == ["a", "b"]
    with pytest.raises(WireError, match="begins with !"):
        next(events)


def test_after_an_error_a_decoder_raises_it_again_whatever_comes() -> None:
    decoder = Bytewise()
    with pytest.raises(WireError) as first:
        list(decoder.feed(b"!"))
    for events in (decoder.feed(b"ab"), decoder.flush()):
        with pytest.raises(WireError) as again:
            next(events)
        assert again.value is first.value


def test_an_event_may_take_as_many_bytes_as_allowed_and_none_more() -> None:
    decoder = Bytewise(max_event_bytes=4)
    assert len(list(decoder.feed(b"abcd"))) == 4
    with pytest.raises(EventTooLargeError, match=r"may take 4 bytes, and 5 have come.*to Bytewise") as raised:
        list(decoder.feed(b"abcde"))
    assert (raised.value.data, raised.value.position) == (b"abcde", 3)


def test_an_error_shows_the_beginning_of_a_large_event_only() -> None:
    with pytest.raises(EventTooLargeError) as raised:
        list(Bytewise(max_event_bytes=1).feed(b"x" * 1_000))
    assert raised.value.data == b"x" * 200


def test_by_default_what_aws_allows_fits() -> None:
    assert DEFAULT_MAX_EVENT_BYTES >= 24 * 1024 * 1024
