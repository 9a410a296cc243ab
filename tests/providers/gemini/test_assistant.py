"""What the model said, on its way back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.providers.gemini.asking import (
    HELLO,
    INLINE,
    NEW,
    OLD,
    PNG,
    answer,
    call,
    model_turn,
    result,
    said,
    turns,
)
from tests.providers.gemini.events import call as called
from tests.providers.gemini.events import event, text, thought, whole

from unspool.errors import BadRequestError

SIGNED = {"provider_specific_fields": {"thought_signature": "c2ln"}}
NO_SIGNATURE = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="
LOOK = {"name": "look", "args": {"at": "sky"}}


def parts(message: Any, *, model: str = OLD) -> Any:
    return turns(message, model=model)[0]["parts"]


def test_a_call_before_gemini_3_has_no_id() -> None:
    assert parts(answer(call("1"))) == [{"function_call": LOOK}]


def test_a_call_since_then_has_one_and_a_signature() -> None:
    assert parts(answer(call("1", **SIGNED), call("2")), model=NEW) == [
        {"function_call": {**LOOK, "id": "1"}, "thoughtSignature": "c2ln"},
        {"function_call": {**LOOK, "id": "2"}},
    ]


def test_a_call_of_another_model_is_said_to_have_none() -> None:
    made = parts(answer(call("1"), call("2")), model=NEW)
    assert [part.get("thoughtSignature") for part in made] == [NO_SIGNATURE, None]


def test_a_signature_may_stand_in_the_function_or_in_the_id() -> None:
    in_function = {"id": "1", "function": {"name": "look", "arguments": "{}", **SIGNED}}
    in_id = {"id": "2__thought__aWQ=", "function": {"name": "look", "arguments": "{}"}}
    made = parts(answer(in_function, in_id), model=NEW)
    assert [(part["function_call"]["id"], part["thoughtSignature"]) for part in made] == [
        ("1", "c2ln"),
        ("2", "aWQ="),
    ]


@pytest.mark.parametrize(("arguments", "args"), [("", {}), (None, {}), ({"a": 1}, {"a": 1}), ("[1]", [1])])
def test_arguments_are_data(arguments: Any, args: Any) -> None:
    assert parts(answer(call("1", arguments=arguments)))[0]["function_call"]["args"] == args


def test_arguments_that_were_cut_off_are_refused() -> None:
    with pytest.raises(BadRequestError, match="arguments of the tool call 'look' aren't JSON"):
        parts(answer(call("1", arguments='{"at": "sk')))


def test_openais_older_call_is_a_call() -> None:
    message = {
        "role": "assistant",
        "content": None,
        "function_call": {"name": "look", "arguments": '{"at": "sky"}'},
    }
    assert parts(message) == [{"function_call": LOOK}]


def test_thoughts_come_first() -> None:
    assert parts(answer(content="Blue.", reasoning_content="Hm.")) == [
        said("Hm.", thought=True),
        said("Blue."),
    ]


def test_a_thought_keeps_its_signature() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}, {"type": "redacted_thinking"}]
    assert parts(answer(content="Blue.", reasoning_content="Hm.", thinking_blocks=blocks)) == [
        said("Hm.", thought=True, thoughtSignature="c2ln"),
        said("Blue."),
    ]


def test_a_signature_goes_to_the_text_unless_it_is_anothers() -> None:
    kept = {"thought_signatures": ["c2ln", "b3RoZXI="]}
    made = parts(answer(call("1", **SIGNED), content="Blue.", provider_specific_fields=kept))
    assert [part.get("thoughtSignature") for part in made] == ["b3RoZXI=", "c2ln"]


def test_an_image_that_it_made_goes_back() -> None:
    images = [{"type": "image_url", "image_url": {"url": PNG}}]
    assert parts(answer(content="Look:", images=images)) == [said("Look:"), INLINE]


def test_what_google_ran_goes_back() -> None:
    ran = {
        "tool_type": "URL",
        "id": "1",
        "args": {"u": 1},
        "thought_signature": "a",
        "response": {"found": 2},
    }
    kept = {"server_side_tool_invocations": [ran], "thought_signatures": ["a"]}
    assert parts(answer(content="Blue.", provider_specific_fields=kept)) == [
        said("Blue."),
        {"toolCall": {"toolType": "URL", "id": "1", "args": {"u": 1}}, "thoughtSignature": "a"},
        {"toolResponse": {"id": "1", "response": {"found": 2}, "toolType": "URL"}},
    ]


@pytest.mark.parametrize(
    ("content", "response"),
    [
        ("Blue.", {"content": "Blue."}),
        ('{"colour": "blue"}', {"colour": "blue"}),
        ('["blue"]', {"content": '["blue"]'}),
        ([{"type": "text", "text": "Blue."}], {"content": "Blue."}),
        ("", {"content": ""}),
    ],
)
def test_a_result_is_an_object(content: Any, response: Any) -> None:
    made = turns(answer(call("1")), result("1", content))[1]["parts"]
    assert made == [{"function_response": {"name": "look", "response": response}}]


def test_a_result_names_its_call_since_gemini_3() -> None:
    made = turns(answer(call("1__thought__c2ln")), result("1__thought__c2ln"), model=NEW)[1]["parts"]
    assert made[0]["function_response"]["id"] == "1"


def test_an_image_in_a_result_is_inside_of_it() -> None:
    content = [{"type": "text", "text": "Look:"}, {"type": "image_url", "image_url": PNG}]
    made = turns(answer(call("1")), result("1", content))[1]["parts"][0]["function_response"]
    assert (made["response"], made["parts"]) == ({"content": "Look:"}, [INLINE])


def test_a_result_may_name_its_function_itself() -> None:
    made = turns(*HELLO, {"role": "function", "name": "look", "content": "Blue."})[1]["parts"][0]
    assert made["function_response"]["name"] == "look"


def test_a_result_without_its_call_is_refused() -> None:
    with pytest.raises(BadRequestError, match="no tool call before it has the tool_call_id '9'"):
        turns(answer(call("1")), result("9"))


def test_what_came_as_a_stream_goes_back_as_it_came() -> None:
    events = [
        event(thought("Hm.", thoughtSignature="dGhvdWdodA==")),
        event(text("Blue.")),
        event(text("", thoughtSignature="dGV4dA==")),
        event(called(args={"at": "sky"}, signature="Y2FsbA=="), finishReason="STOP"),
    ]
    message = whole(*events).choices[0].message
    assert turns(message, model=NEW) == [
        model_turn(
            said("Hm.", thought=True, thoughtSignature="dGhvdWdodA=="),
            said("Blue.", thoughtSignature="dGV4dA=="),
            {"function_call": {**LOOK, "id": "call_resp1_0"}, "thoughtSignature": "Y2FsbA=="},
        )
    ]
    assert json.dumps(message.model_dump())  # plain data, as it may be stored in between
