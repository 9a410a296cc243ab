"""What the events of Gemini say."""

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
            "gemini-generate",
            "message",
            {"candidates": [{"content": {"parts": [{"text": "a"}]}}]},
            True,
            False,
        ),
        ("gemini-generate", "message", {"candidates": [{"content": {"parts": []}}]}, False, False),
        (
            "gemini-generate",
            "message",
            {"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]},
            True,
            True,
        ),
        ("gemini-generate", "message", {"usageMetadata": {}}, False, False),
    ],
)
def test_an_event_speaks_or_finishes_or_neither(
    name: str, kind: str, body: dict[str, Any], speaks: bool, finishes: bool
) -> None:
    traits, event = traits_of(name), WireEvent(kind, json.dumps(body), id="1")
    assert traits.looks_like(body, event) or traits.takes_the_rest
    assert bool(traits.speaks(body, event)) is speaks
    assert bool(traits.finishes(body, event)) is finishes


@pytest.mark.parametrize(
    ("name", "body", "unfinished", "only"),
    [
        (
            "gemini-generate",
            {"candidates": [{"content": {"parts": [{"text": "a"}]}, "finishReason": "STOP"}]},
            {"candidates": [{"content": {"parts": [{"text": "a"}]}}]},
            {"candidates": [{"finishReason": "STOP"}]},
        ),
    ],
)
def test_a_reason_can_be_taken_from_its_event_or_left_alone_in_it(
    name: str, body: dict[str, Any], unfinished: Any, only: dict[str, Any]
) -> None:
    before = json.dumps(body)
    assert traits_of(name).unfinish(body) == unfinished
    assert traits_of(name).only_finish(body) == only
    assert json.dumps(body) == before
