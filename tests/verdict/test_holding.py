"""How long a client holds on, and whether it lets go."""

from __future__ import annotations

import pytest

from unspool.verdict.judge import judge
from unspool.verdict.log import Attempt, Log, Outcome, Pull

SAID = Pull(b'data: {"choices":[{"index":0,"delta":{"content":"again"}}]}\n\n')


def evidence(attempt: Attempt, outcome: Outcome | None = None) -> list[str]:
    log = Log("openai-chat", [attempt], outcome or Outcome(error="enough"))
    kinds = ("no-read-timeout", "no-loop-guard", "left-open")
    return [str(finding) for finding in judge(log).of(kinds)]


@pytest.mark.parametrize(
    "attempt",
    [
        Attempt(waited=1000.0, failure="ReadError", ended_at=1000.0),
        Attempt(status=200, pulls=[Pull(b"", 1000.0, 1000.0)], closed_at=1000.0),
        Attempt(status=200, gave_up_after=1000.0, closed_at=1000.0),
    ],
    ids=["for an answer", "for a piece", "until its own timer"],
)
def test_silence_is_counted_wherever_it_falls(attempt: Attempt) -> None:
    assert evidence(attempt) == ["no-read-timeout: request 1: waited 1000 s without a byte"]


@pytest.mark.parametrize(("chunks", "found"), [(129, False), (130, True)])
def test_a_loop_is_forgiven_for_so_long(chunks: int, found: bool) -> None:
    attempt = Attempt(status=200, pulls=[SAID] * chunks, closed_at=1.0)

    said = f"pulled {chunks - 1} chunks, {(chunks - 1) * len(SAID.data)} bytes, from the first repetition on"
    assert evidence(attempt) == [f"no-loop-guard: request 1: {said}"] * found


@pytest.mark.parametrize(
    ("attempt", "found"),
    [
        (Attempt(status=200, pulls=[SAID]), True),
        (Attempt(status=200, pulls=[SAID], closed_at=1.0), False),
        (Attempt(status=200, pulls=[SAID], ended_at=1.0), False),
        (Attempt(failure="ConnectError", ended_at=0.0), False),
        (Attempt(status=401), True),
    ],
    ids=["open", "closed", "read to its end", "never there", "a refusal"],
)
def test_what_is_neither_closed_nor_over_is_open(attempt: Attempt, found: bool) -> None:
    assert bool(evidence(attempt)) is found


def test_a_client_that_got_its_answer_may_leave_when_it_likes() -> None:
    assert evidence(Attempt(status=200, pulls=[SAID]), Outcome("again")) == []
