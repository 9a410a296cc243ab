"""Canned streams: items played into the real wrapper, and the account of what its consumer pulled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from unspool import Clock, CustomStreamWrapper, FakeStream, ModelResponseStream
from unspool.counts import counted
from unspool.streaming.core import KeptChunks
from unspool.streaming.items import as_chunk


class CannedSource(FakeStream):
    """A source that also counts the text that it emits.

    Attributes:
        text_bytes: the length of its chunks' text in UTF-8: content, reasoning and arguments.
    """

    text_bytes = 0

    def __next__(self) -> Any:
        return self._handed_on(super().__next__())

    async def __anext__(self) -> Any:
        return self._handed_on(await super().__anext__())

    def _handed_on(self, item: Any) -> Any:
        self.text_bytes += len(_text_of(item).encode("utf-8", "surrogatepass"))
        return item


def _text_of(item: Any) -> str:
    deltas = [choice.delta for choice in as_chunk(item).choices]
    functions = [call.function for delta in deltas for call in delta.tool_calls or ()]
    functions += [delta.function_call for delta in deltas]
    texts = [text for delta in deltas for text in (delta.content, delta.get("reasoning_content"))]
    return "".join(filter(None, [*texts, *(function.arguments for function in functions if function)]))


if TYPE_CHECKING:
    _Wrapper = CustomStreamWrapper
else:
    _Wrapper = object


class CannedStream(_Wrapper):
    """The account of a wrapper around a canned source: a mixin for Unspool's wrapper and for litellm's.

    Attributes:
        source: what the wrapper pulls from.
        delivered: the chunks that its consumer has received: of an endless stream the first 150,000 and the
            latest; `delivered.total` is their number.
        error: the error that the stream has raised; None if it hasn't.
        ended: whether the stream has ended, with or without an error.
        is_mock: whether its items were given, and may end without a finish reason; a recording may not.
            Litellm reads this: without it, such an end is an error since 1.110.
    """

    is_mock: bool

    def __init__(self, source: CannedSource, model: str, **options: Any) -> None:
        self.source = source
        self.delivered: KeptChunks[Any] = KeptChunks()
        self.error: Exception | None = None
        self.ended = False
        self._was_awaited = False
        super().__init__(source, model, **options)

    def __next__(self) -> Any:
        try:
            chunk = super().__next__()
        except Exception as error:
            self._note_end(error)
            raise
        self.delivered.append(chunk)
        return chunk

    async def __anext__(self) -> Any:
        self._was_awaited = True
        try:
            chunk = await super().__anext__()
        except Exception as error:
            self._note_end(error)
            raise
        self.delivered.append(chunk)
        return chunk

    def _note_end(self, error: Exception) -> None:
        self.ended = True
        if not isinstance(error, StopIteration | StopAsyncIteration):
            self.error = self.error or error

    @property
    def pulled(self) -> int:
        """How many chunks were pulled from the source."""
        return self.source.pulled

    @property
    def bytes_pulled(self) -> int:
        """How many bytes were pulled: the provider's for items of bytes, else those of the chunks' text."""
        return self.source.bytes_pulled or self.source.text_bytes

    def assert_stopped(
        self,
        *,
        within_chunks: int,
        error: type[BaseException] | tuple[type[BaseException], ...] | None = None,
    ) -> None:
        """Fail unless the stream has ended or was closed within that many chunks.

        Args:
            within_chunks: how many chunks may have been pulled from the source.
            error: the error's class, or several, that must have stopped it; None accepts any end.
        """
        __tracebackhide__ = True
        if self._is_open():
            raise AssertionError(
                f"the stream is still open after {counted(self.pulled, 'chunk')}: nothing stopped it"
            )
        if error is not None and not isinstance(self.error, error):
            expected = " or ".join(kind.__name__ for kind in _each(error))
            raise AssertionError(
                f"expected {expected} to have stopped the stream, but {self._how_it_ended()}"
            )
        if self.pulled > within_chunks:
            raise AssertionError(
                f"stopped after {counted(self.pulled, 'chunk')}, which is more than {within_chunks}"
            )

    def _is_open(self) -> bool:
        """Litellm's sync streams have no `close` before 1.110: a consumer can only leave one."""
        if self.ended or self.source.closed:
            return False
        return hasattr(self, "close") or self._was_awaited

    def _how_it_ended(self) -> str:
        if self.error is not None:
            return f"it was {type(self.error).__name__}: {self.error}"
        return f"it {'ended' if self.ended else 'was left by its consumer'} without an error"


def _each(error: type[BaseException] | tuple[type[BaseException], ...]) -> Iterable[type[BaseException]]:
    return error if isinstance(error, tuple) else (error,)


class UnspoolStream(CannedStream, CustomStreamWrapper):
    """Unspool's own wrapper around a canned source."""

    if TYPE_CHECKING:
        delivered: KeptChunks[ModelResponseStream]

        def __next__(self) -> ModelResponseStream: ...

        async def __anext__(self) -> ModelResponseStream: ...


@contextmanager
def open_stream(
    items: Iterable[Any],
    model: str,
    *,
    repeat: float,
    provider: str,
    clock: Clock,
    limit: int | None,
    **options: Any,
) -> Iterator[UnspoolStream]:
    """Open items in our own wrapper, and close it afterwards; the arguments are `stream_wrapper`'s."""
    source = CannedSource(items, repeat=repeat, provider=provider, clock=clock)
    options = {"custom_llm_provider": provider, "repeated_chunk_limit": limit, **options}
    with UnspoolStream(source, model, clock=clock, **options) as stream:
        yield stream
