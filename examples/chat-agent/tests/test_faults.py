"""What the user is told when a stream breaks; the text that had come before it stays."""

from __future__ import annotations

import pytest
import unspool
from chat import chat

from chat_agent import errors

BROKEN = f" [{errors.BROKEN_OFF}]"


@pytest.mark.stream_cassette
def test_an_answer_without_an_end(ask):
    """The connection ends as it should, in the middle of a sentence. No SDK sees anything wrong in it."""
    assert chat(ask, "Tell me about the sea.") == "The sea is wide, and nobody" + BROKEN


@pytest.mark.stream_cassette
def test_a_connection_that_is_reset(ask):
    assert chat(ask, "Tell me about the desert.") == "The desert is dry, and the wind" + BROKEN


@pytest.mark.stream_cassette
def test_an_error_after_some_tokens(ask):
    conversation = []
    said = chat(ask, "Tell me about the mountains.", conversation)
    assert said in {f"The mountains are high, and up [{saying}]" for saying in (errors.BUSY, errors.FAILED)}
    assert conversation[-1] == {"role": "assistant", "content": "The mountains are high, and up"}
