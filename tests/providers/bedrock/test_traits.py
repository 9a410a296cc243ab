"""What the events of Bedrock's formats say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.providers import traits_of
from unspool.wire.event import WireEvent


@pytest.mark.parametrize(
    ("name", "kind", "body", "speaks", "finishes"),
    [
        ("bedrock-converse", "contentBlockDelta", {"delta": {"text": "a"}}, True, False),
        ("bedrock-converse", "contentBlockDelta", {"delta": {}}, False, False),
        ("bedrock-converse", "messageStop", {"stopReason": "end_turn"}, False, True),
        ("bedrock-converse", "metadata", {"usage": {}}, False, False),
        ("bedrock-agent", "output", {"text": "a"}, True, False),
    ],
)
def test_an_event_speaks_or_finishes_or_neither(
    name: str, kind: str, body: dict[str, Any], speaks: bool, finishes: bool
) -> None:
    traits, event = traits_of(name), WireEvent(kind, json.dumps(body), id="1")
    assert traits.looks_like(body, event) or traits.takes_the_rest
    assert bool(traits.speaks(body, event)) is speaks
    assert bool(traits.finishes(body, event)) is finishes
