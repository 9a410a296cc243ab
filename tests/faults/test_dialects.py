"""Whose events these are, and what they say."""

from __future__ import annotations

import pytest
from tests.faults import answers

from unspool.cassette.model import Interaction
from unspool.faults.dialects import dialect_in, finishes, speaks
from unspool.faults.frames import Frame, framing_of

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
    assert dialect_in(answers.ALL[name].response.body) == DIALECTS[name]


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
        (b'{"error": "no"}\n', "ollama-ndjson"),
        (b'data: {"object": "thread.run"}\n\n', None),
        (b"data: [DONE]\n\n", None),
        (b": comment\n\n", None),
        (b"", None),
    ],
)
def test_others_are_known_or_not(body: bytes, dialect: str | None) -> None:
    assert dialect_in(body) == dialect


@pytest.mark.parametrize("key", ["content", "reasoning", "reasoning_content", "refusal"])
def test_chat_speaks_in_many_fields(key: str) -> None:
    recorded = answers.interaction(*answers.sse(answers.chat({key: "x"}), answers.chat({key: ""})))

    assert list(map(speaks, frames_of(recorded))) == [True, False]
