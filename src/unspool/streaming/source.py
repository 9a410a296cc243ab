"""The source of a stream, whatever it is: pulled from and closed in the same way.

A source may be a list, a sync iterator, an async one, an object that is both (as Unspool's own are), or
a function that opens one at the first pull.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from unspool.errors import MockError

logger = logging.getLogger("unspool")

END = object()
"""What `pull` and `apull` give once there is nothing more."""


class Source:
    """Pulls items and closes what they come from.

    Args:
        stream: any of the above, or None if `open_stream` is given.
        open_stream: makes the stream at the first pull; may be a coroutine function if it's pulled
            asynchronously. It's called as `open_stream(client=None)`, LiteLLM's `make_call`.
    """

    def __init__(self, stream: Any, open_stream: Callable[..., Any] | None = None) -> None:
        self.stream = _settle(stream)
        self._open_stream = open_stream
        self._pull: Callable[[], Any] | None = None
        self._apull: Callable[[], Awaitable[Any]] | None = None

    def pull(self) -> Any:
        """The next item, or END."""
        if self._pull is None:
            if self.stream is None and self._open_stream is not None:
                self.stream = _settle(self._open_stream(client=None))
            self._pull = _sync_pull(self.stream)
        return self._pull()

    def apull(self) -> Awaitable[Any]:
        """The next item, or END. A source that is sync only is pulled from in a thread."""
        return self._open_and_pull() if self._apull is None else self._apull()

    async def _open_and_pull(self) -> Any:
        if self.stream is None and self._open_stream is not None:
            self.stream = _settle(await settled(self._open_stream(client=None)))
        self._apull = _async_pull(self.stream)
        return await self._apull()

    def close(self) -> None:
        """Close the stream if it can be closed without an event loop. Idempotent."""
        stream, self.stream = self.stream, None
        self._open_stream = None
        close = getattr(stream, "close", None)
        if close is not None:
            with _logged():
                close()

    async def aclose(self) -> None:
        """Close the stream, come what may: a cancelled task still closes. Idempotent."""
        stream, self.stream = self.stream, None
        self._open_stream = None
        close = getattr(stream, "aclose", None) or getattr(stream, "close", None)
        if close is not None:
            from anyio import CancelScope  # noqa: PLC0415 - only async streams need it, and it takes its time

            with CancelScope(shield=True), _logged():
                await settled(close())


@contextmanager
def _logged() -> Iterator[None]:
    """An error while closing never stands in the way of the one that led there (contract, section a)."""
    try:
        yield
    except Exception:
        logger.warning("the source of a stream failed to close", exc_info=True)


def _settle(stream: Any) -> Any:
    """A single item is a stream of one; a list is read in order, and stays as it is."""
    if isinstance(stream, (str, bytes, Mapping)) or hasattr(stream, "choices"):
        return iter((stream,))
    if isinstance(stream, Iterable) and not hasattr(stream, "__next__") and not hasattr(stream, "__aiter__"):
        return iter(stream)
    return stream


async def settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _sync_pull(stream: Any) -> Callable[[], Any]:
    if not hasattr(stream, "__next__") and not hasattr(stream, "__iter__"):
        raise MockError(
            f"expected a stream that can be iterated synchronously, got {type(stream).__name__}"
            + ("; read it with 'async for'" if hasattr(stream, "__aiter__") else "")
        )
    return partial(next, iter(stream), END)


def _async_pull(stream: Any) -> Callable[[], Awaitable[Any]]:
    if hasattr(stream, "__aiter__"):
        return partial(anext, aiter(stream), END)
    blocking = _sync_pull(stream)
    if type(stream) in _IN_MEMORY:

        async def take() -> Any:
            return blocking()

        return take
    from anyio.to_thread import run_sync  # noqa: PLC0415 - as above

    return partial(run_sync, blocking, abandon_on_cancel=True)


# Iterators that can't block: no thread needed.
_IN_MEMORY: tuple[type, ...] = (type(iter(())), type(iter([])))
