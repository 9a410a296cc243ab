"""From what a test has (chunks, a text, a cassette) to a canned stream in the wrapper that it asks for."""

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
from unspool import FOREVER, Clock, MockError, Pause, text_chunks
from unspool.clock import lent
from unspool.fake import check_repeat
from unspool.faults import Fault, break_script
from unspool.faults.notes import Notes
from unspool.transports.breaker import Breaker

_IMPLEMENTATIONS = {"unspool": "pytest_unspool.streams", "litellm": "pytest_unspool.litellm_stream"}


class StreamFactory:
    """Opens canned streams, and has their last chunks told if the test fails.

    Args:
        node: the test.
        stack: closes them after it.
        folder: where cassettes are looked for.
        clock: on which time passes.
        fault: what happens to each stream.
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
        script: str | os.PathLike[str] | Iterable[Any] | None = None,
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
        script: str | os.PathLike[str] | Iterable[Any] | None = None,
        *,
        implementation: str,
        **options: Any,
    ) -> CannedStream: ...

    def __call__(
        self,
        script: str | os.PathLike[str] | Iterable[Any] | None = None,
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
        """A stream of chunks, of a text, or of a cassette's answer.

        Args:
            script: a text, which is cut into chunks, whatever it looks like; a script as `FakeStream` takes
                it, or one item of such a script; or the `pathlib.Path` of a cassette.
            cassette: its name or path in the folder, or a sample of the package, such as `openai/text`.
            interaction: which one of the cassette's, from 0; needed where it holds several.
            repeat: how often to play it.
            delay: seconds on the clock before each item.
            provider: who speaks in bytes and events: a cassette's by its address, else OpenAI.
            model: the name that chunks carry: a cassette's by its request, else `gpt-4o-mini`.
            clock: instead of the factory's.
            limit: how many equal chunks may pass. Litellm's is one for all streams: it's set until the end
                of the test, and the last one counts.
            fault: what happens to it, out of `unspool.faults`; a broken connection is raised as httpx has it.
            implementation: whose wrapper: `unspool` or `litellm`.
            options: that wrapper's own.

        Raises:
            MockError: that's no stream.
            CassetteError: there is no such cassette, or it holds no such stream.
            ImportError: litellm isn't installed.
        """
        if isinstance(script, os.PathLike):
            script, cassette = None, script
        if (script is None) == (cassette is None):
            raise MockError("expected chunks, a text or a path, or else cassette=…, and not both")
        if cassette is not None:
            recording = self._recording(cassette, interaction, repeat)
            script, provider = recording.script, provider or recording.provider
            model = model or recording.model
        provider = provider or "openai"
        items, own = _items(script, delay), fault
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
        source = "a script" if cassette is None else f"the cassette {cassette}"
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
        yield from break_script(items, fault, provider=provider, errors=httpx, attempt=attempt, notes=notes)

    def _notes(self, own: Fault | None, attempt: int) -> Notes | None:
        """Where to note what becomes of a stream, under its own fault or under the test's."""
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
                f"a cassette's answer is played once, for it has its own end; got repeat={repeat!r}"
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


def _items(script: Any, delay: float) -> Iterable[Any]:
    if isinstance(script, str):
        script = [chunk.choices[0].delta.content or "" for chunk in text_chunks(script)]  # a whole answer
    elif isinstance(script, bytes | Mapping | BaseModel):
        script = [script]
    return _delayed(script, delay) if delay else script


def _played(script: Iterable[Any], repeat: float) -> Iterable[Any]:
    """A script, as often as it's played: a fault happens once in a stream, and not in every round."""
    check_repeat(repeat)
    if repeat == 1:
        return script
    kept = list(script)
    return cycle(kept) if repeat == FOREVER else chain.from_iterable(repeated(kept, int(repeat)))


def _may_pause(script: Any) -> bool:
    """Whether time may pass in a script; of one that is made as it's played, nobody knows."""
    return not isinstance(script, list | tuple) or any(isinstance(item, Pause) for item in script)


def _delayed(script: Iterable[Any], delay: float) -> Iterator[Any]:
    for item in script:
        yield Pause(delay)
        yield item
