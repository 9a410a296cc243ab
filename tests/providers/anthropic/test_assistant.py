"""What the model said before, on its way back to it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.anthropic.asking import HELLO, MARK, answer, assistant, build, call, said, turns

from unspool.errors import BadRequestError
from unspool.providers.anthropic import response_from_anthropic
from unspool.providers.json_events import JSON


def used(call_id: str, name: str = "look", **fields: Any) -> JSON:
    return {"type": "tool_use", "id": call_id, "name": name, "input": {"at": "sky"}, **fields}


def test_tool_calls_come_after_what_was_said() -> None:
    assert turns(*HELLO, answer(call("a"), call("b"), content="Wait."))[1] == assistant(
        said("Wait."), used("a"), used("b")
    )


@pytest.mark.parametrize("arguments", ["", None, "{}", {}])
def test_a_call_without_arguments_has_an_empty_input(arguments: Any) -> None:
    assert turns(*HELLO, answer(call("a", arguments=arguments)))[1]["content"][0]["input"] == {}


def test_arguments_that_are_not_json_are_an_error() -> None:
    with pytest.raises(BadRequestError, match="the tool call 'look' aren't JSON"):
        build([*HELLO, answer(call("a", arguments='{"at": '))])


def test_a_call_keeps_its_caller_and_its_cache_mark() -> None:
    caller = {"type": "direct"}
    assert turns(*HELLO, answer(call("a", caller=caller, cache_control=MARK)))[1] == assistant(
        used("a", caller=caller, cache_control=MARK)
    )


THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "sig"}
REDACTED = {"type": "redacted_thinking", "data": "c2Vj"}


def test_thinking_goes_first() -> None:
    spoken = answer(call("a"), content="So.", thinking_blocks=[THOUGHT, REDACTED], reasoning_content="Hm.")
    assert turns(*HELLO, spoken)[1] == assistant(THOUGHT, REDACTED, said("So."), used("a"))


def test_thinking_without_a_signature_is_left_out() -> None:
    unsigned = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "thinking", "thinking": "Hm.", "signature": ""},
    ]
    assert turns(*HELLO, answer(content="So.", thinking_blocks=unsigned))[1] == assistant(said("So."))


def test_thinking_that_is_in_the_content_is_not_repeated() -> None:
    spoken = {"role": "assistant", "content": [said("So."), THOUGHT], "thinking_blocks": [THOUGHT]}
    assert turns(*HELLO, spoken)[1] == assistant(said("So."), THOUGHT)


def searched(number: int) -> tuple[JSON, JSON]:
    name = f"srvtoolu_{number}"
    ran = {"type": "server_tool_use", "id": name, "name": "web_search", "input": {"query": "sky"}}
    return ran, {"type": "web_search_tool_result", "tool_use_id": name, "content": []}


def test_each_call_that_anthropic_ran_goes_before_its_result() -> None:
    (first, found), (second, found_too) = searched(1), searched(2)
    fields = {"server_tool_use": [first, second], "web_search_results": [found, found_too]}
    spoken = answer(content="So.", provider_specific_fields=fields)
    assert turns(*HELLO, spoken)[1] == assistant(first, found, second, found_too, said("So."))


def test_thinking_is_put_between_such_calls() -> None:
    (first, found), (second, found_too) = searched(1), searched(2)
    fields = {"server_tool_use": [first, second], "tool_results": [found, found_too]}
    spoken = answer(content="So.", provider_specific_fields=fields, thinking_blocks=[THOUGHT, REDACTED])
    assert turns(*HELLO, spoken)[1] == assistant(
        THOUGHT, first, found, REDACTED, second, found_too, said("So.")
    )


def test_such_a_call_without_a_result_yet_goes_back_alone() -> None:
    ran, _ = searched(1)
    spoken = answer(call("a"), provider_specific_fields={"server_tool_use": [ran]})
    assert turns(*HELLO, spoken)[1] == assistant(ran, used("a"))


def test_litellm_s_way_to_keep_such_a_call_is_understood() -> None:
    ran, found = searched(1)
    kept = call("srvtoolu_1", "web_search", '{"query": "sky"}')
    spoken = answer(kept, content="So.", provider_specific_fields={"web_search_results": [found]})
    assert turns(*HELLO, spoken)[1] == assistant(ran, found, said("So."))


def test_a_compaction_goes_before_everything() -> None:
    summary = {"type": "compaction", "content": "So far: hello."}
    fields = {"compaction_blocks": [summary]}
    spoken = answer(content="So.", provider_specific_fields=fields, thinking_blocks=[THOUGHT])
    assert turns(*HELLO, spoken)[1] == assistant(summary, THOUGHT, said("So."))


def test_a_response_s_own_message_can_go_back_as_it_came() -> None:
    ran, found = searched(1)
    content = [THOUGHT, ran, found, said("So."), used("toolu_1", caller={"type": "direct"})]
    response = response_from_anthropic({"id": "msg_1", "content": content, "stop_reason": "tool_use"})
    assert turns(*HELLO, response.choices[0].message)[1] == assistant(*content)
