"""Verdicts as text, as JSON and as a table."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from tests.faults import answers
from tests.verdict.clients import URL, Client

from unspool.faults import CutEvents, Loop, Refuse
from unspool.verdict import FINDINGS, examine, table
from unspool.verdict.verdict import Verdict

CARELESS = Client(needs_finish=False, guard=float("inf"))


@pytest.fixture(scope="module")
def cut() -> Verdict:
    return examine(CARELESS, answers.OPENAI, CutEvents(2))


@pytest.fixture(scope="module")
def refused() -> Verdict:
    return examine(CARELESS, answers.OPENAI, Refuse())


def quiet(transport: Any) -> None:
    with httpx.Client(transport=transport) as http:
        http.post(URL)


def test_a_verdict_reads_as_text(cut: Verdict) -> None:
    assert str(cut) == (
        "CutEvents(after=2): 3 characters, 1 request\n"
        "  accepted-truncated: request 1: 2 chunks, 364 bytes, then the end, no finish reason; nothing was"
        " raised"
    )


def test_what_a_client_came_to(cut: Verdict, refused: Verdict) -> None:
    endless = examine(CARELESS, answers.OPENAI, Loop(1, times=float("inf")))
    silent = examine(quiet, answers.OPENAI)
    came_to = [verdict.came_to for verdict in (cut, endless, refused, silent)]

    assert came_to == ["3 characters", "stopped after 10000 chunks", "builtins.RuntimeError", "returned"]


def test_findings_can_be_chosen(cut: Verdict) -> None:
    assert cut.of(["accepted-truncated", "left-open"]) == cut.findings
    assert cut.of(["left-open"]) == ()


def test_a_verdict_is_json(cut: Verdict) -> None:
    said = json.loads(cut.to_json())

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


def test_verdicts_make_a_table(cut: Verdict, refused: Verdict) -> None:
    assert table([cut, refused]).splitlines() == [
        "fault               came to                requests  findings",
        "CutEvents(after=2)  3 characters           1         accepted-truncated",
        "Refuse()            builtins.RuntimeError  3         -",
    ]


def test_every_finding_has_a_meaning_and_one_only(cut: Verdict) -> None:
    assert len(set(FINDINGS.values())) == len(FINDINGS)
    assert Verdict(cut.log, ()).kinds == ()
