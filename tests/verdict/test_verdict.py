"""Verdicts as text, as JSON and as a table."""

from __future__ import annotations

import json
from typing import Any

import httpx
from tests.faults import answers
from tests.verdict.clients import URL, Client

from unspool.faults import CutEvents, Loop, Refuse
from unspool.verdict import FINDINGS, examine, table
from unspool.verdict.verdict import Verdict

CARELESS = Client(needs_finish=False, guard=float("inf"))
CUT = examine(CARELESS, answers.OPENAI, CutEvents(2))
ENDLESS = examine(CARELESS, answers.OPENAI, Loop(1, times=float("inf")))
REFUSED = examine(CARELESS, answers.OPENAI, Refuse())


def quiet(transport: Any) -> None:
    with httpx.Client(transport=transport) as http:
        http.post(URL)


QUIET = examine(quiet, answers.OPENAI)


def test_a_verdict_reads_as_text() -> None:
    assert str(CUT) == (
        "CutEvents(after=2): 3 characters, 1 request\n"
        "  accepted-truncated: request 1: 2 chunks, 364 bytes, then the end, no finish reason; nothing was"
        " raised"
    )


def test_what_a_client_came_to() -> None:
    came_to = [verdict.came_to for verdict in (CUT, ENDLESS, REFUSED, QUIET)]

    assert came_to == ["3 characters", "stopped after 10000 chunks", "builtins.RuntimeError", "returned"]


def test_findings_can_be_chosen() -> None:
    assert CUT.of(["accepted-truncated", "left-open"]) == CUT.findings
    assert CUT.of(["left-open"]) == ()


def test_a_verdict_is_json() -> None:
    said = json.loads(CUT.to_json())

    assert said["fault"] == "CutEvents(after=2)"
    assert [finding["kind"] for finding in said["findings"]] == ["accepted-truncated"]
    assert said["outcome"] == {"text": "It ", "error": None, "halted": None, "at": 1.25}
    assert said["attempts"] == [
        {
            "method": "POST",
            "url": URL,
            "status": 200,
            "started": 0.0,
            "headers_at": 0.5,
            "failure": None,
            "ended_at": 1.25,
            "closed_at": 1.25,
            "chunks": 2,
            "bytes": 364,
        }
    ]


def test_verdicts_make_a_table() -> None:
    assert table([CUT, REFUSED]).splitlines() == [
        "fault               came to                requests  findings",
        "CutEvents(after=2)  3 characters           1         accepted-truncated",
        "Refuse()            builtins.RuntimeError  3         -",
    ]


def test_every_finding_has_a_meaning_and_one_only() -> None:
    assert len(set(FINDINGS.values())) == len(FINDINGS)
    assert Verdict(CUT.log, ()).kinds == ()
