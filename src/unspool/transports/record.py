"""Recording: every chunk is handed on the moment it comes, and noted on the way.

Nothing is read ahead and nothing is held back, so the client sees the stream that it would see without us,
errors and all, and one without end is no different. However it ends, the stream underneath is closed.

Where a client hangs up after its stream has said goodbye (`data: [DONE]`), what is left is a matter of
form, usually a few bytes that have come already: they are read in the background, so that the recording is
whole. Where it hangs up earlier it's hung up for real, as the provider would see it, and marked as closed.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from unspool.cassette.model import End
from unspool.cassette.take import Take
from unspool.transports._family import (
    end_of,
    family_of,
    headers_of,
    http_version_of,
    reason_of,
    stream_class,
)

_DRAIN_BYTES = 65_536
_DRAIN_SECONDS = 1.0  # for how long the rest is waited for in the background
_PATIENCE = 0.02  # seconds that a client's close() waits for it: what has come already takes less than one


Now = Callable[[], float]
"""Seconds since the request was issued."""


def recorded(take: Take, response: Any, request: Any, now: Now) -> Any:
    """The response as it came, its stream noted as the client reads it."""
    take.head(
        response.status_code, reason_of(response), headers_of(response), http_version_of(response), now()
    )
    stream = stream_class(family_of(request), RecordedStream)
    response.stream = stream(response.stream, take, now)
    return response


def failed(take: Take, error: BaseException, now: Now) -> None:
    """Note that the request got no answer."""
    end, failure = end_of(error)
    take.end(end, now(), failure)


class RecordedStream:
    """A response's stream, noted as it's read; sync and async."""

    def __init__(self, inner: Any, take: Take, now: Now) -> None:
        self._inner = inner
        self._take = take
        self._now = now
        self._iterator: Any = None
        self._closed = False

    # Reading. Not by generators: an async one that a client abandons makes trio complain.

    def __iter__(self) -> Iterator[bytes]:
        if self._iterator is None:
            self._iterator = iter(self._inner)
        return self

    def __next__(self) -> bytes:
        try:
            data: bytes = next(self._iterator)
        except StopIteration:
            self._take.end(End.COMPLETE, self._now())
            raise
        except BaseException as error:
            failed(self._take, error, self._now)
            raise
        self._take.chunk(data, self._now())
        return data

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._iterator is None:
            self._iterator = aiter(self._inner)
        return self

    async def __anext__(self) -> bytes:
        try:
            data: bytes = await anext(self._iterator)
        except StopAsyncIteration:
            self._take.end(End.COMPLETE, self._now())
            raise
        except BaseException as error:
            failed(self._take, error, self._now)
            raise
        self._take.chunk(data, self._now())
        return data

    # Closing

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        if not self._is_worth_draining():
            self._hang_up(self._inner.close)
            return
        drain = threading.Thread(target=self._drain, name="unspool-drain", daemon=True)
        drain.start()
        drain.join(_PATIENCE)

    async def aclose(self) -> None:
        if self._closed:
            return
        self._closed = True
        if self._is_worth_draining():
            await self._adrain()
        try:
            await self._inner.aclose()
        finally:
            self._end_closed()

    def _is_worth_draining(self) -> bool:
        return self._iterator is not None and not self._take.ended and self._take.has_said_goodbye

    def _hang_up(self, close: Callable[[], None]) -> None:
        try:
            close()
        finally:
            self._end_closed()

    def _end_closed(self) -> None:
        self._take.end(End.COMPLETE if self._take.is_whole else End.CLOSED, self._now())

    def _drain(self) -> None:
        """Read the rest; what breaks meanwhile is noted, and concerns nobody else: the client has left."""
        try:
            self._read_rest()
        except Exception as error:  # noqa: BLE001 - it's been noted
            failed(self._take, error, self._now)
        finally:
            self._hang_up(self._inner.close)

    def _read_rest(self) -> None:
        left, until = _DRAIN_BYTES, self._now() + _DRAIN_SECONDS
        for data in self:
            left -= len(data)
            if left <= 0 or self._now() > until:
                return

    async def _adrain(self) -> None:
        """As `_drain`, for as long as it takes no time: a task of ours might outlive the client's loop."""
        from anyio import move_on_after  # noqa: PLC0415 - only async code needs it, and it takes its time

        left = _DRAIN_BYTES
        with move_on_after(_PATIENCE, shield=True):
            try:
                async for data in self:
                    left -= len(data)
                    if left <= 0:
                        return
            except Exception as error:  # noqa: BLE001 - it's been noted
                failed(self._take, error, self._now)
