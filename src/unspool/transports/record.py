"""Recording: every chunk is passed on when it arrives, and stored.

Nothing is read ahead or held back, so the client sees the same stream as without Unspool, including errors
and endless streams. The inner stream is closed in any case.

If a client disconnects after the end marker (`data: [DONE]`), the rest is a formality, usually a few bytes
that have already arrived: they are read in the background, so that the recording is whole. If it disconnects
earlier, the connection is closed, as the provider would see it, and the recording is marked as closed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from typing import Any
from weakref import ref

from unspool.cassette.content_coding import sized
from unspool.cassette.model import End
from unspool.cassette.recording import Take
from unspool.headers import Headers, header, without
from unspool.transports.http_library import (
    HttpxRequest,
    HttpxResponse,
    end_of,
    family_of,
    headers_of,
    http_version_of,
    is_cancelled,
    is_interruption,
    reason_of,
    stream_class,
)

_DRAIN_BYTES = 65_536
_DRAIN_SECONDS = 1.0  # how long the background task waits for the rest
_PATIENCE = 0.02  # seconds that a client's close() waits for it: data that has arrived takes less than one


Now = Callable[[], float]
"""Seconds since the request was sent."""


def recorded(take: Take, response: HttpxResponse, request: HttpxRequest, now: Now) -> HttpxResponse:
    """Return the response unchanged, with a stream that is recorded as the client reads it."""
    if _is_read(response):
        _note_what_was_read(take, response, now)
        return response
    take.head(
        response.status_code, reason_of(response), headers_of(response), http_version_of(response), now()
    )
    stream = stream_class(family_of(request), RecordedStream)
    response.stream = stream(response.stream, take, now)
    return response


def _is_read(response: HttpxResponse) -> bool:
    """Whether an inner transport has read the body: mocks, caches and loggers do."""
    try:
        return response.content is not None
    except RuntimeError:  # the library's ResponseNotRead
        return False


def _note_what_was_read(take: Take, response: HttpxResponse, now: Now) -> None:
    """Record a body that has already been read from the stream, in one piece."""
    headers, body = _read_body(response)
    take.head(response.status_code, reason_of(response), headers, http_version_of(response), now())
    take.chunk(body, now())
    take.end(End.COMPLETE, now())


def _read_body(response: HttpxResponse) -> tuple[Headers, bytes]:
    """Return the body as it was sent, if the response still has it; else decoded, with adjusted headers."""
    headers = headers_of(response)
    if header(headers, "content-encoding") is None:
        return headers, response.content
    if isinstance(response.stream, Iterable) and type(response.stream).__name__ == "ByteStream":
        return headers, b"".join(response.stream)
    plain = without(headers, "content-encoding")
    return sized(plain, len(response.content)), response.content


def failed(take: Take, error: BaseException, now: Now) -> None:
    """Note that the request got no response, or only a part of it."""
    end, failure = end_of(error)
    take.is_cancelled = is_cancelled(error)
    take.end(end, now(), failure)


class RecordedStream:
    """A response's stream, recorded as it's read; sync and async."""

    def __init__(self, inner: Any, take: Take, now: Now) -> None:
        self._inner = inner
        self._take = take
        self._now = now
        self._closed = False
        # Weakly: a client that drops its iterator drops httpcore's generator with it, at once, as it would
        # without us. If the garbage collector closed it later, it might close a connection while the pool's
        # lock is held: a deadlock. Async generators close later anyway.
        self._reading: Callable[[], _Reading | None] = lambda: None
        self._areading: _AsyncReading | None = None

    def __iter__(self) -> Iterator[bytes]:
        reading = _Reading(self, iter(self._inner))
        self._reading = ref(reading)
        return reading

    def __aiter__(self) -> AsyncIterator[bytes]:
        self._areading = _AsyncReading(self, aiter(self._inner))
        return self._areading

    # Reading

    def note(self, data: bytes) -> bytes:
        """Store a piece, and pass it on."""
        self._take.chunk(data, self._now())
        return data

    def end(self) -> None:
        """Note the regular end of the stream."""
        self._take.end(End.COMPLETE, self._now())

    def fail(self, error: BaseException) -> None:
        """It broke."""
        failed(self._take, error, self._now)

    # Closing

    def close(self) -> None:
        reading = self._reading()
        self.leave(None if reading is None else reading.iterator)

    def leave(self, iterator: Any) -> None:
        """Handle a disconnect of the client; the unread rest is in the iterator, if there is one."""
        if self._closed:
            return
        self._closed = True
        if iterator is None or not self.is_worth_draining():
            self._hang_up()
            return
        drain = threading.Thread(target=self._drain, args=[iterator], name="unspool-drain", daemon=True)
        drain.start()
        drain.join(_PATIENCE)

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        try:
            if self._areading is not None and self.is_worth_draining():
                await self._adrain(self._areading.iterator)
        finally:
            await self._ahang_up()

    def is_worth_draining(self) -> bool:
        """Whether the rest is only a formality."""
        return not self._take.ended and self._take.has_said_goodbye

    def _hang_up(self) -> None:
        try:
            self._inner.close()
        finally:
            self._end_closed()

    async def _ahang_up(self) -> None:
        try:
            await self._inner.aclose()
        finally:
            self._end_closed()

    def _end_closed(self) -> None:
        error = sys.exc_info()[1]  # the exception that ends the client's block
        if self._take.is_whole:
            self._take.end(End.COMPLETE, self._now())
        elif error is not None and (is_interruption(error) or is_cancelled(error)):
            self.fail(error)
        else:
            self._take.end(End.CLOSED, self._now())

    def _drain(self, iterator: Iterator[bytes]) -> None:
        """Read the rest; an error is only recorded: the client has disconnected."""
        try:
            self._read_rest(iterator)
        except Exception as error:  # noqa: BLE001 - it's been noted
            self.fail(error)
        finally:
            self._hang_up()

    def _read_rest(self, iterator: Iterator[bytes]) -> None:
        left, until = _DRAIN_BYTES, self._now() + _DRAIN_SECONDS
        for data in iterator:
            left -= len(self.note(data))
            if left <= 0 or self._now() > until:
                return
        self.end()

    async def _adrain(self, iterator: AsyncIterator[bytes]) -> None:
        """Like `_drain`, only while no wait is needed: a background task might outlive the client's loop."""
        from anyio import move_on_after  # noqa: PLC0415 - only async code needs it, and it's slow to import

        left = _DRAIN_BYTES
        with move_on_after(_PATIENCE, shield=True):
            try:
                async for data in iterator:
                    left -= len(self.note(data))
                    if left <= 0:
                        return
                self.end()
            except Exception as error:  # noqa: BLE001 - it's been noted
                self.fail(error)


class _Reading:
    """One pass over a recorded stream. Not a generator: trio warns of an abandoned async one."""

    def __init__(self, stream: RecordedStream, iterator: Iterator[bytes]) -> None:
        self._stream = stream
        self.iterator = iterator

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            data = next(self.iterator)
        except StopIteration:
            self._stream.end()
            raise
        except BaseException as error:
            self._stream.fail(error)
            raise
        return self._stream.note(data)

    def __del__(self) -> None:
        # Dropped, as by a `break`: httpcore's generator would close the connection, and lose the rest.
        if self._stream.is_worth_draining():
            self._stream.leave(self.iterator)


class _AsyncReading:
    """As `_Reading`."""

    def __init__(self, stream: RecordedStream, iterator: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self.iterator = iterator

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            data = await anext(self.iterator)
        except StopAsyncIteration:
            self._stream.end()
            raise
        except BaseException as error:
            self._stream.fail(error)
            raise
        return self._stream.note(data)
