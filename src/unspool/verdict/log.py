"""The log between a client and its transport, on which a verdict is based.

Times are seconds on the clock of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from unspool.cassette.model import Headers


@dataclass(frozen=True, slots=True)
class Pull:
    """A piece of a body that the client has pulled.

    Attributes:
        data: the bytes, as the network delivers them.
        at: when it received them.
        waited: how long it waited for them, in seconds.
    """

    data: bytes
    at: float = 0.0
    waited: float = 0.0


@dataclass(slots=True)
class Attempt:
    """A request and its response.

    Attributes:
        started: when it was made.
        status: None if no headers arrived.
        headers_at: when they arrived.
        pulls: the pieces of the body that the client has pulled.
        failure: the name of the HTTP library's exception that the transport raised.
        waited: how long the client waited for the headers, or for the body's end or its failure.
        ended_at: when the client reached the end, or the failure; None if it never did.
        closed_at: when it closed the response; None if it never did.
        gave_up_after: how long it had waited for a piece when it cancelled the wait; None if it didn't.
    """

    method: str = "POST"
    url: str = ""
    started: float = 0.0
    status: int | None = None
    headers: Headers = ()
    headers_at: float | None = None
    pulls: list[Pull] = field(default_factory=list)
    failure: str | None = None
    waited: float = 0.0
    ended_at: float | None = None
    closed_at: float | None = None
    gave_up_after: float | None = None

    @property
    def size(self) -> int:
        """The bytes that the client has pulled."""
        return sum(len(pull.data) for pull in self.pulls)

    @property
    def over_at(self) -> float:
        """When the client was done with it, as far as known."""
        moments = (self.ended_at, self.closed_at, self.headers_at)
        return next((at for at in moments if at is not None), self.started)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a client.

    Attributes:
        text: all the text that it got; None if it returned None.
        error: its exception, as in `openai.APIError: overloaded`; None if it returned.
        halted: why it was stopped from outside; None if it ended by itself.
        at: when that was.
    """

    text: str | None = None
    error: str | None = None
    halted: str | None = None
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Log:
    """One run of a client.

    Attributes:
        wire_format: that of the response before the fault.
        attempts: the client's requests.
        fault: the fault that broke them, as code.
        whole: the whole last response, read or not; None if it's unknown, or has no end.
    """

    wire_format: str
    attempts: Sequence[Attempt]
    outcome: Outcome
    fault: str = "NoFault()"
    whole: Attempt | None = None
