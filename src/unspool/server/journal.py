"""What a server was asked, and what became of each response."""

from __future__ import annotations

import json
import sys
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unspool.cassette.model import Headers, Request
from unspool.counts import counted

_MOST_ENTRIES = 10_000
_SHOWN_BODY_CHARACTERS = 2_000


@dataclass(slots=True)
class Entry:
    """One request and its response.

    Attributes:
        number: counted from 1.
        request: what was asked.
        at: when, in seconds since the server began.
        outcome: `open` while the response is being sent, then `whole`, `left` (the client disconnected),
            `broken` (a fault or the recording broke it), `missed` (nothing answers the request) or `refused`
            (the client or its request isn't allowed).
        status: the response's status; None before there is one.
        pieces: how many pieces of the body were sent.
        size: how many bytes these were.
        seconds: from the request to the end of its response; None while it's open.
        answered_by: the recording or the script's turn.
        message: what to say about it.
        headers: of the response, and
        headers_at: when they were sent.
        pulls: the pieces that were sent, if the journal keeps them.
        ended_by: the failure that ended the response, such as `ReadError`.
    """

    number: int
    request: Request
    at: float
    outcome: str = "open"
    status: int | None = None
    pieces: int = 0
    size: int = 0
    seconds: float | None = None
    answered_by: str = ""
    message: str = ""
    headers: Headers = ()
    headers_at: float | None = None
    pulls: list[tuple[float, bytes]] = field(default_factory=list)
    ended_by: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more of the response will be sent."""
        return self.outcome != "open"

    def as_json(self) -> dict[str, Any]:
        """The entry as `/__unspool/requests` shows it. Headers are left out: they hold keys."""
        body = self.request.body.decode("utf-8", "replace")
        return {
            "number": self.number,
            "at": round(self.at, 4),
            "method": self.request.method,
            "path": _path(self.request.uri),
            "body": _parsed(body),
            "status": self.status,
            "outcome": self.outcome,
            "answered_by": self.answered_by,
            "pieces": self.pieces,
            "size": self.size,
            "seconds": None if self.seconds is None else round(self.seconds, 4),
            "message": self.message,
        }

    def as_text(self) -> str:
        """The entry in a line."""
        path = _path(self.request.uri)
        took = "" if self.seconds is None else f" in {self.seconds:.3f} s"
        said = ": " + self.message.partition("\n")[0] if self.message else ""
        sent = f"{counted(self.pieces, 'piece')}, {counted(self.size, 'byte', ',')}"
        return f"{self.request.method} {path} {self.status or '-'} {self.outcome}, {sent}{took}{said}"


def _path(uri: str) -> str:
    rest = uri.partition("://")[2]
    return "/" + rest.partition("/")[2].partition("?")[0]


def _parsed(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body[:_SHOWN_BODY_CHARACTERS]


Report = Callable[[Entry], None]


def _silent(_entry: Entry) -> None:
    """Report no requests."""


@dataclass(slots=True)
class Journal:
    """The latest requests, and counts of all.

    Attributes:
        report: is called with each entry when its response has ended.
        entries: the latest 10,000.
        outcomes: how many responses ended in which way.
        missed: the messages of the requests that nothing answered.
        keeps_bodies: whether the entries keep the pieces that were sent, for a verdict.
    """

    report: Report = _silent
    entries: deque[Entry] = field(default_factory=lambda: deque(maxlen=_MOST_ENTRIES))
    outcomes: Counter[str] = field(default_factory=Counter)
    pieces: int = 0
    size: int = 0
    missed: list[str] = field(default_factory=list)
    keeps_bodies: bool = False
    _count: int = 0

    def begin(self, request: Request, at: float) -> Entry:
        """Note a request."""
        self._count += 1
        entry = Entry(self._count, request, at)
        self.entries.append(entry)
        return entry

    def miss(self, entry: Entry, message: str) -> None:
        """Note that nothing answers a request, before its client hears of it."""
        entry.message = message
        if len(self.missed) < _MOST_ENTRIES:
            self.missed.append(message)

    def end(self, entry: Entry, outcome: str, now: float) -> None:
        """Note how a response ended. Idempotent."""
        if entry.outcome != "open":
            return
        entry.outcome, entry.seconds = outcome, now - entry.at
        self.outcomes[outcome] += 1
        self.pieces += entry.pieces
        self.size += entry.size
        self.report(entry)

    def clear(self) -> None:
        """Forget all requests and counts."""
        self.entries.clear()
        self.outcomes.clear()
        self.missed.clear()
        self.pieces = self.size = self._count = 0


def print_text(entry: Entry) -> None:
    """Report an entry as a line on standard error."""
    _print(entry.as_text())


def print_json(entry: Entry) -> None:
    """Report an entry as a line of JSON on standard error, without the request's body."""
    fields = {name: value for name, value in entry.as_json().items() if name != "body"}
    _print(json.dumps(fields, ensure_ascii=False))


def _print(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
