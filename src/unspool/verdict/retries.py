"""How a client asked again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from unspool.cassette.model import header
from unspool.counts import counted
from unspool.verdict.case import Case
from unspool.verdict.log import Attempt
from unspool.verdict.reading import Reading

REFUSALS = frozenset({400, 401, 402, 403, 404, 405, 413, 415, 422})
"""What stays as it is however often it's asked: the request or the key is at fault."""


def retried_refusal(case: Case) -> Iterator[str]:
    for (number, attempt, _), _next in pairwise(case.attempts):
        if attempt.status in REFUSALS:
            yield f"request {number}: status {attempt.status}, and asked again"


def ignored_retry_after(case: Case) -> Iterator[str]:
    for (number, attempt, _), (_, then, _) in pairwise(case.attempts):
        wanted, waited = retry_after(attempt), then.started - attempt.over_at
        if wanted is not None and waited < wanted * 0.99:
            yield f"request {number}: Retry-After of {wanted:g} s, asked again after {waited:.3g} s"


def no_back_off(case: Case) -> Iterator[str]:
    for (number, attempt, reading), (_, then, _) in pairwise(case.attempts):
        waited = then.started - attempt.over_at
        is_told = retry_after(attempt) is not None
        if _is_mended_by_time(attempt, reading) and not is_told and waited < case.limits.back_off:
            what = attempt.failure or (reading.error and "an error event") or f"status {attempt.status}"
            yield f"request {number}: {what}, asked again after {waited:.3g} s"


def _is_mended_by_time(attempt: Attempt, reading: Reading) -> bool:
    failed = attempt.failure is not None or reading.error is not None
    return failed or (attempt.status is not None and attempt.status >= 400 and attempt.status not in REFUSALS)


def retry_storm(case: Case) -> Iterator[str]:
    count = len(case.log.attempts)
    if count > case.limits.attempts:
        seconds = case.log.attempts[-1].started - case.log.attempts[0].started
        stopped = f", and was stopped {case.log.outcome.halted}" if case.log.outcome.halted else ""
        yield f"asked {counted(count, 'time')} within {seconds:.3g} s{stopped}"


def retry_after(attempt: Attempt) -> float | None:
    """How many seconds the provider asks to wait, by `retry-after` or OpenAI's `retry-after-ms`.

    The other form of that header, a date, isn't read.
    """
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = header(attempt.headers, name)
        if value is not None and value.replace(".", "", 1).isdigit():
            return float(value) * unit
    return None
