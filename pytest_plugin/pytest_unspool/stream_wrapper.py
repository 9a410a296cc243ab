"""`stream_wrapper`: canned streams of items, a text or a cassette, in Unspool's wrapper or litellm's."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from importlib import import_module
from itertools import chain, count, cycle
from itertools import repeat as repeated
from pathlib import Path
from typing import Any, Literal, overload

import httpx
import pytest
from pydantic import BaseModel

from pytest_unspool import run_report, stash, story
from pytest_unspool.recordings import Recording, recorded
from pytest_unspool.streams import CannedStream, UnspoolStream
from unspool import FOREVER, Clock, MockError, Pause, moved, text_chunks
from unspool.clock import lent
from unspool.fake import check_repeat
from unspool.faults import Fault, break_items
from unspool.faults.notes import Notes
from unspool.transports.breaker import Breaker

_IMPLEMENTATIONS = {"unspool": "pytest_unspool.streams", "litellm": "pytest_unspool.litellm_stream"}


class StreamFactory:
    """Opens canned streams, and shows their last chunks in the report of a test that fails.

    Args:
        node: the test.
        stack: closes them after it.
        folder: where the test's cassettes are.
        clock: on which time passes.
        fault: breaks each stream.
    """

    def __init__(
        self,
        node: pytest.Item,
        stack: ExitStack,
        *,
        folder: Path,
        clock: Clock,
        fault: Fault | None = None,
    ) -> None:
        self._node = node
        self._stack = stack
        self._folder = folder
        self._clock = clock
        self._fault = fault
        self._attempts = count(1)
        self._lent: list[Clock] = []

    @overload
    def __call__(
        self,
        items: str | os.PathLike[str] | Iterable[Any] | None = None,
        *,
        cassette: str | os.PathLike[str] | None = None,
        interaction: int | None = None,
        repeat: float = 1,
        delay: float = 0.0,
        provider: str | None = None,
        model: str | None = None,
        clock: Clock | None = None,
        limit: int | None = None,
        fault: Fault | None = None,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def __call__(
        self,
        items: str | os.PathLike[str] | Iterable[Any] | None = None,
        *,
        implementation: str,
        **options: Any,
    ) -> CannedStream: ...

    @moved.keywords(script="items")
    def __call__(
        self,
        items: str | os.PathLike[str] | Iterable[Any] | None = None,
        *,
        cassette: str | os.PathLike[str] | None = None,
        interaction: int | None = None,
        repeat: float = 1,
        delay: float = 0.0,
        provider: str | None = None,
        model: str | None = None,
        clock: Clock | None = None,
        limit: int | None = None,
        fault: Fault | None = None,
        implementation: str = "unspool",
        **options: Any,
    ) -> CannedStream:
        """Open a stream of items, of a text, or of a cassette's response.

        Args:
            items: a text, which is cut into chunks, whatever it looks like; items as `FakeStream` takes them,
                or a single one; or the `pathlib.Path` of a cassette.
            cassette: its name or path in the folder, or a sample of the package, such as `openai/text`.
            interaction: the interaction's number, from 0; needed if the cassette contains several.
            repeat: how often to play the items.
            delay: seconds on the clock before each item.
            provider: whose bytes and events these are; by default a cassette's by its address, else OpenAI's.
            model: the name in the chunks; by default a cassette's by its request, else `gpt-4o-mini`.
            clock: instead of the factory's.
            limit: how many equal chunks may pass. Litellm has one limit for all streams: it's set until the
                end of the test, and the last one counts.
            fault: a fault of `unspool.faults`, which breaks the stream; a broken connection raises httpx's
                error.
            implementation: whose wrapper: `unspool` or `litellm`.
            options: that wrapper's own.

        Raises:
            MockError: `items` can't be played.
            CassetteError: there is no such cassette, or it contains no such stream.
            ImportError: litellm isn't installed.
        """
        if isinstance(items, os.PathLike):
            items, cassette = None, items
        if (items is None) == (cassette is None):
            raise MockError("expected items, a text or a path, or else cassette=…, and not both")
        if cassette is not None:
            recording = self._recording(cassette, interaction, repeat)
            items, provider = recording.stream.items, provider or recording.provider
            model = model or recording.stream.model
        provider = provider or "openai"
        items, own = _items(items, delay), fault
        fault = own or self._fault
        clock = clock or self._clock
        if fault is not None or _may_pause(items):
            self._lend_time(clock)
        if fault is not None:
            items, repeat = self._broken(fault, own, _played(items, repeat), provider), 1
        stream = self._stack.enter_context(
            _opener(implementation)(
                items,
                model or "gpt-4o-mini",
                repeat=repeat,
                provider=provider,
                clock=clock,
                limit=limit,
                **options,
            )
        )
        stream.is_mock = cassette is None
        source = "given items" if cassette is None else f"the cassette {cassette}"
        stash.watch(self._node, partial(story.of_chunks, stream.delivered, source=source))
        return stream

    def _lend_time(self, clock: Clock) -> None:
        """Put the test's timers on virtual time, until its streams are closed."""
        if not any(clock is one for one in self._lent):
            self._lent.append(clock)
            self._stack.enter_context(lent(clock))

    def _broken(self, fault: Fault, own: Fault | None, items: Iterable[Any], provider: str) -> Iterator[Any]:
        attempt = next(self._attempts)
        notes = self._notes(own, attempt)
        yield from break_items(items, fault, provider=provider, errors=httpx, attempt=attempt, notes=notes)

    def _notes(self, own: Fault | None, attempt: int) -> Notes | None:
        """Return where to note what a stream's own fault, or the test's, does to it."""
        if own is not None:
            breaker = Breaker(own)
            self._node.stash.setdefault(stash.FAULTS, []).append(breaker)
        elif stash.BROKEN in self._node.stash:
            breaker = self._node.stash[stash.BROKEN].breaker
        else:
            return None
        breaker.ledger.requests += 1
        notes = breaker.ledger.notes() if breaker.fault.hits(attempt) else None
        return notes.aimed() if notes is not None and own is not None else notes

    def _recording(
        self, cassette: str | os.PathLike[str], interaction: int | None, repeat: float
    ) -> Recording:
        if repeat != 1:
            raise MockError(
                f"a cassette's response has its own end, and is played once; got repeat={repeat!r}"
            )
        recording = recorded(cassette, self._folder, interaction)
        run_report.keep(self._node.config, run_report.account_of_canned(recording.path))
        return recording


def _opener(implementation: str) -> Callable[..., AbstractContextManager[CannedStream]]:
    if implementation not in _IMPLEMENTATIONS:
        raise MockError(f"expected implementation 'unspool' or 'litellm', got {implementation!r}")
    opener: Callable[..., AbstractContextManager[CannedStream]]
    opener = import_module(_IMPLEMENTATIONS[implementation]).open_stream
    return opener


def _items(given: Any, delay: float) -> Iterable[Any]:
    if isinstance(given, str):
        given = [chunk.choices[0].delta.content or "" for chunk in text_chunks(given)]  # a whole response
    elif isinstance(given, bytes | Mapping | BaseModel):
        given = [given]
    return _delayed(given, delay) if delay else given


def _played(items: Iterable[Any], repeat: float) -> Iterable[Any]:
    """Repeat the items here: a fault happens once in a stream, and not in every round."""
    check_repeat(repeat)
    if repeat == 1:
        return items
    stored = list(items)
    return cycle(stored) if repeat == FOREVER else chain.from_iterable(repeated(stored, int(repeat)))


def _may_pause(items: Any) -> bool:
    """Whether time may pass: unknown of items that are made as they are played."""
    return not isinstance(items, list | tuple) or any(isinstance(item, Pause) for item in items)


def _delayed(items: Iterable[Any], delay: float) -> Iterator[Any]:
    for item in items:
        yield Pause(delay)
        yield item
