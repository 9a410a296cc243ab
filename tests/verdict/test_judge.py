"""Every finding: a client that deserves it, and one that doesn't."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.faults import answers
from tests.verdict.clients import Client, by_the_piece
from tests.verdict.test_reading import pulled

from unspool.cassette.model import Headers
from unspool.faults import (
    Break,
    CutEvents,
    EarlyFinish,
    EmptyChoices,
    ErrorEvent,
    Fault,
    Hang,
    HtmlPage,
    KeepAlives,
    Loop,
    NoAnswer,
    NoFinish,
    Refuse,
    Split,
    Status,
)
from unspool.verdict import FINDINGS, examine
from unspool.verdict.judge import Limits, judge, retry_after
from unspool.verdict.log import Attempt, Log, Outcome, Pull

DESERVED: list[tuple[str, dict[str, Any], Fault, str]] = [
    (
        "accepted-truncated",
        {"needs_finish": False},
        CutEvents(2),
        "request 1: 2 chunks, 364 bytes, then the end, no finish reason; nothing was raised",
    ),
    ("accepted-truncated", {"needs_finish": False}, NoFinish(), "no finish reason"),
    ("accepted-truncated", {"needs_finish": False}, HtmlPage(), "1 chunk, 93 bytes"),
    (
        "swallowed-error",
        {"heeds_errors": False, "needs_finish": False},
        ErrorEvent(1),
        "The service is overloaded",
    ),
    (
        "concatenated-retry",
        {"retries_in_mid_stream": True},
        Break(3).on(1),
        "'It rains ☔' of request 1 stands before what request 2 answered",
    ),
    (
        "lost-character",
        {"decoder": by_the_piece},
        Split("characters"),
        "expected 'It rains ☔ in Łódź.', got 'It rains \ufffd",
    ),
    (
        "lost-text",
        {"leaves_at_finish": True},
        EarlyFinish(),
        "expected 'It rains ☔ in Łódź.', got 'It rains ☔'",
    ),
    (
        "needless-failure",
        {"needs_choices": True},
        EmptyChoices(1),
        "2 chunks, 306 bytes, all well to read; raised 'builtins.IndexError: list index out of range'",
    ),
    (
        "needless-failure",
        {"needs_data": True},
        KeepAlives(),
        "1 chunk, 14 bytes, all well to read; raised",
    ),
    ("retried-refusal", {"retries_refusals": True}, Status(401), "request 1: status 401, and asked again"),
    (
        "ignored-retry-after",
        {"heeds_retry_after": False},
        Status(429, retry_after=7).on(1),
        "request 1: Retry-After of 7 s, asked again after 0.5 s",
    ),
    ("no-back-off", {"pause": 0.0}, Status(503).on(1), "request 1: status 503, asked again after 0 s"),
    ("no-back-off", {"pause": 0.0}, Refuse().on(1), "request 1: ConnectError, asked again after 0 s"),
    ("retry-storm", {"tries": 9}, Refuse(), "asked 9 times within 4 s"),
    (
        "retry-storm",
        {"tries": 99},
        NoAnswer(),
        "asked 20 times within 19 s, and was stopped after 20 requests",
    ),
    ("no-read-timeout", {"timeout": None}, Hang(2), "request 1: waited 3600.25 s without a byte"),
    (
        "no-loop-guard",
        {"guard": math.inf},
        Loop(1, times=300),
        "request 1: pulled 302 chunks, 54178 bytes, from the first repetition on",
    ),
    ("no-loop-guard", {"guard": math.inf}, Loop(1, times=math.inf), "stopped after 10000 chunks"),
    ("left-open", {"closes": False}, ErrorEvent(1), "neither read to its end nor closed"),
]


@pytest.mark.parametrize(("kind", "habit", "fault", "evidence"), DESERVED)
def test_a_bad_habit_is_found_and_it_alone(
    kind: str, habit: dict[str, Any], fault: Fault, evidence: str
) -> None:
    verdict = examine(Client(**habit), answers.OPENAI, fault)

    assert verdict.kinds == (kind,), verdict
    assert evidence in verdict.findings[0].evidence


@pytest.mark.parametrize("fault", dict.fromkeys(case[2] for case in DESERVED), ids=repr)
def test_a_careful_client_is_found_nothing_against(fault: Fault) -> None:
    verdict = examine(Client(), answers.OPENAI, fault)

    assert not verdict.findings, verdict


def test_every_finding_is_deserved_by_somebody() -> None:
    elsewhere = {"left-early", "invented-text"}  # test_clients
    assert {case[0] for case in DESERVED} | elsewhere == set(FINDINGS)


def test_a_run_without_a_request_is_found_nothing_against() -> None:
    assert judge(Log("openai-chat", [], Outcome("made up"))).findings == ()


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


WHOLE = pulled(answers.OPENAI)
TEXT = "It rains ☔ in Łódź."


def kinds_found(outcome: Outcome, *attempts: Attempt, whole: Attempt | None = None) -> tuple[str, ...]:
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
    assert kinds_found(Outcome(text), WHOLE) == found


def test_a_client_that_leaves_early_says_so_or_is_found_out() -> None:
    left = Attempt(status=200, pulls=WHOLE.pulls[:2], closed_at=1.0)

    assert kinds_found(Outcome("It "), left, whole=WHOLE) == ("left-early",)
    assert kinds_found(Outcome(None), left, whole=WHOLE) == ("left-early",)
    assert kinds_found(Outcome("It ", "asyncio.TimeoutError: "), left, whole=WHOLE) == ("needless-failure",)


def test_a_client_that_leaves_at_the_finish_reason_leaves_in_time() -> None:
    (finish,) = (at for at, pull in enumerate(WHOLE.pulls) if b'"finish_reason":"stop"' in pull.data)
    left = Attempt(status=200, pulls=WHOLE.pulls[: finish + 1], closed_at=1.0)

    assert kinds_found(Outcome(TEXT), left, whole=WHOLE) == ()


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
    assert kinds_found(Outcome(text), WHOLE, whole=WHOLE) == found


def test_the_text_of_an_answer_with_reasoning_or_calls_is_the_clients_own_matter() -> None:
    calls = pulled(answers.TOOLS)

    assert kinds_found(Outcome("I call weather and time."), calls, whole=calls) == ()


def test_a_client_that_sees_the_end_and_no_finish_reason_rightly_raises() -> None:
    pulls = [*WHOLE.pulls[:2], Pull(b"data: [DONE]\n\n")]

    assert kinds_found(Outcome("It ", "cut off"), Attempt(status=200, pulls=pulls, closed_at=1.0)) == ()


def test_an_event_stream_of_another_content_type_is_rightly_rejected() -> None:
    html = (("content-type", "text/html; charset=utf-8"),)
    rejected = Attempt(status=200, headers=html, closed_at=1.0)

    assert kinds_found(Outcome("", "wrong content type"), rejected, whole=WHOLE) == ()


@pytest.mark.parametrize("stream", [(("content-type", "text/event-stream; charset=utf-8"),), ()])
def test_an_event_stream_of_the_right_content_type_is_not(stream: Headers) -> None:
    rejected = Attempt(status=200, headers=stream, closed_at=1.0)

    assert kinds_found(Outcome("", "wrong content type"), rejected, whole=WHOLE) == ("needless-failure",)


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
    assert kinds_found(outcome, UNENDED, whole=UNENDED) == found


def test_a_mark_for_the_end_is_an_end() -> None:
    pulls = [*WHOLE.pulls[:2], Pull(b"data: [DONE]\n\n")]

    assert kinds_found(Outcome("It "), Attempt(status=200, pulls=pulls, closed_at=1.0)) == (
        "accepted-truncated",
    )


@pytest.mark.parametrize(
    "attempt",
    [Attempt(failure="ConnectError", ended_at=0.0), Attempt(status=429, ended_at=0.0)],
    ids=["no connection", "refused"],
)
def test_a_failure_may_be_swallowed_before_there_is_a_stream(attempt: Attempt) -> None:
    assert kinds_found(Outcome(""), attempt) == ("swallowed-error",)
    assert kinds_found(Outcome(error="refused"), attempt) == ()


def test_a_reset_may_be_swallowed() -> None:
    reset = Attempt(status=200, pulls=WHOLE.pulls[:2], failure="ReadError", ended_at=1.0)

    assert kinds_found(Outcome("It "), reset) == ("accepted-truncated",)


def test_the_last_answer_is_the_one_that_counts() -> None:
    refusal = pulled(answers.OPENAI, Status(503))
    refusal.ended_at = -1.0

    assert kinds_found(Outcome(TEXT), refusal, WHOLE) == ()


def test_two_partial_answers_may_be_glued_before_an_error() -> None:
    cut = pulled(answers.OPENAI, CutEvents(2))
    cut.failure = "ReadError"
    then = Attempt(started=1.0, status=200, pulls=cut.pulls, failure="ReadError", ended_at=1.0)

    assert kinds_found(Outcome("It It ", "broken"), cut, then) == ("concatenated-retry",)
    assert kinds_found(Outcome("It ", "broken"), cut, then) == ()


def test_an_error_of_the_clients_own_making() -> None:
    at = Attempt(status=200, pulls=WHOLE.pulls[:2], closed_at=1.0)
    gave_up = Attempt(status=200, pulls=WHOLE.pulls[:2], closed_at=1.0, gave_up_after=20.0)

    assert kinds_found(Outcome("It ", "KeyError: 'index'"), at) == ("needless-failure",)
    assert kinds_found(Outcome("It ", "TimeoutError: "), gave_up) == ()
