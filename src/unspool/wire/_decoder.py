"""What the decoders share: a cap on the bytes of one event, and silence after the first error."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator

from unspool.errors import EventTooLargeError, WireError
from unspool.wire.event import WireEvent

DEFAULT_MAX_EVENT_BYTES = 32 * 1024 * 1024
"""The most bytes that one event may take: what AWS allows at most (24 MiB) fits, a runaway stream doesn't."""

_SHOWN_BYTES = 200


class Decoder(ABC):
    """The bytes of one stream to its events, however the bytes were cut into reads.

    `feed` and `flush` are lazy: the events that came before a bad one in the same read are yielded,
    then the error is raised. After that every call raises the same error again, since the start of the next
    event in such a stream is unknown.

    Args:
        max_event_bytes: the most bytes that one event may take. What a decoder holds never exceeds
            this plus one read.
    """

    def __init__(self, *, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._error: WireError | None = None

    def feed(self, data: bytes, /) -> Iterator[WireEvent]:
        """The events that this read completes, in order.

        Raises:
            EventTooLargeError: an event outgrew `max_event_bytes`.
        """
        return self._until_error(self._decode(data))

    def flush(self) -> Iterator[WireEvent]:
        """What the end of the stream cut off, if anything, as an event with `complete=False`."""
        return self._until_error(self._finish())

    @abstractmethod
    def _decode(self, data: bytes) -> Iterator[WireEvent]: ...

    @abstractmethod
    def _finish(self) -> Iterator[WireEvent]: ...

    def _until_error(self, events: Iterator[WireEvent]) -> Iterator[WireEvent]:
        if self._error is not None:
            raise self._error
        try:
            yield from events
        except WireError as error:
            self._error = error
            raise

    def _check_size(self, size: int, start: bytes | bytearray, *, position: int | None = None) -> None:
        if size > self._max_event_bytes:
            raise EventTooLargeError(
                f"One event may take {self._max_event_bytes} bytes, and {size} have come. If that is no"
                f" mistake, pass a larger max_event_bytes to {type(self).__name__}. The event starts",
                data=bytes(start[:_SHOWN_BYTES]),
                position=position,
            )
