"""A slice of `python -m tests.verdicts`: the SDKs of the development requirements, sync and async."""

from __future__ import annotations

import pytest
from tests.verdicts.judging import verdicts
from tests.verdicts.rows import ROWS, Row

from unspool.faults import scenario

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
