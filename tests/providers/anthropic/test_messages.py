"""A conversation as Anthropic's system and turns."""

from __future__ import annotations

import pytest
from tests.providers.anthropic.asking import (
    BASE64,
    HELLO,
    MARK,
    PNG,
    answer,
    assistant,
    body,
    build,
    call,
    said,
    turns,
    user,
)

from unspool.errors import BadRequestError


def test_system_messages_are_lifted_out() -> None:
    sent = body(
        [
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": [said("Be kind.", cache_control=MARK), said("")]},
            *HELLO,
        ]
    )
    assert sent["system"] == [said("Be brief."), said("Be kind.", cache_control=MARK)]
    assert sent["messages"] == [user(said("Hello"))]


def test_a_later_system_message_is_lifted_too() -> None:
    sent = body([*HELLO, {"role": "assistant", "content": "Hi"}, {"role": "system", "content": "Now rhyme."}])
    assert sent["system"] == [said("Now rhyme.")]


def test_messages_of_one_role_are_joined() -> None:
    spoken = [
        {"role": role, "content": text} for role, text in [("user", "a"), ("user", "b"), ("assistant", "c")]
    ]
    assert turns(*spoken, *HELLO) == [user(said("a"), said("b")), assistant(said("c")), user(said("Hello"))]


def test_a_prefill_does_not_end_in_white_space() -> None:
    assert turns(*HELLO, {"role": "assistant", "content": "Yes: \n"})[-1] == assistant(said("Yes:"))


def test_a_user_who_says_nothing_still_has_a_turn() -> None:
    assert turns(*HELLO, {"role": "assistant", "content": "Hi"}, {"role": "user", "content": ""})[-1] == user(
        said("(empty message)")
    )


def test_an_unknown_role_is_an_error() -> None:
    with pytest.raises(BadRequestError, match="no message of the role 'function'"):
        build([{"role": "function", "name": "look", "content": "x"}])


def test_results_of_tools_are_one_user_turn() -> None:
    results = [{"role": "tool", "tool_call_id": name, "content": f"{name}!"} for name in "ab"]
    assert turns(*HELLO, answer(call("a"), call("b")), *results, *HELLO)[2] == user(
        {"type": "tool_result", "tool_use_id": "a", "content": "a!"},
        {"type": "tool_result", "tool_use_id": "b", "content": "b!"},
        said("Hello"),
    )


def test_a_result_may_have_parts_marks_and_an_error() -> None:
    content = [said("Done"), {"type": "image_url", "image_url": PNG}]
    result = {
        "role": "tool",
        "tool_call_id": "a",
        "content": content,
        "cache_control": MARK,
        "is_error": True,
    }
    assert turns(*HELLO, answer(call("a")), result)[2]["content"] == [
        {
            "type": "tool_result",
            "tool_use_id": "a",
            "content": [said("Done"), {"type": "image", "source": BASE64}],
            "cache_control": MARK,
            "is_error": True,
        }
    ]


def test_ids_of_other_providers_are_made_acceptable_in_both_places() -> None:
    result = {"role": "tool", "tool_call_id": "call:1.a", "content": "x"}
    _, asked, given = turns(*HELLO, answer(call("call:1.a")), result)
    assert (asked["content"][0]["id"], given["content"][0]["tool_use_id"]) == ("call_1_a", "call_1_a")
