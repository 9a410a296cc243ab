from __future__ import annotations

import pytest

from unspool.providers.cohere.messages import message_from
from unspool.providers.payload import JSON

CALL = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hello?"},
        {"role": "user", "content": [{"type": "text", "text": "Look!"}, IMAGE]},
        {"role": "assistant", "content": ""},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "Rain."},
        {"role": "assistant", "tool_calls": [CALL], "tool_plan": "I'll look."},
    ],
)
def test_what_is_in_cohere_s_shape_already_is_left_as_it_is(message: JSON) -> None:
    assert message_from(message) == message


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({"role": "developer", "content": "Be brief."}, {"role": "system", "content": "Be brief."}),
        (
            {"role": "user", "content": ["Look!", {"type": "image_url", "image_url": "https://e.com/a.png"}]},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "Look!"},
                    {"type": "image_url", "image_url": {"url": "https://e.com/a.png"}},
                ],
            },
        ),
        ({"role": "user", "content": "Hi", "name": "me"}, {"role": "user", "content": "Hi"}),
    ],
)
def test_what_is_not_is_put_into_it(message: JSON, expected: JSON) -> None:
    assert message_from(message) == expected


def test_what_an_answer_thought_planned_and_cited_goes_back() -> None:
    kept = {"tool_plan": "I'll look.", "citations": [{"start": 0, "end": 1}]}
    answer = {
        "role": "assistant",
        "content": "So.",
        "reasoning_content": "Hm.",
        "provider_specific_fields": kept,
    }

    assert message_from(answer) == {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "So."}],
        **kept,
    }


def test_thinking_may_be_all_there_is() -> None:
    answer = {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": [CALL]}

    assert message_from(answer)["content"] == [{"type": "thinking", "thinking": "Hm."}]
