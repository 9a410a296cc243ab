"""The fixture that makes streams which don't end by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_unspool.factory import StreamFactory
    from pytest_unspool.loops import LoopFactory


@pytest.fixture
def looping_stream(stream_wrapper: StreamFactory) -> LoopFactory:
    """A factory of loops: `looping_stream("How are you?", limit=10)`, to be read with `for` or `async for`.

    It takes what repeats: a text, which is one chunk, or a script; `.near_duplicates`, `.tool_call` and
    `.reasoning` make other loops. `limit` is how many equal chunks may pass, for this test only; `repeat`
    how often it comes, for ever unless a number says otherwise; the other options are those of
    `stream_wrapper`. The result knows how much was `pulled`, and can `assert_stopped(within_chunks=…)`.
    """
    from pytest_unspool.loops import LoopFactory  # noqa: PLC0415 - not before a test asks for it

    return LoopFactory(stream_wrapper)
