"""A reply as Converse's, and as those of the models behind InvokeModel."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.providers.replies import REPLY, WORDS

from unspool.errors import ScriptError
from unspool.providers.bedrock.encoder import stream, whole

EVENTS = [json.loads(event.data) for event in stream(REPLY)]


def test_each_part_is_a_block_of_its_pieces() -> None:
    assert [event.name for event in stream(REPLY)] == [
        "messageStart",
        *("contentBlockDelta", "contentBlockDelta", "contentBlockStop"),
        *("contentBlockStart", "contentBlockDelta", "contentBlockDelta", "contentBlockStop"),
        *("messageStop", "metadata"),
    ]
    assert [event["delta"]["text"] for event in EVENTS[1:3]] == ["Hel", "lo."]
    assert EVENTS[4]["start"] == {"toolUse": {"toolUseId": "call_1", "name": "search"}}
    assert [event["delta"]["toolUse"]["input"] for event in EVENTS[5:7]] == ['{"q":', '"x"}']
    assert EVENTS[-1]["usage"] == {"inputTokens": 3, "outputTokens": 5, "totalTokens": 8}


def test_the_whole_has_the_same_parts_and_reason() -> None:
    body = whole(REPLY)
    assert body["output"]["message"]["content"] == [
        {"text": "Hello."},
        {"toolUse": {"toolUseId": "call_1", "name": "search", "input": {"q": "x"}}},
    ]
    assert body["stopReason"] == EVENTS[-2]["stopReason"] == "tool_use"


@pytest.mark.parametrize(("finish", "word"), [("stop", "end_turn"), ("length", "max_tokens")])
def test_reasons_are_the_formats(finish: str, word: str) -> None:
    assert whole(replace(REPLY, parts=(WORDS,), finish=finish))["stopReason"] == word


def test_arguments_that_are_no_json_have_no_place_in_a_whole_answer() -> None:
    broken = replace(REPLY.calls[0], arguments='{"q":', pieces=())
    with pytest.raises(ScriptError):
        whole(replace(REPLY, parts=(broken,)))
