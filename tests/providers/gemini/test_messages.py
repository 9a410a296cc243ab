"""Conversations as Gemini's contents."""

from __future__ import annotations

import pytest
from tests.providers.gemini.asking import HELLO, answer, body, call, model_turn, result, said, turns, user

from unspool.errors import BadRequestError

HI = user(said("Hello"))


@pytest.mark.parametrize("role", ["system", "developer"])
def test_system_messages_are_an_instruction(role: str) -> None:
    told = [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]
    asked = body([{"role": role, "content": "Be kind."}, *HELLO, {"role": role, "content": told}])
    assert asked["system_instruction"] == {"parts": [said("Be kind."), said("Be brief.")]}
    assert asked["contents"] == [HI]


def test_without_one_there_is_no_instruction() -> None:
    assert "system_instruction" not in body()


def test_an_instruction_alone_is_given_a_message() -> None:
    assert turns({"role": "system", "content": "Be kind."}) == [user(said("."))]


def test_messages_of_one_role_are_one_turn() -> None:
    spoken = turns(*HELLO, *HELLO, answer(content="Hi"), answer(content="there"), *HELLO)
    assert spoken == [user(said("Hello"), said("Hello")), model_turn(said("Hi"), said("there")), HI]


def test_results_that_follow_each_other_are_one_turn_and_no_ones_message() -> None:
    spoken = turns(answer(call("1"), call("2", "hear")), result("2"), result("1"), *HELLO)
    names = [part["function_response"]["name"] for part in spoken[1]["parts"]]
    assert (spoken[1]["role"], names) == ("user", ["hear", "look"])
    assert spoken[2:] == [HI]


def test_a_message_that_says_nothing_is_no_turn() -> None:
    assert turns(*HELLO, answer(), *HELLO) == [HI, HI]


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(BadRequestError, match="role must be one of assistant, "):
        turns({"role": "robot", "content": "Beep"})
