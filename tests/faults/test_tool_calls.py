"""What servers get wrong in tool calls."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import from_json
from tests.faults import answers
from tests.faults.reading import bodies

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import BrokenArguments, CallsWithout, EmptyCalls, Fault, SharedIndex, SplitArguments
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
