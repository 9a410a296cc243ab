"""Events that are lost, doubled, reordered, broken, or that tell of an error."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from tests.faults import answers, checking
from tests.faults.bodies import BODIES
from tests.faults.checking import Case
from tests.faults.raw import events_of
from tests.faults.reading import bodies, ending, events

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import (
    Drop,
    Duplicate,
    EarlyFinish,
    ErrorEvent,
    Fault,
    Loop,
    Malformed,
    NoFinish,
    RepeatFinish,
    RepeatMessage,
    ShuffledLoop,
    Swap,
)
from unspool.faults.parts import Piece, parts_of
from unspool.wire.json_array import JSONArrayDecoder

EVERY_ANSWER = pytest.mark.parametrize("recorded", answers.ALL.values(), ids=answers.ALL)
WITH_TEXT = {name: one for name, one in answers.ALL.items() if name != "tools"}
EVERY_TEXT = pytest.mark.parametrize("recorded", WITH_TEXT.values(), ids=WITH_TEXT)


def pick(recorded: Interaction, *places: int) -> list[str]:
    return [events(recorded)[place].data for place in places]


def data(recorded: Interaction) -> list[str]:
    return [event.data for event in events(recorded)]


@EVERY_ANSWER
def test_an_event_is_lost(recorded: Interaction) -> None:
    assert events(Drop(1).apply(recorded)) == [events(recorded)[0], *events(recorded)[2:]]


@EVERY_ANSWER
def test_an_event_comes_twice(recorded: Interaction) -> None:
    assert data(Duplicate(1).apply(recorded))[:3] == pick(recorded, 0, 1, 1)


@EVERY_ANSWER
def test_two_events_change_places(recorded: Interaction) -> None:
    assert data(Swap(1).apply(recorded))[:3] == pick(recorded, 0, 2, 1)


@EVERY_ANSWER
def test_the_last_event_has_none_to_change_places_with(recorded: Interaction) -> None:
    last = len(events(recorded)) - 1

    with pytest.raises(FaultError, match=f"needs {last + 2} events in the answer, which has {last + 1};"):
        Swap(last).apply(recorded)


@EVERY_ANSWER
def test_the_bytes_of_the_others_stay_as_they_were(recorded: Interaction) -> None:
    first = events(recorded)[0].data.encode()

    assert first in Malformed(1).apply(recorded).response.body


@EVERY_ANSWER
def test_an_event_is_broken_inside_its_frame(recorded: Interaction) -> None:
    broken = Malformed(1).apply(recorded)

    assert len(events(broken)) == len(events(recorded))
    assert len(bodies(broken)) == len(bodies(recorded)) - 1


def test_an_event_without_json_cannot_be_broken() -> None:
    with pytest.raises(FaultError, match="needs JSON with a colon in event 6"):
        Malformed(5).apply(answers.OPENAI)


@pytest.mark.parametrize(
    "fault", [Drop(0), Drop(2), Duplicate(0), Swap(0), NoFinish(), ErrorEvent(0)], ids=repr
)
def test_an_array_stays_one(fault: Drop) -> None:
    broken = fault.apply(answers.GEMINI_ARRAY)
    decoder = JSONArrayDecoder()

    assert [*decoder.feed(broken.response.body), *decoder.flush()] == events(broken)


@EVERY_ANSWER
def test_the_finish_reason_is_lost(recorded: Interaction) -> None:
    with pytest.raises(FaultError, match="needs a finish reason"):
        NoFinish().apply(NoFinish().apply(recorded))


@EVERY_ANSWER
def test_the_finish_reason_comes_twice(recorded: Interaction) -> None:
    assert len(events(RepeatFinish().apply(recorded))) == len(events(recorded)) + 1


@pytest.mark.parametrize(
    ("recorded", "places"),
    [
        pytest.param(answers.OPENAI, (0, 1, 2, 4, 3, 5), id="openai"),
        pytest.param(answers.ANTHROPIC, (0, 1, 2, 3, 4, 7, 5, 6, 8), id="anthropic"),
        pytest.param(answers.OLLAMA, (0, 2, 1), id="ollama"),
        pytest.param(answers.BEDROCK, (0, 1, 4, 2, 3), id="bedrock"),
    ],
)
def test_the_finish_reason_comes_before_the_last_words(
    recorded: Interaction, places: tuple[int, ...]
) -> None:
    assert data(EarlyFinish().apply(recorded)) == pick(recorded, *places)


def _of_choice(index: int, text: str | None = None, reason: str | None = None) -> dict[str, Any]:
    delta = {} if text is None else {"content": text}
    return answers.chat({}, choices=[{"index": index, "delta": delta, "finish_reason": reason}])


@pytest.mark.parametrize(
    ("chunks", "places"),
    [
        pytest.param(
            [
                _of_choice(0, "a"),
                _of_choice(1, "b"),
                _of_choice(0, None, "stop"),
                _of_choice(1, None, "stop"),
            ],
            (2, 0, 1, 3),
            id="the first ends before the other",
        ),
        pytest.param(
            [_of_choice(0, "a"), _of_choice(1, "b"), _of_choice(1, "c"), _of_choice(1, reason="stop")],
            (0, 1, 3, 2),
            id="the second ends",
        ),
    ],
)
def test_with_several_choices_a_reason_comes_before_the_last_words_of_its_own(
    chunks: list[dict[str, Any]], places: tuple[int, ...]
) -> None:
    recorded = answers.interaction(*answers.sse(*chunks))
    assert data(EarlyFinish().apply(recorded)) == pick(recorded, *places)


def test_the_reason_of_two_choices_at_once_comes_before_the_last_words_of_both() -> None:
    both = answers.chat({}, choices=[{"index": n, "delta": {}, "finish_reason": "stop"} for n in (0, 1)])
    recorded = answers.interaction(*answers.sse(_of_choice(0, "a"), _of_choice(1, "b"), both))
    assert data(EarlyFinish().apply(recorded)) == pick(recorded, 2, 0, 1)


# Loops


def test_of_a_loop_only_the_last_round_says_why_the_answer_ended() -> None:
    both = [_of_choice(index, "a", "length") for index in (0, 1)]
    open_ended = [_of_choice(index, "a") for index in (0, 1)]
    recorded = answers.interaction(*answers.sse(*both, "[DONE]"))

    broken = Loop(0, period=2, times=3).apply(recorded)

    assert [json.loads(one) for one in data(broken)[:-1]] == [*open_ended * 2, *both]


@pytest.mark.parametrize("times", [1, 2, 5])
def test_what_a_model_says_comes_again_and_again(times: int) -> None:
    broken = Loop(1, period=2, times=times).apply(answers.OPENAI)

    assert data(broken) == pick(answers.OPENAI, 0, 1, *[2, 3] * times, 4, 5)


@EVERY_TEXT
def test_every_format_may_loop(recorded: Interaction) -> None:
    assert len(events(Loop(1, times=50).apply(recorded))) == len(events(recorded)) + 49


def test_a_loop_needs_events_that_say_something() -> None:
    with pytest.raises(FaultError, match="needs 4 events that say something in the answer, which has 3;"):
        Loop(3).apply(answers.OPENAI)


def test_an_endless_loop_is_made_as_it_is_read() -> None:
    stage = Loop(1, times=math.inf).stage()
    parts = (out for part in parts_of(answers.OPENAI) for out in stage.feed(part))

    pieces = [part.data for part in itertools.islice(parts, 10_000) if isinstance(part, Piece)]
    assert set(pieces[3:]) == {pieces[2]}


# Errors in a stream


def error_of(recorded: Interaction, **settings: object) -> tuple[str, object]:
    broken = ErrorEvent(1, **settings).apply(recorded)
    assert ending(broken)[0] == "complete"
    return events(broken)[-1].name, bodies(broken)[-1]


TEXT = "The service is overloaded. Please try again later."


@pytest.mark.parametrize(
    ("recorded", "name", "body"),
    [
        pytest.param(
            answers.OPENAI,
            "message",
            {"error": {"message": TEXT, "type": "server_error", "param": None, "code": None}},
            id="openai",
        ),
        pytest.param(
            answers.RESPONSES,
            "error",
            {
                "type": "error",
                "sequence_number": 2,
                "error": {"message": TEXT, "type": "server_error", "param": None, "code": None},
            },
            id="responses",
        ),
        pytest.param(
            answers.ANTHROPIC,
            "error",
            {"type": "error", "error": {"type": "api_error", "message": TEXT}},
            id="anthropic",
        ),
        pytest.param(
            answers.GEMINI,
            "message",
            {"error": {"code": 503, "message": TEXT, "status": "UNAVAILABLE"}},
            id="gemini",
        ),
        pytest.param(
            answers.GEMINI_ARRAY,
            "message",
            {"error": {"code": 503, "message": TEXT, "status": "UNAVAILABLE"}},
            id="gemini-array",
        ),
        pytest.param(answers.BEDROCK, "serviceUnavailableException", {"message": TEXT}, id="bedrock"),
        pytest.param(
            answers.COHERE,
            "message-end",
            {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": TEXT}},
            id="cohere",
        ),
        pytest.param(answers.OLLAMA, "message", {"error": TEXT}, id="ollama"),
    ],
)
def test_an_error_has_its_format_s_envelope(recorded: Interaction, name: str, body: object) -> None:
    assert error_of(recorded) == (name, body)


@pytest.mark.parametrize(
    ("provider", "name", "body"),
    [
        (
            "groq",
            "error",
            {"error": {"message": TEXT, "type": "internal_server_error", "status_code": 503}},
        ),
        (
            "vllm",
            "message",
            {"error": {"message": TEXT, "type": "InternalServerError", "param": None, "code": 503}},
        ),
        (
            "openrouter",
            "message",
            {
                "id": "chatcmpl-1",
                "object": "chat.completion.chunk",
                "created": 1767225600,
                "model": "gpt-4o-mini",
                "error": {"code": 503, "message": TEXT},
                "choices": [
                    {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}
                ],
            },
        ),
    ],
)
def test_a_provider_s_own_envelope_may_be_asked_for(provider: str, name: str, body: object) -> None:
    assert error_of(answers.OPENAI, provider=provider) == (name, body)


def test_an_aws_exception_is_one_by_its_headers() -> None:
    error = events(ErrorEvent(1, status=429).apply(answers.BEDROCK))[-1]

    assert error.headers == {
        ":exception-type": "throttlingException",
        ":content-type": "application/json",
        ":message-type": "exception",
    }


def test_the_status_chooses_the_kind() -> None:
    kinds = [
        error_of(answers.ANTHROPIC, status=status)[1]["error"]["type"] for status in (400, 429, 500, 529)
    ]

    assert kinds == ["invalid_request_error", "rate_limit_error", "api_error", "overloaded_error"]


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_so_much_is_said_before_the_error(after: int) -> None:
    broken = ErrorEvent(after, message="Enough.").apply(answers.OPENAI)

    assert data(broken)[:-1] == data(answers.OPENAI)[: after + 1]
    assert "Enough." in data(broken)[-1]


def test_more_cannot_be_said_than_is() -> None:
    with pytest.raises(FaultError, match="needs 4 events that say something"):
        ErrorEvent(4).apply(answers.OPENAI)


# The same things again, without a period

WITH_TEXT = [
    name
    for name, (wire_format, _) in BODIES.items()
    if wire_format
    not in {
        "bedrock-agent",
        "jsonrpc-sse",
        "openai-assistants",
        "openai-transcription",
        "replicate-sse",
        "sap-orchestration",
    }
    and name not in {"cohere-v2", "openai-chat-tools", "openai-chat-whole-calls"}
]


@pytest.mark.parametrize("name", WITH_TEXT)
def test_a_few_sentences_come_in_an_order_that_never_settles(name: str) -> None:
    wire_format, body = BODIES[name]
    whole = checking.interaction(body)
    case = Case(
        wire_format, fault := ShuffledLoop(1, ("A.", "B.", "C."), times=30), whole, fault.apply(whole)
    )

    first, *others = case.outputs(case.whole)
    said = case.outputs(case.broken)[1 : 1 + 90]
    assert case.outputs(case.broken) == [first, *said, *others]
    said = [one for text in said for one in "ABC" if f"{one}." in text]
    rounds = [tuple(said[place : place + 3]) for place in range(0, 90, 3)]
    assert all(sorted(one) == ["A", "B", "C"] for one in rounds)
    assert all(one != other for one, other in itertools.pairwise(rounds))
    assert not any(said[period:] == said[:-period] for period in range(1, 45))


def test_such_a_loop_may_be_endless() -> None:
    fault = ShuffledLoop(times=math.inf)
    parts = (out for part in parts_of(answers.OPENAI) for out in fault.stage().feed(part))

    assert len(list(itertools.islice(parts, 5_000))) == 5_000
    with pytest.raises(FaultError, match="never ends"):
        fault.apply(answers.OPENAI)


@pytest.mark.parametrize("name", WITH_TEXT)
def test_all_text_comes_once_more_at_the_end(name: str) -> None:
    wire_format, body = BODIES[name]
    whole = checking.interaction(body)
    case = Case(wire_format, fault := RepeatMessage(), whole, fault.apply(whole))

    reasons = [one.reason for one in case.said(case.whole) if one.reason]
    assert [one.reason for one in case.said(case.broken) if one.reason] == reasons
    assert len(case.outputs(case.broken)) == len(case.outputs(case.whole)) + 1
    left = iter(case.outputs(case.broken))
    assert all(text in left for text in case.outputs(case.whole))
    finish = next(place for place, one in enumerate(case.said(case.broken)) if one.reason)
    assert not any(one.output for one in case.said(case.broken)[finish:])


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("fault", [RepeatFinish(), EarlyFinish(), Duplicate(3)], ids=repr)
def test_a_last_event_without_its_end_gets_it_when_another_follows(fault: Fault, end: bytes) -> None:
    *before, last, _ = answers.sse(*answers.OPENAI_EVENTS[1:])
    recorded = answers.interaction(*before, last.rstrip(b"\n") + end)

    assert all(event.json for event in events_of(fault.apply(recorded).response.body))
