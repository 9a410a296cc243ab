"""Connections that aren't made, or break."""

from __future__ import annotations

import pytest
from tests.faults import answers
from tests.faults.reading import ending, events, pieces

from unspool.cassette.model import NO_RESPONSE, Interaction
from unspool.errors import FaultError
from unspool.faults import Break, BreakAfterFinish, NoAnswer, Refuse

ENDS = {
    "ReadError": "reset",
    "ReadTimeout": "read_timeout",
    "RemoteProtocolError": "protocol_error",
}


@pytest.mark.parametrize("error", ["ConnectError", "ConnectTimeout"])
def test_a_refused_request_has_no_answer(error: str) -> None:
    broken = Refuse(error).apply(answers.OPENAI)

    assert broken.response.status == NO_RESPONSE
    assert broken.response.timeline.headers_at is None
    assert ending(broken)[1:] == (error, 0.0)


def test_no_answer_comes_when_one_would_have() -> None:
    broken = NoAnswer().apply(answers.OPENAI)

    assert broken.response.status == NO_RESPONSE
    assert ending(broken) == ("reset", "ReadError", 0.5)


@pytest.mark.parametrize("after", [0, 1, 3, 5])
@pytest.mark.parametrize("error", ENDS)
def test_a_connection_breaks_after_so_many_chunks(after: int, error: str) -> None:
    broken = Break(after, error).apply(answers.OPENAI)

    assert broken.response.status == 200
    assert pieces(broken) == pieces(answers.OPENAI)[:after]
    assert ending(broken) == (ENDS[error], error, 0.5 + 0.25 * after)


def test_it_cannot_break_behind_the_last_chunk() -> None:
    with pytest.raises(FaultError, match="needs 7 network chunks in the answer, which has 6;"):
        Break(6).apply(answers.OPENAI)


def test_it_cannot_break_a_body_that_is_empty() -> None:
    with pytest.raises(FaultError, match="needs 1 network chunks in the answer, which has 0;"):
        Break().apply(answers.interaction())


@pytest.mark.parametrize(
    ("recorded", "left"),
    [
        pytest.param(answers.ANTHROPIC, 1, id="anthropic"),
        pytest.param(answers.BEDROCK, 0, id="bedrock"),
        pytest.param(answers.COHERE, 0, id="cohere"),
        pytest.param(answers.GEMINI, 0, id="gemini"),
        pytest.param(answers.GEMINI_ARRAY, 0, id="gemini-array"),
        pytest.param(answers.OLLAMA, 0, id="ollama"),
        pytest.param(answers.OPENAI, 1, id="openai"),
        pytest.param(answers.RESPONSES, 0, id="responses"),
    ],
)
def test_it_breaks_after_the_finish_reason(recorded: Interaction, left: int) -> None:
    broken = BreakAfterFinish().apply(recorded)

    assert events(broken) == events(recorded)[: len(events(recorded)) - left]
    assert ending(broken)[0] == "reset"


def test_there_must_be_a_finish_reason() -> None:
    with pytest.raises(FaultError, match="needs a finish reason"):
        BreakAfterFinish().apply(answers.interaction(b"data: 1\n\n"))
