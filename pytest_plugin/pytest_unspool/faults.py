"""The fixture that breaks streams on purpose: canned ones, and those of the test's cassette."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_unspool.breaking import StreamFaults
    from pytest_unspool.factory import StreamFactory


@pytest.fixture
def stream_faults(request: pytest.FixtureRequest, stream_wrapper: StreamFactory) -> StreamFaults:
    """Breaks streams: `stream_faults(Break(after=2), ["It ", "rains."])`, with a fault of `unspool.faults`.

    With chunks, a text or a cassette it's a stream as `stream_wrapper` makes it, broken. `in_cassette(fault)`
    breaks what the test's own cassette answers from there on. Time is virtual: no pause is waited for.
    """
    from pytest_unspool.breaking import StreamFaults  # noqa: PLC0415 - not before a test asks for it

    return StreamFaults(request, stream_wrapper)
