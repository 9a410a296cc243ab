"""Whose events these are, and what they say."""

from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from typing import Any

import pytest
from tests.faults import answers

from unspool.cassette.model import Interaction, Request, Response
from unspool.errors import FaultError
from unspool.faults import CallsWithout, EmptyCalls, ErrorEvent, Fault, NoFinish, SharedIndex
from unspool.faults.frames import Frame, framing_of
from unspool.faults.model_event import finishes, format_of_body, format_of_frame, speaks
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent

DIALECTS = {
    "anthropic": "anthropic-messages",
    "bedrock": "bedrock-converse",
    "cohere": "cohere-v2",
    "gemini": "gemini-generate",
    "gemini-array": "gemini-generate",
    "ollama": "ollama-ndjson",
    "openai": "openai-chat",
    "responses": "openai-responses",
    "tools": "openai-chat",
}
SAID = {
    "anthropic": ([3, 4, 5], [7]),
    "bedrock": ([1, 2], [4]),
    "cohere": ([2, 3], [5]),
    "gemini": ([0, 1, 2], [2]),
    "gemini-array": ([0, 1, 2], [2]),
    "ollama": ([0, 1], [2]),
    "openai": ([1, 2, 3], [4]),
    "responses": ([1, 2], [3]),
    "tools": ([0, 1, 2, 3], [4]),
}


def frames_of(recorded: Interaction) -> list[Frame]:
    framing = framing_of(recorded.response.body)
    return list(framing.split(recorded.response.body, 0.0))


@pytest.mark.parametrize("name", answers.ALL)
def test_events_tell_their_format(name: str) -> None:
    assert format_of_body(answers.ALL[name].response.body) == DIALECTS[name]


@pytest.mark.parametrize("name", answers.ALL)
def test_events_that_say_something_are_known(name: str) -> None:
    frames = frames_of(answers.ALL[name])

    assert [place for place, frame in enumerate(frames) if speaks(frame)] == SAID[name][0]


@pytest.mark.parametrize("name", answers.ALL)
def test_events_that_say_why_it_ended_are_known(name: str) -> None:
    frames = frames_of(answers.ALL[name])

    assert [place for place, frame in enumerate(frames) if finishes(frame)] == SAID[name][1]


@pytest.mark.parametrize(
    ("body", "dialect"),
    [
        (b'{"event_type": "text-generation", "text": "a"}\n{"event_type": "stream-end"}\n', "cohere-v1"),
        (b'data: {"event_type": "interaction.created"}\n\n', "gemini-interactions"),
        (b'data: {"type": "completion", "completion": "a"}\n\n', "anthropic-complete"),
        (b'data: {"choices": [{"text": "a", "index": 0}]}\n\n', "openai-completions"),
        (b'{"error": "no"}\n', "ollama-ndjson"),
        (b'data: {"object": "thread.run"}\n\n', None),
        (b"data: [DONE]\n\n", None),
        (b": comment\n\n", None),
        (b"", None),
    ],
)
def test_others_are_known_or_not(body: bytes, dialect: str | None) -> None:
    assert format_of_body(body) == dialect


@pytest.mark.parametrize("key", ["content", "reasoning", "reasoning_content", "refusal"])
def test_chat_speaks_in_many_fields(key: str) -> None:
    recorded = answers.interaction(*answers.sse(answers.chat({key: "x"}), answers.chat({key: ""})))

    assert list(map(speaks, frames_of(recorded))) == [True, False]


@pytest.mark.parametrize(
    ("said", "finished"),
    [
        ({"choices": [{"text": "a"}]}, {"choices": [{"text": "", "finish_reason": "stop"}]}),
        (
            {"type": "completion", "completion": "a", "stop_reason": None},
            {"type": "completion", "completion": "", "stop_reason": "stop_sequence"},
        ),
        ({"event_type": "step.delta"}, {"event_type": "interaction.completed"}),
        ({"event_type": "text-generation", "text": "a"}, {"event_type": "stream-end"}),
    ],
)
def test_older_and_newer_formats_are_understood_too(said: Any, finished: Any) -> None:
    frames = frames_of(answers.interaction(*answers.sse(said, finished)))

    assert list(map(speaks, frames)) == [True, False]
    assert list(map(finishes, frames)) == [False, True]


def invoked(*payloads: Any) -> Interaction:
    """InvokeModel's answer: each payload in base64 inside of an event of Bedrock's."""
    texts = [b64encode(answers.dumps(payload).encode()).decode() for payload in payloads]
    return answers.interaction(
        *[encode_aws(WireEvent("chunk", answers.dumps({"bytes": one}))) for one in texts]
    )


@pytest.mark.parametrize(
    ("said", "finished"),
    [
        (
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "a"}},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}},
        ),
        ({"completion": "a", "stop_reason": None}, {"completion": "", "stop_reason": "stop_sequence"}),
        ({"outputText": "a", "completionReason": None}, {"outputText": "", "completionReason": "FINISH"}),
        ({"generation": "a", "stop_reason": None}, {"generation": "", "stop_reason": "stop"}),
        ({"outputs": [{"text": "a"}]}, {"outputs": [{"text": "", "stop_reason": "length"}]}),
        (
            {"contentBlockDelta": {"delta": {"text": "a"}, "contentBlockIndex": 0}},
            {"messageStop": {"stopReason": "end_turn"}},
        ),
        ({"is_finished": False, "text": "a"}, {"is_finished": True, "finish_reason": "COMPLETE"}),
        (
            {"choices": [{"delta": {"content": "a"}}]},
            {"choices": [{"delta": {}, "finish_reason": "stop"}]},
        ),
    ],
)
def test_every_family_inside_of_invoke_model_is_understood(said: Any, finished: Any) -> None:
    metrics = {"amazon-bedrock-invocationMetrics": {"inputTokenCount": 1}}
    frames = frames_of(invoked({"type": "message_start"}, said, finished, metrics))

    assert list(map(format_of_frame, frames)) == ["bedrock-invoke"] * 4
    assert list(map(speaks, frames)) == [False, True, False, False]
    assert list(map(finishes, frames)) == [False, False, True, False]


def test_what_is_no_base64_says_nothing() -> None:
    (frame,) = frames_of(answers.interaction(encode_aws(WireEvent("chunk", '{"bytes":"no base64"}'))))

    assert not finishes(frame)


@pytest.mark.parametrize(
    "event",
    [
        {"type": ["content_block_delta"]},
        {"event_type": 5},
        {"choices": 5},
        {"choices": [5, {"delta": "text"}, {"delta": {"tool_calls": "none"}}]},
        {"candidates": {"content": "text"}},
        {"type": "message_delta", "delta": "stop"},
    ],
)
@pytest.mark.parametrize(
    "fault", [NoFinish(), EmptyCalls(), SharedIndex(), CallsWithout("id"), ErrorEvent(0)]
)
def test_an_event_that_is_broken_already_breaks_no_fault(event: dict[str, object], fault: Fault) -> None:
    body = f"data: {json.dumps(event)}\n\n".encode()
    interaction = Interaction(Request("POST", "https://models.invalid"), Response(200, body=body))
    with suppress(FaultError):
        assert fault.apply(interaction).response.body
