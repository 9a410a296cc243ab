"""A reply as Ollama's chat and generate."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.providers.replies import REPLY, WORDS

from unspool.errors import ScriptError
from unspool.providers.ollama.encoder import stream, whole
from unspool.providers.reply import Reply

CHAT = replace(REPLY, asked={"messages": []})


def events(reply: Reply) -> list[dict[str, Any]]:
    return [json.loads(event.data) for event in stream(reply)]


def test_a_chat_has_messages_and_a_call_in_one_piece() -> None:
    *said, last = events(CHAT)
    assert [event["message"].get("content") for event in said[:2]] == ["Hel", "lo."]
    calls = [call for event in (*said, last) for call in event["message"].get("tool_calls", ())]
    assert [(call["function"]["name"], call["function"]["arguments"]) for call in calls] == [
        ("search", {"q": "x"})
    ]


def test_a_generation_has_a_response() -> None:
    *said, last = events(replace(REPLY, parts=(WORDS,), finish="stop"))
    assert [event["response"] for event in said] == ["Hel", "lo."]
    assert (last["done"], last["done_reason"], last["prompt_eval_count"], last["eval_count"]) == (
        True,
        "stop",
        3,
        5,
    )
    assert all(event["done"] is False for event in said)


def test_a_generation_has_no_place_for_a_call() -> None:
    with pytest.raises(ScriptError, match="no place for a tool call"):
        whole(REPLY)


def test_the_whole_has_the_same_text() -> None:
    assert whole(CHAT)["message"]["content"] == "Hello."
    assert whole(replace(REPLY, parts=(WORDS,), finish="length"))["done_reason"] == "length"
