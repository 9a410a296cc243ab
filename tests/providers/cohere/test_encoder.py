"""A reply as Cohere's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.providers.replies import REPLY, WORDS

from unspool.errors import ScriptError
from unspool.providers.cohere.encoder import stream, whole

EVENTS = [json.loads(event.data) for event in stream(REPLY)]


def test_each_part_has_a_start_its_pieces_and_an_end() -> None:
    assert [event["type"] for event in EVENTS] == [
        "message-start",
        *("content-start", "content-delta", "content-delta", "content-end"),
        *("tool-call-start", "tool-call-delta", "tool-call-delta", "tool-call-end"),
        "message-end",
    ]
    assert [event["delta"]["message"]["content"]["text"] for event in EVENTS[2:4]] == ["Hel", "lo."]
    started = EVENTS[5]["delta"]["message"]["tool_calls"]
    assert started == {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": ""}}
    pieces = [event["delta"]["message"]["tool_calls"]["function"]["arguments"] for event in EVENTS[6:8]]
    assert pieces == ['{"q":', '"x"}']


def test_the_whole_has_the_same_parts_reason_and_tokens() -> None:
    body, end = whole(REPLY), EVENTS[-1]["delta"]
    assert body["message"]["content"] == [{"type": "text", "text": "Hello."}]
    assert [call["function"] for call in body["message"]["tool_calls"]] == [
        {"name": "search", "arguments": '{"q":"x"}'}
    ]
    assert body["finish_reason"] == end["finish_reason"] == "TOOL_CALL"
    assert body["usage"]["tokens"] == end["usage"]["tokens"] == {"input_tokens": 3, "output_tokens": 5}


@pytest.mark.parametrize(("finish", "word"), [("stop", "COMPLETE"), ("length", "MAX_TOKENS")])
def test_reasons_are_the_formats(finish: str, word: str) -> None:
    assert whole(replace(REPLY, parts=(WORDS,), finish=finish))["finish_reason"] == word


def test_calls_are_not_interleaved() -> None:
    with pytest.raises(ScriptError, match="no place for interleaved calls"):
        list(stream(replace(REPLY, parts=(*REPLY.parts, *REPLY.parts), interleaved=True)))
