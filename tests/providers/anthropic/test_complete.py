"""Anthropic's old text completions as chunks."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.errors import InternalServerError, MalformedEventError
from unspool.models import ModelResponseStream
from unspool.providers.anthropic.complete import AnthropicCompleteNormalizer
from unspool.wire.event import WireEvent


def completion(text: str = "", **fields: Any) -> WireEvent:
    body = {"type": "completion", "id": "compl_1", "log_id": "compl_1", "model": "claude-2.1"}
    more = {"completion": text, "stop_reason": None, "stop": None, **fields}
    return WireEvent(name="completion", data=json.dumps({**body, **more}))


def run(*events: WireEvent) -> list[ModelResponseStream]:
    stage = AnthropicCompleteNormalizer(created=7)
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def test_the_text_is_as_it_came() -> None:
    chunks = run(completion(" Hi"), completion(" there"))
    assert [chunk.choices[0].delta.content for chunk in chunks] == [" Hi", " there"]
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {("compl_1", "claude-2.1", 7)}


def test_the_last_event_says_why_and_at_what() -> None:
    said, stop, finish = run(completion("!", stop_reason="stop_sequence", stop="\n\nHuman:"))
    assert said.choices[0].delta.content == "!"
    assert stop.choices[0].delta.provider_specific_fields == {"stop_sequence": "\n\nHuman:"}
    assert finish.choices[0].finish_reason == "stop"


def test_a_ping_says_nothing() -> None:
    assert run(WireEvent(name="ping", data='{"type": "ping"}'), WireEvent(data="")) == []


def test_an_error_is_raised() -> None:
    error = {"error": {"type": "overloaded_error", "message": "busy"}}
    with pytest.raises(InternalServerError, match="busy"):
        run(WireEvent(name="error", data=json.dumps(error)))


def test_an_event_of_another_shape_than_documented_is_an_error() -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented"):
        run(completion(text=5))  # type: ignore[arg-type]
