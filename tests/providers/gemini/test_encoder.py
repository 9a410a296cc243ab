"""A reply as Gemini's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.providers.replies import REPLY, WORDS

from unspool.errors import ScriptError
from unspool.providers.gemini.encoder import stream, whole

EVENTS = [json.loads(event.data) for event in stream(REPLY)]


def test_a_text_comes_in_its_pieces_and_a_call_at_once() -> None:
    parts = [event["candidates"][0]["content"]["parts"] for event in EVENTS]
    call = {"functionCall": {"id": "call_1", "name": "search", "args": {"q": "x"}}}
    assert parts == [[{"text": "Hel"}], [{"text": "lo."}], [call]]


def test_only_the_last_event_has_a_reason() -> None:
    assert [event["candidates"][0].get("finishReason") for event in EVENTS] == [None, None, "STOP"]


def test_the_whole_has_the_same_parts_and_tokens() -> None:
    body = whole(REPLY)
    parts = body["candidates"][0]["content"]["parts"]
    assert [part.get("text") for part in parts] == ["Hello.", None]
    counts = {"promptTokenCount": 3, "candidatesTokenCount": 5, "totalTokenCount": 8}
    assert body["usageMetadata"] == EVENTS[-1]["usageMetadata"] == counts
    assert body["responseId"] == EVENTS[0]["responseId"]


@pytest.mark.parametrize(("finish", "word"), [("stop", "STOP"), ("length", "MAX_TOKENS")])
def test_reasons_are_the_formats(finish: str, word: str) -> None:
    body = whole(replace(REPLY, parts=(WORDS,), finish=finish))
    assert body["candidates"][0]["finishReason"] == word


def test_arguments_that_are_no_json_have_no_place() -> None:
    broken = replace(REPLY.calls[0], arguments='{"q":', pieces=())
    with pytest.raises(ScriptError):
        list(stream(replace(REPLY, parts=(broken,))))
