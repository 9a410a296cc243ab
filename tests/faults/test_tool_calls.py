"""What servers get wrong in tool calls."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json
from tests.faults import answers, checking
from tests.faults.bodies import BODIES
from tests.faults.checking import Case
from tests.faults.raw import arguments_of, events_of, is_json
from tests.faults.reading import bodies

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import (
    BrokenArguments,
    CallsWithout,
    CumulativeArguments,
    EmptyCalls,
    Fault,
    SharedIndex,
    SplitArguments,
    UnfinishedCall,
)
from unspool.providers import pipeline_for

CLAUDE = answers.interaction(
    *answers.sse(
        {
            "type": "content_block_start",
            "index": 0,
            "content_block": {"type": "tool_use", "id": "t", "name": "f"},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": ""},
        },
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "input_json_delta", "partial_json": '{"city": "Łódź"}'},
        },
        named=True,
    ),
    url="https://api.anthropic.com/v1/messages",
)
RESPONSES = answers.interaction(
    *answers.sse(
        {"type": "response.function_call_arguments.delta", "sequence_number": 1, "delta": '{"city": "Łódź"}'},
        {"type": "response.output_text.delta", "sequence_number": 2, "delta": "not arguments"},
    )
)
COHERE = answers.interaction(
    *answers.sse(
        {
            "type": "tool-call-delta",
            "index": 0,
            "delta": {"message": {"tool_calls": {"function": {"arguments": '{"city": "Łódź"}'}}}},
        }
    )
)


def calls(recorded: Interaction) -> list[Any]:
    deltas = [choice["delta"] for body in bodies(recorded) for choice in body["choices"]]
    return [call for delta in deltas for call in delta.get("tool_calls", ())]


@pytest.mark.parametrize("key", ["id", "index"])
def test_calls_lack_it(key: str) -> None:
    assert any(key in call for call in calls(answers.TOOLS))
    assert not any(key in call for call in calls(CallsWithout(key).apply(answers.TOOLS)))


def test_calls_share_an_index() -> None:
    assert {call["index"] for call in calls(SharedIndex().apply(answers.TOOLS))} == {0}


def test_every_delta_has_a_list_of_calls() -> None:
    broken = EmptyCalls().apply(answers.OPENAI)

    assert [body["choices"][0]["delta"]["tool_calls"] for body in bodies(broken)] == [[]] * 5


def test_calls_that_are_there_stay() -> None:
    assert calls(EmptyCalls().apply(answers.TOOLS)) == calls(answers.TOOLS)


@given(size=st.integers(1, 20))
def test_arguments_come_in_pieces_that_add_up(size: int) -> None:
    broken = SplitArguments(size).apply(answers.TOOLS)

    assert all(len(call["function"]["arguments"]) <= size for call in calls(broken))
    assert rebuilt(broken) == rebuilt(answers.TOOLS)


def rebuilt(recorded: Interaction) -> dict[int, list[str]]:
    """Each call's id, name and arguments, as our normalizer reads them."""
    pipeline = pipeline_for("openai-chat")
    found: dict[int, list[str]] = {}
    for chunk in pipeline.feed(recorded.response.body):
        for call in [call for choice in chunk.choices for call in choice.delta.tool_calls or ()]:
            parts = found.setdefault(call.index, ["", "", ""])
            parts[0] += call.id or ""
            parts[1] += call.function.name or ""
            parts[2] += call.function.arguments or ""
    return found


OTHERS = pytest.mark.parametrize(
    "recorded", [CLAUDE, RESPONSES, COHERE], ids=["anthropic", "responses", "cohere"]
)


@OTHERS
def test_other_formats_split_them_too(recorded: Interaction) -> None:
    extra = len(bodies(SplitArguments(4).apply(recorded))) - len(bodies(recorded))

    assert extra == 3  # 16 characters


@OTHERS
def test_arguments_are_no_json(recorded: Interaction) -> None:
    assert '"{{' in BrokenArguments().apply(recorded).response.body.decode()


def test_broken_arguments_stay_broken() -> None:
    for _, _, text in rebuilt(BrokenArguments().apply(answers.TOOLS)).values():
        with pytest.raises(ValueError, match="key must be a string"):
            from_json(text)


@pytest.mark.parametrize(
    "fault", [BrokenArguments(), CallsWithout(), SharedIndex(), SplitArguments()], ids=repr
)
def test_text_has_no_calls(fault: Fault) -> None:
    with pytest.raises(FaultError, match="tool call"):
        fault.apply(answers.OPENAI)


# Calls that a limit on tokens cuts

CUT = pytest.mark.parametrize(
    ("name", "words"),
    [
        ("openai-chat-tools", ("length", "tool_calls")),
        ("openai-chat-whole-calls", ("length", "tool_calls")),
        ("anthropic-messages", ("max_tokens", "tool_use")),
        ("bedrock-invoke", ("max_tokens", "tool_use")),
        ("bedrock-converse", ("max_tokens", "tool_use")),
        ("cohere-v2", ("MAX_TOKENS", "TOOL_CALL")),
        ("openai-responses", ("response.incomplete", "response.completed")),
    ],
)


@CUT
@pytest.mark.parametrize("reason", ["length", "tool_calls"])
@pytest.mark.parametrize("after", [0, 1])
def test_a_call_is_cut_and_the_stream_ends_in_order(
    name: str, words: tuple[str, str], reason: Literal["length", "tool_calls"], after: int
) -> None:
    wire_format, body = BODIES[name]
    case = Case(wire_format, UnfinishedCall(after, reason), whole := checking.interaction(body), whole)
    case = replace(case, after=case.fault.apply(whole))

    arguments = list(arguments_of(wire_format, case.broken).values())
    assert not is_json(arguments[-1])
    assert all(map(is_json, arguments[:-1]))
    for text in arguments:
        assert any(one.startswith(text) for one in arguments_of(wire_format, case.whole).values())
    reasons = [said.reason for said in case.said(case.broken) if said.reason]
    assert reasons == [words[reason == "tool_calls"]]
    usage = [said.usage for said in case.said(case.whole) if said.usage]
    assert [said.usage for said in case.said(case.broken) if said.usage] == usage
    assert case.broken[-1].name == case.whole[-1].name or reasons == [case.broken[-1].name]


def test_what_responses_repeats_at_the_end_is_cut_too() -> None:
    body = checking.interaction(BODIES["openai-responses"][1])
    events = events_of(UnfinishedCall().apply(body).response.body)
    done, last = events[-2].json["item"], events[-1].json["response"]

    assert (done["arguments"], done["status"]) == ('{"', "incomplete")
    assert last["output"] == [done]
    assert last["incomplete_details"] == {"reason": "max_output_tokens"}
    assert [event.json["type"] for event in events if "arguments" in event.json] == [
        "response.function_call_arguments.done"
    ]


def test_blocks_after_the_cut_never_begin() -> None:
    body = checking.interaction(BODIES["anthropic-messages"][1])
    kinds = [event.json["type"] for event in events_of(UnfinishedCall().apply(body).response.body)]

    assert kinds[-4:] == ["content_block_delta", "content_block_stop", "message_delta", "message_stop"]
    assert kinds.count("content_block_start") == kinds.count("content_block_stop")


# Arguments that grow


@pytest.mark.parametrize(
    "name",
    ["openai-chat-tools", "anthropic-messages", "openai-responses", "bedrock-converse", "cohere-v2"],
)
def test_each_piece_has_all_that_came_before(name: str) -> None:
    wire_format, body = BODIES[name]
    whole = checking.interaction(body)
    before = arguments_of(wire_format, events_of(whole.response.body))
    after = arguments_of(wire_format, events_of(CumulativeArguments().apply(whole).response.body))

    (first, text), *_ = before.items()
    assert after[first] == '{"a":' + text
    assert {key: after[key] for key in after if key != first} == {
        key: before[key] for key in before if key != first
    }


def test_a_call_in_one_piece_cannot_grow() -> None:
    with pytest.raises(FaultError, match="more than one of a call"):
        CumulativeArguments().apply(checking.interaction(BODIES["openai-chat-whole-calls"][1]))
