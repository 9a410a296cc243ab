"""What a reader by the book makes of what a client has pulled."""

from __future__ import annotations

import gzip

import pytest
from tests.faults import answers

from unspool.cassette.boundaries import pieces
from unspool.cassette.model import Headers, Interaction
from unspool.faults import ErrorEvent, HtmlPage, Loop, Malformed
from unspool.faults.fault import Fault, NoFault
from unspool.verdict.log import Attempt, Pull
from unspool.verdict.reading import Reading, read


def pulled(answer: Interaction, fault: Fault | None = None, headers: Headers = ()) -> Attempt:
    response = (fault or NoFault()).apply(answer).response
    pulls = [Pull(data) for _, data in pieces(response)]
    return Attempt(status=response.status, headers=headers, pulls=pulls, ended_at=0.0)


def test_a_whole_answer() -> None:
    reading = read(pulled(answers.OPENAI), "openai-chat")

    assert (reading.text, reading.finished, reading.is_sound) == ("It rains ☔ in Łódź.", True, True)
    assert reading.said == [(1, "It "), (2, "rains ☔"), (3, " in Łódź.")]


def test_arguments_are_said_too() -> None:
    reading = read(pulled(answers.TOOLS), "openai-chat")

    assert [text for _, text in reading.said] == ['{"city":', '"Łódź"}', '{"zone":"CET"}']


def test_a_compressed_answer() -> None:
    attempt = pulled(answers.OPENAI, headers=(("content-encoding", "gzip"),))
    attempt.pulls[:] = [Pull(gzip.compress(b"".join(pull.data for pull in attempt.pulls)))]

    assert read(attempt, "openai-chat").text == "It rains ☔ in Łódź."


def test_bytes_that_arent_compressed_as_they_claim() -> None:
    reading = read(pulled(answers.OPENAI, headers=(("content-encoding", "gzip"),)), "openai-chat")

    assert reading.broken is not None


@pytest.mark.parametrize("status", [None, 302, 429])
def test_what_is_no_answer_says_nothing(status: int | None) -> None:
    attempt = pulled(answers.OPENAI)
    attempt.status = status

    assert read(attempt, "openai-chat") == Reading()


def test_an_error_event() -> None:
    reading = read(pulled(answers.OPENAI, ErrorEvent(1)), "openai-chat")

    assert reading.error is not None
    assert "The service is overloaded" in reading.error


def test_an_event_that_cant_be_read() -> None:
    assert read(pulled(answers.OPENAI, Malformed(1)), "openai-chat").broken is not None


def test_what_isnt_a_stream() -> None:
    reading = read(pulled(answers.OPENAI, HtmlPage()), "openai-chat")

    assert (reading.events, reading.finished, reading.said) == (0, False, [])


@pytest.mark.parametrize(("period", "first"), [(1, 3), (2, 4), (3, 5)])
def test_a_repetition_of_any_period(period: int, first: int) -> None:
    texts = Loop(1, period=period, times=10) if period < 3 else Loop(0, period=3, times=10)
    reading = read(pulled(answers.OPENAI, texts), "openai-chat")

    length, start = reading.repetition()

    assert length == 9 * period
    assert start == (first if period < 3 else 4)


def test_what_never_repeats() -> None:
    assert read(pulled(answers.OPENAI), "openai-chat").repetition() == (0, 0)
    assert Reading().repetition() == (0, 0)
