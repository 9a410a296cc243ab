"""What is known of an attempt."""

from __future__ import annotations

import pytest

from unspool.verdict.log import Attempt, Pull


def test_its_size_is_that_of_all_it_pulled() -> None:
    assert Attempt(pulls=[Pull(b"ab"), Pull(b""), Pull(b"c")]).size == 3


@pytest.mark.parametrize(
    ("attempt", "at"),
    [
        (Attempt(started=1, headers_at=2, closed_at=3, ended_at=4), 4),
        (Attempt(started=1, headers_at=2, closed_at=3), 3),
        (Attempt(started=1, headers_at=2), 2),
        (Attempt(started=1), 1),
        (Attempt(started=1, headers_at=2, ended_at=0.0), 0.0),
    ],
)
def test_it_is_over_when_its_last_known_moment_was(attempt: Attempt, at: float) -> None:
    assert attempt.over_at == at
