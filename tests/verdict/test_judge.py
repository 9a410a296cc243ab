"""Every finding: a client that deserves it, and one that doesn't."""

from __future__ import annotations

import math
from typing import Any

import pytest
from tests.faults import answers
from tests.verdict.clients import Client, by_the_piece

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
from unspool.verdict.judge import judge
from unspool.verdict.log import Log, Outcome

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
