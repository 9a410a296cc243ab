"""What the events of Anthropic's formats say."""

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
            "anthropic-messages",
            "message",
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
            True,
            False,
        ),
        (
            "anthropic-messages",
            "message",
            {
                "type": "content_block_delta",
                "index": 0,
                "delta": {"type": "input_json_delta", "partial_json": ""},
            },
            False,
            False,
        ),
        (
            "anthropic-messages",
            "message",
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
            False,
            True,
        ),
        (
            "anthropic-messages",
            "message",
            {"type": "message_delta", "delta": {"stop_reason": None}},
            False,
            False,
        ),
        ("anthropic-messages", "message", {"type": "ping"}, False, False),
        (
            "anthropic-complete",
            "message",
            {"type": "completion", "completion": "a", "stop_reason": None},
            True,
            False,
        ),
        (
            "anthropic-complete",
            "message",
            {"type": "completion", "completion": "", "stop_reason": "stop_sequence"},
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
