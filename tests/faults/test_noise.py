"""What a correct reader must not mind."""

from __future__ import annotations

import pytest
from tests.faults import answers
from tests.faults.reading import events, pieces

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import (
    ByteOrderMark,
    Inject,
    KeepAlives,
    LineEnds,
    MultilineData,
    NoFinalBlankLine,
    UnknownEvent,
)
from unspool.providers import FORMATS

SSE = {name: answers.ALL[name] for name in ("anthropic", "cohere", "gemini", "openai", "responses", "tools")}
EVERY_SSE = pytest.mark.parametrize("recorded", SSE.values(), ids=SSE)
BINARY = pytest.mark.parametrize("recorded", [answers.BEDROCK, answers.GEMINI_ARRAY], ids=["aws", "array"])


def decoded(recorded: Interaction) -> list[tuple[str, str]]:
    """What a decoder of ours reads, piece by piece."""
    decoder = FORMATS["openai-chat"].decoder()
    steps = [*map(decoder.feed, pieces(recorded)), decoder.flush()]
    return [(event.name, event.data.replace("\n", "")) for step in steps for event in step]


@EVERY_SSE
@pytest.mark.parametrize(
    "fault",
    [
        ByteOrderMark(),
        Inject(b"retry: 3000\n\n", 1),
        Inject(b": a comment\n\n", 0),
        Inject(b"\n\n\n", 2),
        KeepAlives(),
        KeepAlives("", count=5),
        LineEnds("\n"),
        LineEnds("\r"),
        LineEnds("\r\n"),
        LineEnds("\r\n") | KeepAlives(),
        MultilineData(),
        MultilineData() | LineEnds("\r\n"),
        NoFinalBlankLine(),
    ],
    ids=repr,
)
def test_server_sent_events_say_the_same(recorded: Interaction, fault: ByteOrderMark) -> None:
    broken = fault.apply(recorded)

    assert broken.response.body != recorded.response.body or fault == LineEnds("\n")
    assert decoded(broken) == decoded(recorded)


def test_every_line_ends_so() -> None:
    broken = LineEnds("\r\n").apply(answers.OPENAI).response.body

    assert broken.count(b"\r\n") == broken.count(b"\n") == 12


def test_ndjson_may_have_crlf() -> None:
    assert LineEnds("\r\n").apply(answers.OLLAMA).response.body.count(b"}\r\n") == 3


def test_ndjson_has_no_lone_cr() -> None:
    with pytest.raises(FaultError, match="needs lines that may end so in the answer, which has NDJSON;"):
        LineEnds("\r").apply(answers.OLLAMA)


@BINARY
@pytest.mark.parametrize("fault", [LineEnds(), KeepAlives(), MultilineData(), NoFinalBlankLine()], ids=repr)
def test_other_formats_have_no_lines(recorded: Interaction, fault: LineEnds) -> None:
    with pytest.raises(FaultError, match=" needs "):
        fault.apply(recorded)


def test_a_comment_comes_before_each_event() -> None:
    body = KeepAlives("OPENROUTER PROCESSING", 2).apply(answers.OPENAI).response.body

    assert body.count(b": OPENROUTER PROCESSING\n\n") == 12


def test_a_comment_ends_as_the_lines_do() -> None:
    assert b": ping\r\n\r\n" in (LineEnds("\r\n") | KeepAlives("ping")).apply(answers.OPENAI).response.body


def test_ndjson_is_kept_alive_by_blank_lines() -> None:
    assert KeepAlives().apply(answers.OLLAMA).response.body.count(b"\n\n") == 2


def test_bytes_are_injected_where_they_are_wanted() -> None:
    body = Inject(b"#", 1).apply(answers.interaction(b"data: 1\n\ndata: 2\n\n")).response.body

    assert body == b"data: 1\n\n#data: 2\n\n"


def test_json_stands_on_two_lines() -> None:
    body = MultilineData().apply(answers.interaction(b'data: {"a":1}\n\n')).response.body

    assert body == b'data: {\ndata: "a":1}\n\n'


def test_the_last_line_end_is_missing() -> None:
    body = NoFinalBlankLine().apply(answers.OPENAI).response.body

    assert body + b"\n\n" == answers.OPENAI.response.body


@pytest.mark.parametrize(
    ("recorded", "name"),
    [
        (answers.OPENAI, "message"),
        (answers.ANTHROPIC, "unspool.unknown"),
        (answers.BEDROCK, "unspool.unknown"),
        (answers.OLLAMA, "message"),
        (answers.GEMINI_ARRAY, "message"),
    ],
    ids=["openai", "anthropic", "bedrock", "ollama", "array"],
)
def test_an_unknown_event_looks_like_the_others(recorded: Interaction, name: str) -> None:
    event = events(UnknownEvent(1).apply(recorded))[1]

    assert (event.name, event.data) == (name, '{"type":"unspool.unknown"}')
