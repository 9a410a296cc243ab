"""Faults in every wire format that has a row in `providers.FORMATS`, against its own stages."""

from __future__ import annotations

from typing import Any

import pytest
from tests.faults import answers
from tests.faults.reading import pieces

from unspool.cassette.model import Interaction
from unspool.errors import ProviderError, WireError
from unspool.faults import (
    CutEvents,
    CutInEvent,
    Duplicate,
    EarlyFinish,
    ErrorEvent,
    Loop,
    Malformed,
    NoFinish,
    Rechunk,
    RepeatFinish,
    Shred,
    Split,
    UnknownEvent,
    every_prefix,
)
from unspool.providers import FORMATS, pipeline_for

RECORDINGS: dict[str, Interaction] = {
    "anthropic-messages": answers.ANTHROPIC,
    "bedrock-converse": answers.BEDROCK,
    "cohere-v2": answers.COHERE,
    "gemini-generate": answers.GEMINI,
    "gemini-generate-jsonarray": answers.GEMINI_ARRAY,
    "ollama-ndjson": answers.OLLAMA,
    "openai-chat": answers.OPENAI,
    "openai-responses": answers.RESPONSES,
}
"""A format whose row is still to come is tested from the day on which it's there."""

EVERY_FORMAT = pytest.mark.parametrize("wire_format", sorted(RECORDINGS.keys() & FORMATS.keys()))


def read(wire_format: str, recorded: Interaction) -> tuple[str, list[Any], Exception | None]:
    """The text, the finish reasons, and the error, if there was one."""
    pipeline = pipeline_for(wire_format)
    text, reasons = "", []
    try:
        for step in [*map(pipeline.feed, pieces(recorded)), pipeline.flush()]:
            for chunk in step:
                text += "".join(choice.delta.content or "" for choice in chunk.choices)
                reasons += [choice.finish_reason for choice in chunk.choices if choice.finish_reason]
    except (ProviderError, WireError) as error:
        return text, reasons, error
    return text, reasons, None


TEXT = "It rains ☔ in Łódź."


@EVERY_FORMAT
def test_a_whole_answer_is_read(wire_format: str) -> None:
    text, reasons, error = read(wire_format, RECORDINGS[wire_format])

    assert (text, bool(reasons), error) == (TEXT, True, None)


@EVERY_FORMAT
@pytest.mark.parametrize("fault", [Rechunk(1), Shred(4), Split("characters")], ids=repr)
def test_how_it_is_cut_makes_no_difference(wire_format: str, fault: Rechunk) -> None:
    recorded = RECORDINGS[wire_format]

    assert read(wire_format, fault.apply(recorded)) == read(wire_format, recorded)


@EVERY_FORMAT
@pytest.mark.parametrize("status", [400, 429, 500, 503])
def test_an_error_event_is_an_error_after_the_text_before_it(wire_format: str, status: int) -> None:
    text, _, error = read(wire_format, ErrorEvent(1, status=status).apply(RECORDINGS[wire_format]))

    assert isinstance(error, ProviderError)
    assert text
    assert TEXT.startswith(text)


@EVERY_FORMAT
def test_broken_json_is_an_error(wire_format: str) -> None:
    _, _, error = read(wire_format, Malformed(1).apply(RECORDINGS[wire_format]))

    assert error is not None


@EVERY_FORMAT
@pytest.mark.parametrize("by", ["event", "byte"])
def test_every_prefix_is_read_as_far_as_it_goes(wire_format: str, by: Any) -> None:
    for cut in every_prefix(RECORDINGS[wire_format], by=by):
        text, _, _ = read(wire_format, cut)
        assert TEXT.startswith(text.removesuffix("\ufffd"))


@EVERY_FORMAT
@pytest.mark.parametrize(
    "fault",
    [CutEvents(2), CutInEvent(1), Duplicate(1), EarlyFinish(), RepeatFinish(), UnknownEvent(1)],
    ids=repr,
)
def test_nothing_but_errors_of_ours(wire_format: str, fault: CutEvents) -> None:
    read(wire_format, fault.apply(RECORDINGS[wire_format]))


@EVERY_FORMAT
def test_a_loop_goes_through(wire_format: str) -> None:
    text, _, error = read(wire_format, Loop(0, times=30).apply(RECORDINGS[wire_format]))

    assert text.count("It ") == 30
    assert error is None


@EVERY_FORMAT
def test_without_a_finish_reason_all_the_text_comes(wire_format: str) -> None:
    text, reasons, _ = read(wire_format, NoFinish().apply(RECORDINGS[wire_format]))

    assert TEXT.startswith(text)
    assert reasons == []
