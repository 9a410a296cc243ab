"""A reply as Anthropic's message."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.providers.replies import REPLY, WORDS

from unspool.errors import ScriptError
from unspool.providers.anthropic.encoder import stream, whole

EVENTS = [json.loads(event.data) for event in stream(REPLY)]


def test_each_part_is_a_block_of_its_pieces() -> None:
    assert [event["type"] for event in EVENTS] == [
        "message_start",
        *("content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"),
        *("content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"),
        *("message_delta", "message_stop"),
    ]
    assert [event.name for event in stream(REPLY)] == [event["type"] for event in EVENTS]
    assert [event["index"] for event in EVENTS if "index" in event] == [0] * 4 + [1] * 4
    assert [event["delta"].get("text") for event in EVENTS[2:4]] == ["Hel", "lo."]
    assert EVENTS[5]["content_block"] == {"type": "tool_use", "id": "call_1", "name": "search", "input": {}}
    assert [event["delta"]["partial_json"] for event in EVENTS[6:8]] == ['{"q":', '"x"}']


def test_input_is_counted_at_the_start_and_output_at_the_end() -> None:
    assert EVENTS[0]["message"]["usage"]["input_tokens"] == 3
    assert EVENTS[-2]["usage"] == {"output_tokens": 5}


def test_the_whole_has_the_same_parts_and_reason() -> None:
    body = whole(REPLY)
    assert body["id"] == EVENTS[0]["message"]["id"]
    assert body["content"] == [
        {"type": "text", "text": "Hello."},
        {"type": "tool_use", "id": "call_1", "name": "search", "input": {"q": "x"}},
    ]
    assert body["stop_reason"] == EVENTS[-2]["delta"]["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("finish", "word"), [("stop", "end_turn"), ("length", "max_tokens"), ("refusal", "refusal")]
)
def test_reasons_are_the_formats(finish: str, word: str) -> None:
    assert whole(replace(REPLY, parts=(WORDS,), finish=finish))["stop_reason"] == word


def test_calls_are_not_interleaved() -> None:
    with pytest.raises(ScriptError, match="no place for interleaved calls"):
        list(stream(replace(REPLY, parts=(*REPLY.parts, *REPLY.parts), interleaved=True)))
