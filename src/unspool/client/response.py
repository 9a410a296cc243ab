"""An HTTP response's body as a stream of chunks, read with `for` or with `async for`.

The reader closes it, as `CustomStreamWrapper` does at the end, after an error and when it's closed.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any, Self

import anyio

from unspool.models import ModelResponseStream
from unspool.pipeline import Stage

logger = logging.getLogger("unspool")

_LAST_PULLS = 1000  # more than a connection has buffered

Pipeline = Stage[bytes, ModelResponseStream]


class SyncChunks:
    """The chunks of a response that was opened with `stream=True`.

    Args:
        response: an httpx or httpx2 response.
        pipeline: turns bytes into chunks.
        close: closes the response, and the client if that was made for it.
    """

    def __init__(self, response: Any, pipeline: Pipeline, close: Callable[[], None]) -> None:
        self._chunks = _read(response, pipeline)
        self._close = close

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ModelResponseStream:
        return next(self._chunks)

    def close(self) -> None:
        """Close the response, read to its end or not. Idempotent."""
        self._close()


def _read(response: Any, pipeline: Pipeline) -> Iterator[ModelResponseStream]:
    for data in response.iter_bytes():
        yield from pipeline.feed(data)
    yield from pipeline.flush()


class AsyncChunks:
    """Like `SyncChunks`, for an async response. Not an async generator: trio warns when one isn't closed."""

    def __init__(self, response: Any, pipeline: Pipeline, aclose: Callable[[], Awaitable[Any]]) -> None:
        self._body: AsyncIterator[bytes] = response.aiter_bytes()
        self._pipeline = pipeline
        self._aclose = aclose
        self._pending: Iterator[ModelResponseStream] = iter(())
        self._at_end = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ModelResponseStream:
        while True:
            for chunk in self._pending:
                return chunk
            if self._at_end:
                raise StopAsyncIteration
            await self._pull()

    async def _pull(self) -> None:
        try:
            data = await anext(self._body)
        except StopAsyncIteration:
            self._at_end = True
            self._pending = self._pipeline.flush()
        else:
            self._pending = self._pipeline.feed(data)

    async def aclose(self) -> None:
        """Close the response, read to its end or not, in a cancelled task too. Idempotent."""
        self._at_end = True
        self._pending = iter(())
        with anyio.CancelScope(shield=True):
            await _abandon(self._body)
            await self._aclose()


async def _abandon(body: AsyncIterator[bytes]) -> None:
    """End an HTTP library's nested async generators, all of them.

    Closing only the outermost would leave the inner ones to the garbage collector, and trio would warn. A
    pull that is cancelled at once raises in the innermost and ends each on its way out. It yields data
    received earlier first, so this may take a few pulls.
    """
    with anyio.CancelScope() as scope:
        scope.cancel()
        try:
            for _ in range(_LAST_PULLS):
                await anext(body)
        except StopAsyncIteration:
            return
        except Exception:
            logger.debug("a stream broke while it was being closed", exc_info=True)
    if hasattr(body, "aclose"):  # an in-memory stream never waits, so nothing cancels it
        await body.aclose()
