"""The fixture that puts canned chunks into the real wrapper: ours, or the installed litellm's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_unspool.factory import StreamFactory
    from unspool import Clock
    from unspool.faults import Fault


@pytest.fixture
def stream_wrapper(
    request: pytest.FixtureRequest,
    unspool_cassette_dir: Path,
    unspool_clock: Clock,
    unspool_fault: Fault | None,
) -> Iterator[StreamFactory]:
    """A factory of streams: `stream_wrapper(["Hel", "lo"])`, to be read with `for` or `async for`.

    It takes a text, which is cut into chunks, or a script as `unspool.FakeStream` does, or a recorded
    answer: `cassette="name"`, a file in `unspool_cassette_dir` or a sample of the package such as
    `openai/text`. A string that isn't given as `cassette` is a text, whatever it looks like; a
    `pathlib.Path` is a cassette in either place.

    `repeat` says how often to play it; `delay` how many seconds pass on `unspool_clock` before each item;
    `provider` who speaks in its bytes (a cassette tells by its address); `interaction` which one of the
    cassette's; `model`, `clock`, and the wrapper's own options, such as `stream_options`.

    What the fixture `unspool_fault` says happens to each stream; the first one is the first attempt.

    With `implementation="litellm"` the chunks go through the `CustomStreamWrapper` of the litellm that
    is installed, each as a chunk of litellm's, and its releases' errors are smoothed: see
    `pytest_unspool.litellm_stream`.
    """
    from pytest_unspool.factory import StreamFactory  # noqa: PLC0415 - not before a test asks for it

    with ExitStack() as streams:
        yield StreamFactory(
            request.node, streams, folder=unspool_cassette_dir, clock=unspool_clock, fault=unspool_fault
        )
