"""Conversations as Converse's system and turns."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.bedrock.asking import (
    HELLO,
    IMAGE,
    MARK,
    PNG,
    POINT,
    answer,
    assistant,
    body,
    call,
    result,
    turns,
    user,
)

from unspool.builder import stream_chunk_builder
from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON

THINKING = {"type": "thinking", "thinking": "Well", "signature": "sig"}
TOOL_USE = {"toolUse": {"toolUseId": "c1", "name": "look", "input": {"at": "sky"}}}


@pytest.mark.parametrize("role", ["system", "developer"])
def test_system_messages_are_the_system_wherever_they_stand(role: str) -> None:
    asked = [{"role": role, "content": "One."}, *HELLO, {"role": role, "content": "Two."}]
    assert body(asked)["system"] == [{"text": "One."}, {"text": "Two."}]
    assert body(asked)["messages"] == [user({"text": "Hello"})]


def test_without_system_messages_there_is_none() -> None:
    assert "system" not in body()


def test_turns_of_one_role_are_one() -> None:
    assert turns(*HELLO, *HELLO, {"role": "assistant", "content": "Hi"}) == [
        user({"text": "Hello"}, {"text": "Hello"}),
        assistant({"text": "Hi"}),
    ]


def test_an_empty_user_message_is_still_one() -> None:
    assert turns({"role": "user", "content": ""}) == [user({"text": "(empty message)"})]


def test_a_tool_round_trip() -> None:
    assert turns(*HELLO, answer(call("c1"), content="I'll look."), result("c1", "Blue.")) == [
        user({"text": "Hello"}),
        assistant({"text": "I'll look."}, TOOL_USE),
        user({"toolResult": {"toolUseId": "c1", "content": [{"text": "Blue."}]}}),
    ]


def test_results_of_parallel_calls_are_one_turn() -> None:
    *_, results = turns(*HELLO, answer(call("c1"), call("c2")), result("c1", "a"), result("c2", "b"))
    assert [block["toolResult"]["toolUseId"] for block in results["content"]] == ["c1", "c2"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"content": "Blue."}, {"content": [{"text": "Blue."}]}),
        ({"content": None}, {"content": []}),
        ({"content": [{"type": "text", "text": "Blue."}]}, {"content": [{"text": "Blue."}]}),
        ({"content": [{"type": "image_url", "image_url": PNG}]}, {"content": [IMAGE]}),
        ({"content": [{"json": {"sky": "blue"}}]}, {"content": [{"json": {"sky": "blue"}}]}),
        ({"content": "No.", "is_error": True}, {"content": [{"text": "No."}], "status": "error"}),
    ],
)
def test_what_a_result_says(fields: JSON, expected: JSON) -> None:
    (turn,) = turns(result("c1", **fields))
    assert turn == user({"toolResult": {"toolUseId": "c1", **expected}})


@pytest.mark.parametrize(
    "marked",
    [
        result("c1", "Blue.", cache_control=MARK),
        result("c1", [{"type": "text", "text": "Blue.", "cache_control": MARK}]),
    ],
)
def test_the_mark_of_a_result_stands_beside_it(marked: JSON) -> None:
    assert turns(marked) == [user({"toolResult": {"toolUseId": "c1", "content": [{"text": "Blue."}]}}, POINT)]


def test_reasoning_comes_first_and_calls_last() -> None:
    said = answer(call("c1"), content="I'll look.", thinking_blocks=[THINKING])
    thought = {"reasoningContent": {"reasoningText": {"text": "Well", "signature": "sig"}}}
    assert turns(said) == [assistant(thought, {"text": "I'll look."}, TOOL_USE)]


def test_redacted_reasoning_goes_back() -> None:
    said = answer(content="Hi", thinking_blocks=[{"type": "redacted_thinking", "data": "c2VjcmV0"}])
    assert turns(said) == [assistant({"reasoningContent": {"redactedContent": "c2VjcmV0"}}, {"text": "Hi"})]


def test_unsigned_reasoning_stays_here() -> None:
    said = answer(content="Hi", thinking_blocks=[{"type": "thinking", "thinking": "Well"}])
    assert turns(said) == [assistant({"text": "Hi"})]


def test_what_a_stream_added_up_to_goes_back_as_it_came() -> None:
    from tests.providers.bedrock.events import reasoning, run, stop, text, tool

    events = (
        *reasoning({"text": "Well"}, {"signature": "sig"}),
        *text("Hi", index=1),
        *tool("look", index=2),
    )
    response = stream_chunk_builder(run(*events, stop("tool_use")))
    assert response is not None
    assert turns(response.choices[0].message) == [
        assistant(
            {"reasoningContent": {"reasoningText": {"text": "Well", "signature": "sig"}}},
            {"text": "Hi"},
            {"toolUse": {"toolUseId": "tooluse_look", "name": "look", "input": {}}},
        )
    ]


@pytest.mark.parametrize(
    ("given", "sent"), [("call_1.a:b-c", "call_1.a:b-c"), ("a b|c", "a_b_c"), ("x" * 70, "x" * 64)]
)
def test_an_id_is_made_acceptable_in_both_places(given: str, sent: str) -> None:
    asked, answered = turns(answer(call(given)), result(given, "Blue."))
    assert asked["content"][0]["toolUse"]["toolUseId"] == sent
    assert answered["content"][0]["toolResult"]["toolUseId"] == sent


@pytest.mark.parametrize(("arguments", "expected"), [("", {}), (None, {}), ({"at": "sky"}, {"at": "sky"})])
def test_arguments_may_be_missing_or_an_object(arguments: Any, expected: JSON) -> None:
    (turn,) = turns(answer(call("c1", arguments=arguments)))
    assert turn["content"][0]["toolUse"]["input"] == expected


def test_arguments_that_are_no_json_are_refused() -> None:
    with pytest.raises(BadRequestError, match=r"the tool call 'look' aren't JSON"):
        turns(answer(call("c1", arguments='{"at": ')))


def test_a_call_may_be_marked() -> None:
    assert turns(answer(call("c1", cache_control=MARK))) == [assistant(TOOL_USE, POINT)]


@pytest.mark.parametrize("role", ["function", None, 5])
def test_an_unknown_role_is_refused(role: Any) -> None:
    with pytest.raises(BadRequestError, match="use one of assistant, tool, user, system"):
        turns({"role": role, "content": "Hi"})
