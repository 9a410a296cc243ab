"""A transcription as the chunks of a chat."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.errors import BadRequestError, MalformedEventError
from unspool.models import ModelResponseStream
from unspool.providers.openai.transcription import OpenAITranscriptionNormalizer
from unspool.wire.event import WireEvent

USAGE = {"type": "tokens", "input_tokens": 9, "output_tokens": 2, "total_tokens": 11}
LIKELY = [{"token": "Hello", "logprob": -0.1, "bytes": [72]}]


def event(kind: str, **fields: Any) -> WireEvent:
    return WireEvent(data=json.dumps({"type": f"transcript.text.{kind}", **fields}))


def run(*events: WireEvent) -> list[ModelResponseStream]:
    stage = OpenAITranscriptionNormalizer()
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def texts(*events: WireEvent) -> list[str]:
    return [chunk.choices[0].delta.content for chunk in run(*events) if chunk.choices[0].delta.content]


def test_what_was_heard_is_content() -> None:
    said = [event("delta", delta="Hel"), event("delta", delta="lo"), event("done", text="Hello")]
    assert texts(*said, WireEvent(data="[DONE]")) == ["Hel", "lo"]


def test_what_only_the_whole_says_is_told() -> None:
    assert texts(event("done", text="Hello")) == ["Hello"]


def test_the_end_is_a_stop_with_usage() -> None:
    last = run(event("delta", delta="Hello"), event("done", text="Hello", usage=USAGE))[-1]
    assert last.choices[0].finish_reason == "stop"
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (9, 2, 11)


def test_an_end_without_usage_has_none() -> None:
    assert "usage" not in run(event("done", text="Hello"))[-1]


def test_logprobs_come_with_their_text_and_once() -> None:
    said = [
        event("delta", delta="Hello", logprobs=LIKELY),
        event("done", text="Hello", logprobs=LIKELY),
    ]
    found = [chunk.choices[0].logprobs for chunk in run(*said)]
    assert found == [{"content": LIKELY, "refusal": None}, None]


def test_logprobs_of_a_text_that_only_the_whole_says_come_with_it() -> None:
    assert run(event("done", text="Hello", logprobs=LIKELY))[0].choices[0].logprobs["content"] == LIKELY


def test_segments_are_kept_in_a_list_of_all_so_far() -> None:
    first, second = ({"id": f"seg_{n}", "speaker": "A", "start": n, "text": "Hi"} for n in (0, 1))
    lists = [
        chunk.choices[0].delta.provider_specific_fields["segments"]
        for chunk in run(event("segment", **first), event("segment", **second))
    ]
    assert lists == [[first], [first, second]]


def test_other_events_say_nothing() -> None:
    assert run(event("mumble", delta="…"), WireEvent(data="")) == []


def test_an_error_is_raised() -> None:
    error = {"error": {"type": "invalid_request_error", "message": "No sound."}}
    with pytest.raises(BadRequestError, match=r"No sound\."):
        run(WireEvent(data=json.dumps(error)))


def test_an_event_of_another_shape_is_an_error() -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented"):
        run(event("delta", delta=5))
