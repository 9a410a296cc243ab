"""What the user is told when a stream breaks; the text that had come before it stays.

Each of these faults happens to the same recording, the one of `test_recorded.py`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from chat import chat
from chat_agent.errors import BROKEN_OFF, BUSY, FAILED

from unspool.faults import Break, CutEvents, ErrorEvent, Malformed, Stall

SEA = "The sea is wide, and nobody has seen all of it, for it never holds still."

pytestmark = pytest.mark.stream_cassette(timing="recorded")  # nobody waits: it's virtual time


@pytest.fixture(scope="module")
def unspool_cassette_dir() -> Path:
    return Path(__file__).parent / "cassettes" / "test_recorded"


@pytest.fixture
def unspool_default_cassette_name(request: pytest.FixtureRequest) -> str:
    return f"test_it_tells_of_the_sea[{request.node.callspec.params['ask']}]"


@pytest.mark.parametrize(
    ("fault", "saying"),
    [
        pytest.param(CutEvents(after=8), {BROKEN_OFF}, id="cut"),
        pytest.param(Break(after=8), {BROKEN_OFF}, id="reset"),
        pytest.param(Stall(after=8, seconds=3600), {BROKEN_OFF}, id="timeout"),
        # Litellm takes these two for lost connections.
        pytest.param(Malformed(after=8), {FAILED, BROKEN_OFF}, id="malformed"),
        pytest.param(ErrorEvent(after=8, status=503), {BUSY, FAILED, BROKEN_OFF}, id="error-event"),
    ],
)
def test_the_user_is_told(ask, stream_faults, fault, saying):
    stream_faults.in_cassette(fault)
    conversation = []
    text, _, told = chat(ask, "Tell me about the sea.", conversation).partition(" [")
    assert SEA.startswith(text)
    assert "The sea" in text
    assert told.removesuffix("]") in saying
    assert conversation[-1] == {"role": "assistant", "content": text}
