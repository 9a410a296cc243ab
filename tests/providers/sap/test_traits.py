"""What the events of SAP's orchestration say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.providers import traits_of
from unspool.wire.event import WireEvent


@pytest.mark.parametrize(
    ("name", "kind", "body", "speaks", "finishes"),
    [
        (
            "sap-orchestration",
            "message",
            {"orchestration_result": {"choices": [{"index": 0, "delta": {"content": "a"}}]}},
            True,
            False,
        ),
        (
            "sap-orchestration",
            "message",
            {"orchestration_result": {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}},
            False,
            True,
        ),
    ],
)
def test_an_event_speaks_or_finishes_or_neither(
    name: str, kind: str, body: dict[str, Any], speaks: bool, finishes: bool
) -> None:
    traits, event = traits_of(name), WireEvent(kind, json.dumps(body), id="1")
    assert traits.looks_like(body, event) or traits.takes_the_rest
    assert bool(traits.speaks(body, event)) is speaks
    assert bool(traits.finishes(body, event)) is finishes
