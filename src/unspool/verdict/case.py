"""What is judged: a run of a client, what its answers say, and what is forgiven."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from unspool.counts import counted
from unspool.verdict.log import Attempt, Log
from unspool.verdict.reading import Reading


@dataclass(frozen=True)
class Limits:
    """From where on something is a finding, and when a client is stopped.

    Attributes:
        attempts: how many requests one question may take.
        back_off: how many seconds a client has to wait before it asks again, at least.
        silence: how many seconds without a byte a client may wait; OpenAI's and Anthropic's SDKs give up
            after 600.
        repeats: how many chunks of a loop a client may pull; LiteLLM's guard lets 100 pass.
        most_attempts: a client that makes more is stopped.
        most_chunks: a client that pulls more from one answer is stopped.
    """

    attempts: int = 5
    back_off: float = 0.1
    silence: float = 900.0
    repeats: int = 128
    most_attempts: int = 20
    most_chunks: int = 10_000


@dataclass(frozen=True)
class Case:
    """A log, and what its answers say to a reader by the book; `whole` as there."""

    log: Log
    readings: list[Reading]
    whole: Reading | None
    limits: Limits

    @property
    def attempts(self) -> list[tuple[int, Attempt, Reading]]:
        """Each with its number, from 1."""
        return [
            (number, attempt, reading)
            for number, (attempt, reading) in enumerate(
                zip(self.log.attempts, self.readings, strict=True), start=1
            )
        ]

    @property
    def taken(self) -> tuple[int, Attempt, Reading] | None:
        """The attempt whose answer the client took; None if it raised, or was stopped, or never asked."""
        outcome = self.log.outcome
        is_taken = outcome.error is None and outcome.halted is None
        return self.attempts[-1] if is_taken and self.log.attempts else None


Look = Callable[[Case], Iterator[str]]
"""Finds something wrong: yields the evidence, once for each time."""


def came(attempt: Attempt) -> bool:
    """Whether an answer came at all, and no refusal."""
    return attempt.status is not None and attempt.status < 300


def amount(attempt: Attempt) -> str:
    return f"{counted(len(attempt.pulls), 'chunk')}, {counted(attempt.size, 'byte')}"


def short(text: str, most: int = 60) -> str:
    return repr(text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}")
