"""What the events of OpenAI's formats say."""

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
            "openai-chat",
            "message",
            {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}]},
            True,
            False,
        ),
        (
            "openai-chat",
            "message",
            {"choices": [{"index": 0, "delta": {"tool_calls": [{"index": 0}]}}]},
            True,
            False,
        ),
        (
            "openai-chat",
            "message",
            {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]},
            False,
            False,
        ),
        (
            "openai-chat",
            "message",
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            False,
            True,
        ),
        (
            "openai-completions",
            "message",
            {"choices": [{"index": 0, "text": "a", "finish_reason": None}]},
            True,
            False,
        ),
        (
            "openai-completions",
            "message",
            {"choices": [{"index": 0, "text": "", "finish_reason": "stop"}]},
            False,
            True,
        ),
        ("openai-responses", "message", {"type": "response.output_text.delta", "delta": "a"}, True, False),
        ("openai-responses", "message", {"type": "response.incomplete", "response": {}}, False, True),
        ("openai-responses", "message", {"type": "response.in_progress", "response": {}}, False, False),
        ("openai-transcription", "message", {"type": "transcript.text.delta", "delta": "a"}, True, False),
        ("openai-transcription", "message", {"type": "transcript.text.done", "text": "a"}, False, True),
        ("openai-assistants", "thread.message.delta", {"delta": {"content": []}}, True, False),
        ("openai-assistants", "thread.run.expired", {"id": "run_1"}, False, True),
        ("openai-assistants", "thread.run.queued", {"id": "run_1"}, False, False),
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
            "openai-chat",
            {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}], "usage": {}},
            {"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": None}], "usage": {}},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
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
