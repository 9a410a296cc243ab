"""Fake sources: streams that come from a list of items instead of a provider.

Items are text, chunks, the provider's own bytes or events, pauses and errors, in the order in which they
happen. `FakeStream` plays them once, several times or endlessly, and records how much its consumer has pulled
and whether it was closed. `unspool.chunk_makers` makes chunks; `unspool.recorded_stream` reads a cassette:

    FakeStream([role_chunk(), *text_chunks("It rains."), Pause(2.0), httpx.ReadError("reset")])
    FakeStream(text_chunks("How are you? "), repeat=FOREVER)
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Self

import anyio.lowlevel
from pydantic import BaseModel

from unspool import moved
from unspool.chunk_makers import Pause, chunk_with
from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import LiteLLMUnknownProvider, MockError
from unspool.models import NO_FINISH, Delta, ModelResponseStream
from unspool.pipeline import Chain, Stage
from unspool.providers import decoder_for, format_of, normalizer_for
from unspool.providers.understood import ForeignStreamError
from unspool.wire.event import WireEvent

__all__ = ["FOREVER", "FakeStream", "ModelResponseListIterator", "Pause", "StreamItem"]

FOREVER: Final = math.inf
"""Endlessly: `FakeStream(..., repeat=FOREVER)`."""


class ModelResponseListIterator:
    """LiteLLM's fake source: chunks from a list, one after the other, once.

    Sync and async iteration share one position, so that one may continue where the other stopped. Iterating
    again after the last item yields nothing.

    Args:
        model_responses: what to yield, as it is.
        delay: seconds to wait before each item.
        clock: what to wait on.
    """

    def __init__(
        self, model_responses: Sequence[Any], delay: float | None = None, *, clock: Clock = REAL_CLOCK
    ) -> None:
        self.model_responses = model_responses
        self.index = 0
        self.delay = delay
        self._clock = clock

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        place = self.index
        if place >= len(self.model_responses):
            raise StopIteration
        if self.delay:
            self._clock.sleep(self.delay)
            return self._take()
        self.index = place + 1
        return self.model_responses[place]

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        place = self.index
        if place >= len(self.model_responses):
            raise StopAsyncIteration
        if self.delay:
            await self._clock.asleep(self.delay)
            return self._take()
        self.index = place + 1
        return self.model_responses[place]

    def _take(self) -> Any:
        item = self.model_responses[self.index]
        self.index += 1
        return item


StreamItem = (
    str | bytes | Mapping[str, Any] | BaseModel | WireEvent | Pause | BaseException | type[BaseException]
)
"""An item of a `FakeStream`."""

_OVER: Final = object()


class FakeStream:
    """A source that plays items, sync or async.

    What each kind of item does:

    - `str`: yields a chunk with that text. `""` too: empty chunks exist.
    - a chunk (a pydantic model, ours or an SDK's) or a `dict`: yielded as it is, never changed. A repeated
      item is the same object each time.
    - `bytes`: the provider's own bytes. They go through the provider's decoder, so that an event or a
      character may be cut anywhere, and yield the chunks that they complete, or none.
    - `WireEvent`: an event of the provider, which yields the chunks that it translates to.
    - `Pause`: time passes on the clock.
    - an exception, or a class of one: raised; the stream is over then.

    Bytes and events belong to one response: one decoder sees all of them, and is flushed where the
    stream ends, which is where a cut-off response is noticed. `repeat` is part of that response: the
    bytes of each round follow those of the round before, even inside a character, and bytes after a
    provider's last event (`[DONE]`) are ignored. An endless stream is never flushed.

    Items are read as the stream goes on, so they may come from a generator, and an endless one if it's played
    once. Only items that repeat are stored, once.

    Async iteration lets other tasks run before each item, so that even an endless stream can be cancelled.
    After `close` or `aclose` the stream yields nothing more.

    Args:
        items: what to play, each a `StreamItem`. A type checker infers `list[object]` for a mixed list, so
            items are checked when their turn comes.
        repeat: how often to play them: a whole number from 1, or `FOREVER`.
        provider: the source of the bytes and events: a provider, or a wire format's name.
        clock: what pauses pass on.

    Attributes:
        pulled: how many chunks the consumer has pulled.
        bytes_pulled: how many of the items' bytes have been decoded for it.
        ended: whether the items have run out, or one has raised.
        closed: whether the stream has been closed.
        closed_after: how many chunks had been pulled then; None before.
        closed_at: when that was, as `clock.monotonic()` says; None before.

    Raises:
        MockError: `items` isn't a sequence of them, `repeat` isn't a number of times, or the provider is
            unknown. Raised later: for a bad item when its turn comes, for bytes of another format at their
            end, and for an endless stream after two rounds without a chunk.
    """

    @moved.keywords(script="items")
    def __init__(
        self,
        items: Iterable[Any],
        *,
        repeat: float = 1,
        provider: str = "openai",
        clock: Clock = REAL_CLOCK,
    ) -> None:
        if not _is_sequence(items):
            raise MockError(f"expected a sequence of items, got {_shown(items)}; put one item into a list")
        check_repeat(repeat)
        self.pulled = 0
        self.bytes_pulled = 0
        self.ended = False
        self.closed = False
        self.closed_after: int | None = None
        self.closed_at: float | None = None
        self._clock = clock
        self._reader = _Reader(provider)
        self._items = items
        self._is_stepping = False
        self._steps = self._play(self._rounds(items, repeat))

    def __repr__(self) -> str:
        state = ", closed" if self.closed else ", at its end" if self.ended else ""
        return f"<{type(self).__name__}: {self.pulled} pulled{state}>"

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        step = self._step()
        while isinstance(step, Pause):
            self._clock.sleep(step.seconds)
            step = self._step()
        if step is _OVER:
            raise StopIteration
        return step

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        await anyio.lowlevel.checkpoint()  # before the step: a cancelled task loses no item
        step = self._step()
        while isinstance(step, Pause):
            await self._clock.asleep(step.seconds)
            step = self._step()
        if step is _OVER:
            raise StopAsyncIteration
        return step

    def close(self) -> None:
        """Close the stream, and the generator that its items come from, if they do. Idempotent."""
        if self.closed:
            return
        self.closed = True
        self.closed_after = self.pulled
        self.closed_at = self._clock.monotonic()
        if not self._is_stepping:  # else the step closes it: a generator that runs can't be closed
            self._close_items()

    def _close_items(self) -> None:
        close = getattr(self._items, "close", None)
        if isinstance(self._items, Iterator) and close is not None:
            close()

    async def aclose(self) -> None:
        """`close`, for async consumers."""
        self.close()

    def _step(self) -> Any:
        if self.closed or self.ended:
            return _OVER
        self._is_stepping = True
        try:
            step = next(self._steps, _OVER)
        except BaseException:
            self.ended = True
            raise
        finally:
            self._is_stepping = False
            if self.closed:
                self._close_items()
        if step is _OVER:
            self.ended = True
        elif not isinstance(step, Pause):
            self.pulled += 1
        return step

    def _play(self, items: Iterator[StreamItem]) -> Iterator[Any]:
        for item in items:
            match item:
                case bytes():
                    self.bytes_pulled += len(item)
                    yield from self._reader.decode(item)
                case WireEvent():
                    yield from self._reader.normalize(item)
                case BaseException() | type():
                    raise _exception(item)
                case Pause() | BaseModel() | Mapping():
                    yield item
                case _:
                    raise MockError(_UNPLAYABLE.format(_shown(item)))
        try:
            yield from self._reader.flush()
        except ForeignStreamError as error:
            raise MockError(str(error)) from error

    def _rounds(self, items: Iterable[StreamItem], repeat: float) -> Iterator[StreamItem]:
        first_round = map(_as_chunk, items)
        if repeat == 1:
            yield from first_round
            return
        stored: list[StreamItem] = []
        for item in first_round:
            stored.append(item)
            yield item
        done, pulled, barren = 1, 0, 0
        while done < repeat:
            barren = barren + 1 if self.pulled == pulled else 0
            if repeat == FOREVER and barren == 2:  # after one, an event may be incomplete
                raise MockError(_BARREN)
            pulled = self.pulled
            yield from stored
            done += 1


_BARREN = (
    "these items repeat forever, and two whole rounds of them made no chunk: are there only pauses, half an"
    " event, or bytes after the provider's last event, such as [DONE]?"
)

_UNPLAYABLE = (
    "expected an item of a FakeStream: text, bytes, a chunk (a model or a dict), a WireEvent, a Pause or an"
    " exception; got {}"
)


def check_repeat(repeat: object) -> None:
    """Check a number of times.

    Raises:
        MockError: `repeat` isn't a whole number from 1, or `FOREVER`.
    """
    if repeat != FOREVER and not (isinstance(repeat, int) and repeat >= 1):
        raise MockError(f"repeat is a whole number from 1, or FOREVER; got {repeat!r:.200}")


def _is_sequence(thing: object) -> bool:
    """Tell items from a single one: text, bytes, dicts and pydantic models can be iterated too."""
    return isinstance(thing, Iterable) and not isinstance(thing, str | bytes | Mapping | BaseModel)


def _as_chunk(item: StreamItem) -> StreamItem:
    """Make text a chunk, once, however often it's played."""
    if not isinstance(item, str):
        return item
    chunk = chunk_with(Delta(content=item))
    chunk._hidden_params[NO_FINISH] = True
    return chunk


def _shown(thing: object) -> str:
    return f"{type(thing).__name__}: {thing!r:.100}"


def _exception(item: BaseException | type) -> BaseException:
    if isinstance(item, type):
        if not issubclass(item, BaseException):
            raise MockError(_UNPLAYABLE.format(_shown(item)))
        item = item()
    if isinstance(item, StopIteration | StopAsyncIteration):
        raise MockError(f"a stream can't raise {type(item).__name__}: to end it, end the items")
    return item.with_traceback(None)  # its earlier ones, where the same items are played in many tests


class _Reader:
    """The provider's decoder and normalizer, made when an item first needs them."""

    def __init__(self, provider: str) -> None:
        try:
            self._format = format_of(provider)
        except LiteLLMUnknownProvider as error:  # the items are wrong, not a provider's response
            raise MockError(str(error)) from None
        self._normalizer: Stage[WireEvent, ModelResponseStream] | None = None
        self._pipeline: Chain | None = None

    def normalize(self, event: WireEvent) -> Iterator[ModelResponseStream]:
        return self._opened().feed(event)

    def decode(self, data: bytes) -> Iterator[ModelResponseStream]:
        if self._pipeline is None:
            self._pipeline = Chain(decoder_for(self._format), self._opened())
        return self._pipeline.feed(data)

    def flush(self) -> Iterator[ModelResponseStream]:
        stage = self._pipeline or self._normalizer
        return iter(()) if stage is None else stage.flush()

    def _opened(self) -> Stage[WireEvent, ModelResponseStream]:
        if self._normalizer is None:
            self._normalizer = normalizer_for(self._format)
        return self._normalizer


def __getattr__(name: str) -> Any:
    return moved.attribute(__name__, name, {"ScriptItem": "StreamItem"})
