"""Recorded once, replayed ever after: `cassettes/test_recorded/`, a file for each test and backend."""

from __future__ import annotations

import pytest
from chat import chat

pytestmark = pytest.mark.stream_cassette


def test_it_asks_its_tools_and_answers(ask):
    assert chat(ask, "What's the weather in Paris, and what time is it there?") == (
        "Let me look. It's 18 degrees and sunny in Paris, and 9:41 in the morning. ☀️"
    )


def test_it_remembers_what_was_said(ask):
    conversation = []
    chat(ask, "What's the weather in Paris, and what time is it there?", conversation)
    assert chat(ask, "Is it warmer in Oslo?", conversation) == "No, in Oslo it's 4 degrees, and it rains."
    assert [message["role"] for message in conversation] == [
        *("user", "assistant", "tool", "tool", "assistant"),
        *("user", "assistant", "tool", "assistant"),
    ]


def test_it_tells_of_the_sea(ask):
    """The answer that `test_faults.py` breaks."""
    assert chat(ask, "Tell me about the sea.") == (
        "The sea is wide, and nobody has seen all of it, for it never holds still."
    )


def test_a_connection_was_lost(ask):
    """While this was recorded, and so it's lost in every replay."""
    said = chat(ask, "Tell me about the desert.")
    assert said == "The desert is dry, and the wind [The model's answer broke off. Please ask again.]"
