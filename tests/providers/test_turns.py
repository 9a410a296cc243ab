"""Turns of a user and an assistant, out of messages in OpenAI's shape."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import BadRequestError
from unspool.providers.json_events import JSON
from unspool.providers.turns import alternating, system_blocks


def words(message: JSON) -> list[JSON]:
    return [{"word": word} for word in message["content"].split()]


def turns(*messages: JSON) -> list[JSON]:
    roles = {"assistant": ("model", words), "tool": ("user", words), "user": ("user", words)}
    return alternating(messages, roles, title="Acme", llm_provider="acme")


def said(role: Any, content: str) -> JSON:
    return {"role": role, "content": content}


def test_each_role_has_the_provider_s_name() -> None:
    assert turns(said("user", "Hi"), said("assistant", "Ho")) == [
        {"role": "user", "content": [{"word": "Hi"}]},
        {"role": "model", "content": [{"word": "Ho"}]},
    ]


def test_messages_of_one_role_are_one_turn() -> None:
    assert turns(said("tool", "a"), said("tool", "b"), said("user", "c")) == [
        {"role": "user", "content": [{"word": "a"}, {"word": "b"}, {"word": "c"}]}
    ]


def test_a_message_that_says_nothing_separates_nothing() -> None:
    assert len(turns(said("user", "a"), said("assistant", ""), said("user", "b"))) == 1


@pytest.mark.parametrize("role", ["system", "developer"])
def test_system_messages_are_no_turns_wherever_they_stand(role: str) -> None:
    messages = [said("user", "a"), said(role, "Be brief.")]
    assert turns(*messages) == turns(said("user", "a"))
    assert system_blocks(messages, words) == [{"word": "Be"}, {"word": "brief."}]


@pytest.mark.parametrize("role", ["function", None, 5])
def test_a_role_that_is_not_known_is_refused(role: Any) -> None:
    with pytest.raises(BadRequestError, match="Acme has no message of the role") as caught:
        turns(said(role, "Hi"))
    assert (caught.value.llm_provider, caught.value.param) == ("acme", "messages")
