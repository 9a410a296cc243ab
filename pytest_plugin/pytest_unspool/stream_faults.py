"""`stream_faults`: faults in canned streams, and in the responses of the test's cassette."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

import pytest

from pytest_unspool.stream_wrapper import StreamFactory
from pytest_unspool.streams import CannedStream, UnspoolStream
from unspool import moved
from unspool.faults import Fault
from unspool.transports.transport import break_answers


class StreamFaults:
    """Breaks streams.

    Args:
        request: the test's.
        open_stream: opens canned streams.
    """

    def __init__(self, request: pytest.FixtureRequest, open_stream: StreamFactory) -> None:
        self._request = request
        self._open: Callable[..., CannedStream] = open_stream

    @overload
    def __call__(
        self,
        fault: Fault,
        items: Any = None,
        *,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def __call__(
        self, fault: Fault, items: Any = None, *, implementation: str, **options: Any
    ) -> CannedStream: ...

    @moved.keywords(script="items")
    def __call__(self, fault: Fault, items: Any = None, **options: Any) -> CannedStream:
        """Open a canned stream that breaks; the items and options are those of `StreamFactory`."""
        return self._open(items, fault=fault, **options)

    def in_cassette(self, fault: Fault) -> None:
        """Break the responses of the test's cassette from here on; the next request is the first attempt.

        What is recorded stays whole.

        Raises (for a request):
            FaultError: its response contains nothing that the fault could break.
        """
        self._request.getfixturevalue("stream_cassette")
        break_answers(fault)
