"""Faults in a test's streams: in canned ones, and in what its cassette answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

import pytest

from pytest_unspool.stream_wrapper import StreamFactory
from pytest_unspool.streams import CannedStream, UnspoolStream
from unspool.faults import Fault
from unspool.transports.transport import break_answers


class StreamFaults:
    """Breaks streams.

    Args:
        request: the test's.
        open_stream: opens canned ones.
    """

    def __init__(self, request: pytest.FixtureRequest, open_stream: StreamFactory) -> None:
        self._request = request
        self._open: Callable[..., CannedStream] = open_stream

    @overload
    def __call__(
        self,
        fault: Fault,
        script: Any = None,
        *,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def __call__(
        self, fault: Fault, script: Any = None, *, implementation: str, **options: Any
    ) -> CannedStream: ...

    def __call__(self, fault: Fault, script: Any = None, **options: Any) -> CannedStream:
        """A canned stream that breaks; the script and the options are those of `StreamFactory`."""
        return self._open(script, fault=fault, **options)

    def in_cassette(self, fault: Fault) -> None:
        """Break what the test's cassette answers from here on; the next request is the first attempt.

        What is recorded stays whole.

        Raises (for a request):
            FaultError: its answer has nothing in it that the fault could break.
        """
        self._request.getfixturevalue("stream_cassette")
        break_answers(fault)
