"""How long a client held on to an answer, and whether it let go."""

from __future__ import annotations

from collections.abc import Iterator

from unspool.counts import counted
from unspool.verdict.case import Case, amount


def no_read_timeout(case: Case) -> Iterator[str]:
    for number, attempt, _ in case.attempts:
        waits = (attempt.waited, attempt.gave_up_after or 0.0, *(pull.waited for pull in attempt.pulls))
        waited = max(waits)
        if waited > case.limits.silence:
            yield f"request {number}: waited {waited:g} s without a byte"


def no_loop_guard(case: Case) -> Iterator[str]:
    for number, attempt, reading in case.attempts:
        repeats, first = reading.repetition()
        if repeats > case.limits.repeats:
            after = attempt.pulls[first:]
            size = sum(len(pull.data) for pull in after)
            stopped = f"; stopped {case.log.outcome.halted}" if case.log.outcome.halted else ""
            yield (
                f"request {number}: pulled {counted(len(after), 'chunk')}, {counted(size, 'byte')},"
                " from the first repetition on"
                f"{stopped}"
            )


def left_open(case: Case) -> Iterator[str]:
    if case.log.outcome.error is None:
        return
    for number, attempt, _ in case.attempts:
        if attempt.status is not None and attempt.ended_at is None and attempt.closed_at is None:
            yield f"request {number}: {amount(attempt)}, neither read to its end nor closed"
