"""Attempts that follow one another."""

from __future__ import annotations

import pytest

from unspool.cassette.model import Headers
from unspool.verdict.case import Limits
from unspool.verdict.judge import judge
from unspool.verdict.log import Attempt, Log, Outcome
from unspool.verdict.retries import retry_after


def kinds(*attempts: Attempt, limits: Limits | None = None) -> tuple[str, ...]:
    log = Log("openai-chat", attempts, Outcome(error="given up"))
    return judge(log, limits or Limits()).kinds


def refused(status: int, at: float, headers: Headers = ()) -> Attempt:
    return Attempt(started=at, status=status, headers=headers, headers_at=at, closed_at=at)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ((("retry-after", "7"),), 7.0),
        ((("Retry-After", "0.5"),), 0.5),
        ((("retry-after", "7"), ("retry-after-ms", "250")), 0.25),
        ((("retry-after", "Wed, 21 Oct 2026 07:28:00 GMT"),), None),
        ((), None),
    ],
)
def test_how_long_a_provider_asks_to_wait(headers: Headers, seconds: float | None) -> None:
    assert retry_after(Attempt(headers=headers)) == seconds


@pytest.mark.parametrize(("again_at", "found"), [(6.0, ("ignored-retry-after",)), (7.0, ())])
def test_retry_after_counts_from_the_refusal(again_at: float, found: tuple[str, ...]) -> None:
    first = refused(429, 0.0, (("retry-after", "7"),))

    assert kinds(first, refused(429, again_at)) == found


def test_a_retry_after_of_zero_allows_what_it_says() -> None:
    assert kinds(refused(503, 0.0, (("retry-after", "0"),)), refused(503, 0.0)) == ()


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503, 529])
def test_what_time_mends_may_be_asked_again(status: int) -> None:
    assert kinds(refused(status, 0.0), refused(status, 1.0)) == ()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_what_time_doesnt_mend_may_not(status: int) -> None:
    assert kinds(refused(status, 0.0), refused(status, 1.0)) == ("retried-refusal",)


def test_limits_are_the_users() -> None:
    attempts = [refused(503, float(at)) for at in range(3)]

    assert kinds(*attempts, limits=Limits(attempts=2)) == ("retry-storm",)
    assert kinds(*attempts, limits=Limits(back_off=2.0)) == ("no-back-off",)
