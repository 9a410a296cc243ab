"""What the events of Cohere's two versions say."""

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
            "cohere-v2",
            "message",
            {"type": "content-delta", "delta": {"message": {"content": {"text": "a"}}}},
            True,
            False,
        ),
        ("cohere-v2", "message", {"type": "content-delta", "delta": {}}, False, False),
        (
            "cohere-v2",
            "message",
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
            False,
            True,
        ),
        ("cohere-v1", "message", {"event_type": "text-generation", "text": "a"}, True, False),
        (
            "cohere-v1",
            "message",
            {"event_type": "text-generation", "text": "", "is_finished": False},
            False,
            False,
        ),
        ("cohere-v1", "message", {"event_type": "stream-end", "finish_reason": "COMPLETE"}, False, True),
    ],
)
def test_an_event_speaks_or_finishes_or_neither(
    name: str, kind: str, body: dict[str, Any], speaks: bool, finishes: bool
) -> None:
    traits, event = traits_of(name), WireEvent(kind, json.dumps(body), id="1")
    assert traits.looks_like(body, event) or traits.takes_the_rest
    assert bool(traits.speaks(body, event)) is speaks
    assert bool(traits.finishes(body, event)) is finishes
