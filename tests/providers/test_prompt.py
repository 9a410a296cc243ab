"""A conversation as one text."""

from __future__ import annotations

from typing import Any

import pytest

from unspool.errors import BadRequestError
from unspool.providers.prompt import prompt_of


def test_texts_stand_below_each_other_and_empty_messages_nowhere() -> None:
    parts = [{"type": "text", "text": "b"}, "c", {"type": "text", "text": None}]
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": "a"},
        {"content": None},
        {"content": parts},
    ]
    assert prompt_of(messages, llm_provider="replicate") == "a\nbc"


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ({"role": "tool", "content": "x"}, "tool calls"),
        ({"role": "assistant", "tool_calls": [{}]}, "tool calls"),
        ({"content": [{"type": "image_url"}]}, "a part of the type 'image_url'"),
    ],
)
def test_anything_else_is_refused_with_what_it_is(message: dict[str, Any], what: str) -> None:
    with pytest.raises(
        BadRequestError, match=f"replicate takes one text, and a message has {what}"
    ) as raised:
        prompt_of([message], llm_provider="replicate")
    assert raised.value.param == "messages"
