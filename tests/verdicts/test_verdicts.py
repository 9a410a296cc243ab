"""A slice of `python -m tests.verdicts`: the SDKs of the development requirements, sync and async."""

from __future__ import annotations

import re

import pytest
from tests.venvs import ROOT
from tests.verdicts.judging import verdicts
from tests.verdicts.page import SHORT
from tests.verdicts.rows import ROWS, Row

from unspool.faults import scenario
from unspool.verdict import FINDINGS

SLICE = {
    "openai-3": {
        "loop-of-two": ("no-loop-guard",),
        "cut-between-events": ("accepted-truncated",),
        "retry-after-partial-output": (),
        "stall-for-ever": (),
        "overloaded-in-mid-answer": (),
        "vllm-error-in-200": ("swallowed-error",),
        "rate-limited-once": (),
        "overloaded-twice": (),
        "split-characters": (),
        "comments": (),
    },
    "anthropic-2": {
        "cut-between-events": ("accepted-truncated",),
        "stall-for-ever": (),
        "anthropic-error-event": (),
        "rate-limited-once": (),
        "byte-order-mark": ("needless-failure",),
        "split-characters": (),
    },
}


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("row", [row for row in ROWS if row.sdk in SLICE], ids=str)
def test_what_an_sdk_does_with_a_broken_stream(row: Row, way: str) -> None:
    expected = SLICE[row.sdk]

    found = dict(verdicts(row.ways[way], row.form, map(scenario, expected)))

    assert {name: verdict.kinds for name, verdict in found.items()} == expected


@pytest.mark.parametrize("row", [row for row in ROWS if row.sdk in SLICE], ids=str)
def test_its_own_pauses_pass_in_virtual_time(row: Row) -> None:
    ((_, verdict),) = verdicts(row.ways["sync"], row.form, [scenario("rate-limited-once")])

    first, second = verdict.log.attempts
    assert second.started - first.started >= 7


def columns() -> dict[str, dict[str, str]]:
    """The first table of the page: for each SDK the cells by fault."""
    lines = (ROOT / "docs" / "verdicts.md").read_text("utf-8").splitlines()
    start = lines.index("## What was found")
    first = next(at for at in range(start, len(lines)) if lines[at].startswith("| fault"))
    end = next(at for at in range(first, len(lines)) if not lines[at])
    heads, _, *rows = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines[first:end])
    return {head: {row[0]: row[at] for row in rows} for at, head in enumerate(heads) if head != "fault"}


@pytest.mark.parametrize("row", [row for row in ROWS if row.sdk in SLICE], ids=str)
def test_the_page_says_what_the_slice_shows(row: Row) -> None:
    (cells,) = (cells for head, cells in columns().items() if head == row.needs[0].replace("==", " "))

    for name, kinds in SLICE[row.sdk].items():
        assert cells.get(name, "✓") == (", ".join(SHORT[kind] for kind in kinds) or "✓")


def test_every_sdk_is_on_the_page_in_the_version_that_is_measured() -> None:
    heads = {head.partition(",")[0] for head in columns()}

    assert heads == {re.sub(r"(\[.*\])?==", " ", row.needs[0]) for row in ROWS}


def test_every_finding_has_a_word() -> None:
    assert list(SHORT) == list(FINDINGS)
