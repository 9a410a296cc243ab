"""Fixtures that put scripted and endless streams into other people's tests.

Both are factories. What they make goes through the real `unspool.CustomStreamWrapper`, and what a test
leaves open is closed when the test is over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pytest_unspool.looping import LoopingStream
    from unspool import CustomStreamWrapper


@pytest.fixture
def stream_wrapper() -> Iterator[Callable[..., CustomStreamWrapper]]:
    """A factory of streams: `stream_wrapper(["Hel", "lo"])`.

    It takes a script as `unspool.FakeStream` does, or a text, which is cut into pieces;
    `repeat` (how often to play it), `delay` (seconds of virtual time before each item), `provider` (whose
    bytes and events the script holds), `model`, and every option of `CustomStreamWrapper`.
    """
    with ExitStack() as streams:

        def make(
            script: str | Iterable[Any],
            *,
            repeat: float = 1,
            delay: float = 0.0,
            provider: str = "openai",
            model: str = "gpt-4o-mini",
            **options: Any,
        ) -> CustomStreamWrapper:
            import unspool  # noqa: PLC0415 - not before a test asks for it

            items = unspool.text_chunks(script) if isinstance(script, str) else list(script)
            if delay:
                items = [step for item in items for step in (unspool.Pause(delay), item)]
            clock = options.setdefault("clock", unspool.VirtualClock())
            source = unspool.FakeStream(items, repeat=repeat, provider=provider, clock=clock)
            options.setdefault("custom_llm_provider", provider)
            return streams.enter_context(unspool.CustomStreamWrapper(source, model, **options))

        yield make


@pytest.fixture
def looping_stream() -> Iterator[Callable[..., LoopingStream]]:
    """A factory of loops: `looping_stream("How are you?", limit=10)`, to be read with `for` or `async for`.

    It takes what repeats (a text, which is one chunk, or a script), `limit` (how many equal chunks may
    pass in this stream; otherwise `unspool.REPEATED_STREAMING_CHUNK_LIMIT`), `repeat` (for ever unless a
    number says otherwise) and every option of `CustomStreamWrapper`, such as `cycle_guard`. The result can
    `assert_stopped(within_chunks=…)`.
    """
    with ExitStack() as streams:

        def make(script: str | Iterable[Any], *, limit: int | None = None, **options: Any) -> LoopingStream:
            from pytest_unspool.looping import LoopingStream  # noqa: PLC0415 - it imports unspool

            return streams.enter_context(LoopingStream(script, limit=limit, **options))

        yield make
