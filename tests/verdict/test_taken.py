"""What a client takes for an answer."""

from __future__ import annotations

import pytest
from tests.faults import answers
from tests.verdict.test_reading import pulled

from unspool.cassette.model import Headers
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


def test_a_client_that_leaves_early_says_so_or_is_found_out() -> None:
    left = Attempt(status=200, pulls=WHOLE.pulls[:2], closed_at=1.0)

    assert kinds(Outcome("It "), left, whole=WHOLE) == ("left-early",)
    assert kinds(Outcome(None), left, whole=WHOLE) == ("left-early",)
    assert kinds(Outcome("It ", "asyncio.TimeoutError: "), left, whole=WHOLE) == ("needless-failure",)


def test_a_client_that_leaves_at_the_finish_reason_leaves_in_time() -> None:
    (finish,) = (at for at, pull in enumerate(WHOLE.pulls) if b'"finish_reason":"stop"' in pull.data)
    left = Attempt(status=200, pulls=WHOLE.pulls[: finish + 1], closed_at=1.0)

    assert kinds(Outcome(TEXT), left, whole=WHOLE) == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Assistant: {TEXT}", ()),
        (f"{TEXT}\n", ()),
        (f"{TEXT} Have a nice day!", ("invented-text",)),
        (f"Of course! {TEXT}", ("invented-text",)),
        (TEXT + TEXT, ("invented-text",)),
        (f"{TEXT}in Łódź.", ("invented-text",)),
    ],
)
def test_text_that_the_model_never_sent_is_found(text: str, found: tuple[str, ...]) -> None:
    assert kinds(Outcome(text), WHOLE, whole=WHOLE) == found


def test_the_text_of_an_answer_with_reasoning_or_calls_is_the_clients_own_matter() -> None:
    calls = pulled(answers.TOOLS)

    assert kinds(Outcome("I call weather and time."), calls, whole=calls) == ()


def test_a_client_that_sees_the_end_and_no_finish_reason_rightly_raises() -> None:
    pulls = [*WHOLE.pulls[:2], Pull(b"data: [DONE]\n\n")]

    assert kinds(Outcome("It ", "cut off"), Attempt(status=200, pulls=pulls, closed_at=1.0)) == ()


def test_an_event_stream_of_another_content_type_is_rightly_rejected() -> None:
    html = (("content-type", "text/html; charset=utf-8"),)
    rejected = Attempt(status=200, headers=html, closed_at=1.0)

    assert kinds(Outcome("", "wrong content type"), rejected, whole=WHOLE) == ()


@pytest.mark.parametrize("stream", [(("content-type", "text/event-stream; charset=utf-8"),), ()])
def test_an_event_stream_of_the_right_content_type_is_not(stream: Headers) -> None:
    rejected = Attempt(status=200, headers=stream, closed_at=1.0)

    assert kinds(Outcome("", "wrong content type"), rejected, whole=WHOLE) == ("needless-failure",)


UNENDED = pulled(answers.OPENAI)
UNENDED.pulls = [Pull(b'data: {"choices":[{"index":0,"delta":{"content":"It "},"finish_reason":null}]}\n\n')]
UNENDED.pulls += [Pull(b'data: {"choices":[{"index":0,"delta":{"content":"rains"},"finish_reason":"stop"}]}')]


@pytest.mark.parametrize(
    ("outcome", "found"),
    [
        (Outcome("It rains"), ()),
        (Outcome("It "), ()),
        (Outcome("It ", "no finish reason"), ()),
        (Outcome(""), ("lost-text",)),
    ],
)
def test_an_event_that_never_ended_may_be_discarded(outcome: Outcome, found: tuple[str, ...]) -> None:
    assert kinds(outcome, UNENDED, whole=UNENDED) == found


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
