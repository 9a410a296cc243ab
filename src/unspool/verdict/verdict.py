"""A verdict as an object, as JSON and as a table."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from unspool.counts import counted
from unspool.verdict.log import Attempt, Log


@dataclass(frozen=True, slots=True)
class Finding:
    """An error of a client.

    Attributes:
        kind: a key of `FINDINGS`.
        evidence: the facts, in numbers.
    """

    kind: str
    evidence: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.evidence}"


@dataclass(frozen=True)
class Verdict:
    """A verdict on a client's reaction to one response under one fault.

    Attributes:
        log: the log of the run.
        findings: the client's errors; empty if there are none.
    """

    log: Log
    findings: tuple[Finding, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the findings, each once."""
        return tuple(dict.fromkeys(finding.kind for finding in self.findings))

    def of(self, kinds: Collection[str]) -> tuple[Finding, ...]:
        """Return the findings of these kinds."""
        return tuple(finding for finding in self.findings if finding.kind in kinds)

    @property
    def came_to(self) -> str:
        """The outcome, in a few words."""
        outcome = self.log.outcome
        if outcome.halted is not None:
            return f"stopped {outcome.halted}"
        if outcome.error is not None:
            return outcome.error.partition(":")[0]
        return "returned" if outcome.text is None else counted(len(outcome.text), "character")

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as plain data; bodies as their sizes only."""
        return {
            "fault": self.log.fault,
            "outcome": asdict(self.log.outcome),
            "findings": [asdict(finding) for finding in self.findings],
            "attempts": [_attempt(attempt) for attempt in self.log.attempts],
        }

    def to_json(self, indent: int | None = 2) -> str:
        """Return `to_dict` as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=indent)

    @property
    def headline(self) -> str:
        """The fault, the outcome, and the number of requests."""
        return f"{self.log.fault}: {self.came_to}, {counted(len(self.log.attempts), 'request')}"

    def __str__(self) -> str:
        return "\n".join([self.headline, *(f"  {finding}" for finding in self.findings)])


def _attempt(attempt: Attempt) -> dict[str, Any]:
    kept = ("method", "url", "status", "started", "headers_at", "failure", "ended_at", "closed_at")
    sizes = {"chunks": len(attempt.pulls), "bytes": attempt.size}
    return {name: getattr(attempt, name) for name in kept} | sizes


def table(verdicts: Iterable[Verdict]) -> str:
    """Format a line for each verdict: the fault, the outcome, the requests, the findings."""
    heads = ("fault", "came to", "requests", "findings")
    rows = [heads, *map(_row, verdicts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _row(verdict: Verdict) -> tuple[str, ...]:
    requests = str(len(verdict.log.attempts))
    return verdict.log.fault, verdict.came_to, requests, ", ".join(verdict.kinds) or "-"


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
