"""One interface to pull from any source of a stream, and to close it.

A source may be a list, a sync iterator, an async one, an object that is both (as Unspool's own are), or
a function that opens one at the first pull.

A stream may be stopped while a pull is pending: by another task or thread, or by cancelling the reader. A
running generator can't be closed, so `close` only sets a flag, and the pending pull closes the source as soon
as it returns. A pull that awaits is interrupted first.
"""

from __future__ import annotations

import inspect
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from threading import Lock, get_ident
from typing import Any

from unspool.errors import MockError

logger = logging.getLogger("unspool")

END = object()
"""What `pull` and `apull` return after the last item."""


class Source:
    """A source of items, which it pulls and closes.

    Args:
        stream: any of the above, or None with `open_stream`.
        open_stream: makes the stream at the first pull; may be a coroutine function if it's pulled
            asynchronously. It's called as `open_stream(client=None)`, LiteLLM's `make_call`.

    Attributes:
        stream: the source; None after it has been closed.
    """

    def __init__(self, stream: Any, open_stream: Callable[..., Any] | None = None) -> None:
        self.stream = _iterable(stream)
        self._open_stream = open_stream
        self._pull: Callable[[], Any] | None = None
        self._apull: Callable[[], Awaitable[Any]] | None = None
        self._lock = Lock()
        self._is_closing = False
        self._is_pulled = False  # by a reader that is waiting for its item
        self._is_in_thread = False  # pulled from in a thread, though its reader may be gone
        self._wait: _AsyncioWait | None = None  # of an async reader
        self._last_wait: _AsyncioWait | None = None  # to be used again by the same task
        self._half_closed: Awaitable[Any] | None = None

    def pull(self) -> Any:
        """Return the next item, or END."""
        self._is_pulled = True
        try:
            if self._is_closing:
                return END
            pull = self._pull or self._opened()
            return pull()
        finally:
            self._is_pulled = False
            if self._is_closing:
                self._close_now()

    def _opened(self) -> Callable[[], Any]:
        if self.stream is None and self._open_stream is not None:
            self.stream = _iterable(self._open_stream(client=None))
        pull = self._pull = _sync_pull(self.stream)
        return pull

    async def apull(self) -> Any:
        """Return the next item, or END. Pull from a sync source in a thread."""
        self._is_pulled = True
        task = _current_asyncio_task()
        wait = self._last_wait
        if wait is None or not wait.serves(task):
            wait = self._last_wait = _TrioWait() if task is None else _AsyncioWait(task)
        self._wait = wait
        try:
            if self._is_closing:
                return END
            pull = self._apull or self._open_and_pull
            return await (pull() if wait.is_direct else wait.for_item(pull))
        except BaseException as error:
            if wait.is_interrupted_by(error):
                return END
            raise
        finally:
            self._wait = None
            self._is_pulled = False
            if self._is_closing:
                if not self._is_in_thread:
                    await self._aclose_now()
                wait.is_over()
                self._last_wait = None

    async def _open_and_pull(self) -> Any:
        if self.stream is None and self._open_stream is not None:
            self.stream = _iterable(await awaited(self._open_stream(client=None)))
        self._apull = self._async_pull()
        return await self._apull()

    def _async_pull(self) -> Callable[[], Awaitable[Any]]:
        stream = self.stream
        if _is_mock(stream) and _iterates_by(stream, "__anext__"):
            return partial(anext, stream, END)
        if _iterates_by(stream, "__aiter__"):
            return partial(anext, aiter(stream), END)
        pull = _sync_pull(stream)
        if type(stream) in _IN_MEMORY:
            return partial(_at_once, pull)
        from anyio.to_thread import run_sync  # noqa: PLC0415 - only async streams need it, and it takes long

        return partial(run_sync, self._pull_in_thread, pull, abandon_on_cancel=True)

    def _pull_in_thread(self, pull: Callable[[], Any]) -> Any:
        self._is_in_thread = True
        try:
            return END if self._is_closing else pull()
        finally:
            self._is_in_thread = False
            if self._is_closing:
                self._close_now()

    # -- closing -------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the stream if it can be closed without an event loop; else leave it to `aclose`. Idempotent.

        While a pull is pending, that pull closes the stream when it returns.
        """
        if self._may_close():
            self._close_now()
        elif (wait := self._wait) is not None and wait.thread == get_ident():
            wait.interrupt()

    async def aclose(self) -> None:
        """Close the stream, even in a task that is being cancelled. Idempotent.

        While a pull is pending in another task, interrupt it; it closes the stream.
        """
        if self._may_close():
            await self._aclose_now()
        elif (wait := self._wait) is not None and wait.thread == get_ident() and wait.interrupt():
            await wait.end()

    def _may_close(self) -> bool:
        """Whether no pull is pending. A pending pull closes the stream.

        Pulls first set that they are pending, then check whether they may begin; here the order is reversed.
        So at least one of two threads sees the other, and `_taken` lets one of them close.
        """
        self._is_closing = True
        return not (self._is_pulled or self._is_in_thread)

    def _taken(self, close_of: Callable[[Any], Any]) -> Callable[[], Any] | None:
        """Return the function that closes the stream, to one caller only; None if there is nothing to
        close.
        """
        with self._lock:
            stream, close = self.stream, close_of(self.stream)
            if close is not None or _any_close(stream) is None:
                self.stream = None
            return close  # type: ignore[no-any-return]

    def _close_now(self) -> None:
        close = self._taken(_sync_close)
        if close is not None:
            with _logged():
                left = close()
                self._half_closed = left if inspect.isawaitable(left) else None

    async def _aclose_now(self) -> None:
        close = self._taken(_any_close)
        left, self._half_closed = self._half_closed, None
        if close is not None or left is not None:
            from anyio import CancelScope  # noqa: PLC0415 - as above

            with CancelScope(shield=True), _logged():
                await awaited(left if close is None else close())


def _sync_close(stream: Any) -> Any:
    close = getattr(stream, "close", None)
    return None if inspect.iscoroutinefunction(close) else close


def _any_close(stream: Any) -> Any:
    return getattr(stream, "aclose", None) or getattr(stream, "close", None)


@contextmanager
def _logged() -> Iterator[None]:
    """Log an error while closing: it must not hide the one before it."""
    try:
        yield
    except Exception:
        logger.warning("the source of a stream failed to close", exc_info=True)


# -- waiting for an async item -----------------------------------------------------------------------


class _AsyncioWait:
    """A task of asyncio that waits for an item.

    It's interrupted as `asyncio.timeout` does it: the task is cancelled, and the cancellation is then undone.
    """

    __slots__ = ("_cancelling", "_end", "_task", "thread")
    is_direct = True

    def __init__(self, task: Any) -> None:
        self.thread = get_ident()
        self._task = task
        self._cancelling: int | None = None  # how many others were cancelling the task before
        self._end: Any = None

    def serves(self, task: Any) -> bool:
        """Whether the task may wait with this again: nobody has interrupted it, or waits for its end."""
        return task is self._task and self._cancelling is None and self._end is None

    async def for_item(self, pull: Callable[[], Awaitable[Any]]) -> Any:
        """Return the item, or END if the wait was interrupted; needed unless `is_direct`."""
        return await pull()

    def interrupt(self) -> bool:
        """End the wait; return False if called by the waiting task itself."""
        if _current_asyncio_task() is self._task:
            return False
        if self._cancelling is None:
            self._cancelling = self._task.cancelling()
            self._task.cancel()
        return True

    def is_interrupted_by(self, error: BaseException) -> bool:
        """Whether the source's exception is caused by `interrupt` alone."""
        is_ours = self._take_back()
        return is_ours and type(error).__name__ == "CancelledError"

    def _take_back(self) -> bool:
        before, self._cancelling = self._cancelling, None
        return before is not None and self._task.uncancel() <= before

    async def end(self) -> None:
        """Wait until the reader has released the source."""
        from anyio import Event  # noqa: PLC0415 - only async streams need it, and it takes long to import

        self._end = self._end or Event()
        await self._end.wait()

    def is_over(self) -> None:
        """Note that the reader has released the source."""
        self._take_back()  # if the source has swallowed the cancellation
        if self._end is not None:
            self._end.set()


class _TrioWait(_AsyncioWait):
    """A task of trio that waits for an item, in a cancel scope."""

    __slots__ = ("_scope",)
    is_direct = False

    def __init__(self) -> None:
        super().__init__(_trio().lowlevel.current_task())
        self._scope = _trio().CancelScope()

    def serves(self, task: Any) -> bool:  # noqa: ARG002 - a cancel scope is entered once
        return False

    async def for_item(self, pull: Callable[[], Awaitable[Any]]) -> Any:
        with self._scope:
            return await pull()
        return END

    def interrupt(self) -> bool:
        if _trio().lowlevel.current_task() is self._task:
            return False
        self._scope.cancel()
        return True


def _current_asyncio_task() -> Any:
    """Return the running task, or None if it isn't one of asyncio's."""
    try:
        return sys.modules["asyncio"].current_task()
    except (KeyError, RuntimeError):  # it isn't imported, or its loop doesn't run
        return None


def _trio() -> Any:
    return sys.modules["trio"]


# -- kinds of sources --------------------------------------------------------------------------------


def _iterable(stream: Any) -> Any:
    """Return an iterator: a single item is a stream of one; a list is read in order, unchanged."""
    if _is_mock(stream):
        return stream
    if isinstance(stream, (str, bytes, Mapping)) or hasattr(stream, "choices"):
        return iter((stream,))
    if isinstance(stream, Iterable) and not hasattr(stream, "__next__") and not hasattr(stream, "__aiter__"):
        return iter(stream)
    return stream


def _is_mock(stream: Any) -> bool:
    """Whether the stream is one of unittest.mock's, which have every attribute and every way to iterate."""
    mock = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(stream, mock.NonCallableMock)


def _iterates_by(stream: Any, name: str) -> bool:
    """Whether a stream has a method of that name; of a mock, whether the test has set it up."""
    method: Any = getattr(stream, name, None)
    if not _is_mock(method):
        return method is not None
    by_items = name in {"__next__", "__anext__"} and method.side_effect is not None
    return by_items or method._mock_return_value is not sys.modules["unittest.mock"].DEFAULT


async def awaited(value: Any) -> Any:
    """Return the result of an awaitable; anything else unchanged."""
    return await value if inspect.isawaitable(value) else value


def _sync_pull(stream: Any) -> Callable[[], Any]:
    if not hasattr(stream, "__next__") and not hasattr(stream, "__iter__"):
        raise MockError(
            f"expected a stream that can be iterated synchronously, got {type(stream).__name__}"
            + ("; read it with 'async for'" if hasattr(stream, "__aiter__") else "")
        )
    by_next = not _iterates_by(stream, "__iter__") and hasattr(stream, "__next__")
    return partial(next, stream if by_next else iter(stream), END)


async def _at_once(pull: Callable[[], Any]) -> Any:
    return pull()


# Iterators that can't block: no thread needed.
_IN_MEMORY: tuple[type, ...] = (type(iter(())), type(iter([])))
