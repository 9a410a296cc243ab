"""Connections that fail or break."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from unspool.cassette.failures import FAILURES, failure
from unspool.faults.fault import Fault, Feed, each_frame, missing, nothing_to_break
from unspool.faults.frames import Frame
from unspool.faults.model_event import finishes
from unspool.faults.parts import Head, Part, Piece, Sent, Stop

Error = Literal[
    "ConnectError", "ConnectTimeout", "ReadError", "ReadTimeout", "RemoteProtocolError", "WriteError"
]
"""The client's error: httpx's name for it, raised as the class of the client's own library."""


def _failed(error: str, at: float) -> Stop:
    return Stop(at, FAILURES[error].end, failure(error))


@dataclass(frozen=True, repr=False)
class Refuse(Fault):
    """No connection is made, and the request is never sent.

    Args:
        error: as what the client sees it.
    """

    error: Error = "ConnectError"

    def feed(self) -> Feed:
        return lambda _part: (_failed(self.error, 0.0),)


@dataclass(frozen=True, repr=False)
class NoAnswer(Fault):
    """The request is sent, and the connection breaks before the headers.

    Args:
        error: as what the client sees it.
    """

    error: Error = "ReadError"

    def feed(self) -> Feed:
        return lambda part: (part,) if isinstance(part, Sent) else (_failed(self.error, part.at),)


@dataclass(frozen=True, repr=False)
class Break(Fault):
    """The connection breaks while the body is arriving.

    Args:
        after: network chunks before that; 0 is right after the headers. The response must have more.
        error: as what the client sees it.
    """

    after: int = 0
    error: Error = "ReadError"

    def feed(self) -> Feed:
        seen, last = 0, 0.0

        def feed(part: Part) -> Iterable[Part]:
            nonlocal seen, last
            if isinstance(part, Stop):
                raise nothing_to_break(self, f"{self.after + 1} network chunks", f"{seen}")
            seen += isinstance(part, Piece)
            if seen > self.after:
                return (_failed(self.error, last),)
            last = part.at if isinstance(part, Head | Piece) else last
            return (part,)

        return feed


@dataclass(frozen=True, repr=False)
class BreakAfterFinish(Fault):
    """The connection breaks right after the event with the finish reason.

    Args:
        error: as what the client sees it.
    """

    error: Error = "ReadError"

    def feed(self) -> Feed:
        def change(frame: Frame) -> Iterable[Frame | Part]:
            return (frame, _failed(self.error, frame.at)) if finishes(frame) else (frame,)

        return each_frame(change, at_stop=missing(self, "a finish reason"))
