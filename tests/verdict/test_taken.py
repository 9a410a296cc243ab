"""What a client takes for an answer."""

from __future__ import annotations

import pytest
from tests.faults import answers
from tests.verdict.test_reading import pulled

from unspool.faults import CutEvents, Status
from unspool.verdict.judge import judge
from unspool.verdict.log import Attempt, Log, Outcome, Pull

WHOLE = pulled(answers.OPENAI)
TEXT = "It rains ☔ in Łódź."


def kinds(outcome: Outcome, *attempts: Attempt, whole: Attempt | None = None) -> tuple[str, ...]:
    return judge(Log("openai-chat", attempts, outcome, whole=whole)).kinds


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (TEXT, ()),
        (f"The model says: {TEXT}\n", ()),
        (None, ()),
        ("It rains \ufffd in Łódź.", ("lost-character",)),
        ("It rains  in d.", ("lost-character",)),
        (TEXT.encode().decode("latin-1"), ("lost-character",)),
        ("It rains ☔", ("lost-text",)),
        ("", ("lost-text",)),
    ],
)
def test_its_text_is_compared_with_what_was_served(text: str | None, found: tuple[str, ...]) -> None:
    assert kinds(Outcome(text), WHOLE) == found


def test_a_client_that_leaves_of_its_own_accord_accepts_nothing() -> None:
    left = Attempt(status=200, pulls=WHOLE.pulls[:2], closed_at=1.0)

    assert kinds(Outcome("It "), left, whole=WHOLE) == ()


def test_a_mark_for_the_end_is_an_end() -> None:
    pulls = [*WHOLE.pulls[:2], Pull(b"data: [DONE]\n\n")]

    assert kinds(Outcome("It "), Attempt(status=200, pulls=pulls, closed_at=1.0)) == ("accepted-truncated",)


@pytest.mark.parametrize(
    "attempt",
    [Attempt(failure="ConnectError", ended_at=0.0), Attempt(status=429, ended_at=0.0)],
    ids=["no connection", "refused"],
)
def test_a_failure_may_be_swallowed_before_there_is_a_stream(attempt: Attempt) -> None:
    assert kinds(Outcome(""), attempt) == ("swallowed-error",)
    assert kinds(Outcome(error="refused"), attempt) == ()


def test_a_reset_may_be_swallowed() -> None:
    reset = Attempt(status=200, pulls=WHOLE.pulls[:2], failure="ReadError", ended_at=1.0)

    assert kinds(Outcome("It "), reset) == ("accepted-truncated",)


def test_the_last_answer_is_the_one_that_counts() -> None:
    refusal = pulled(answers.OPENAI, Status(503))
    refusal.ended_at = -1.0

    assert kinds(Outcome(TEXT), refusal, WHOLE) == ()


def test_two_partial_answers_may_be_glued_before_an_error() -> None:
    cut = pulled(answers.OPENAI, CutEvents(2))
    cut.failure = "ReadError"
    then = Attempt(started=1.0, status=200, pulls=cut.pulls, failure="ReadError", ended_at=1.0)

    assert kinds(Outcome("It It ", "broken"), cut, then) == ("concatenated-retry",)
    assert kinds(Outcome("It ", "broken"), cut, then) == ()


def test_an_error_of_the_clients_own_making() -> None:
    at = Attempt(status=200, pulls=WHOLE.pulls[:2], closed_at=1.0)
    gave_up = Attempt(status=200, pulls=WHOLE.pulls[:2], closed_at=1.0, gave_up_after=20.0)

    assert kinds(Outcome("It ", "KeyError: 'index'"), at) == ("needless-failure",)
    assert kinds(Outcome("It ", "TimeoutError: "), gave_up) == ()
