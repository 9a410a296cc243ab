"""Calls of functions and of custom tools: their numbers, their pieces, their wholes."""

from __future__ import annotations

import pytest
from tests.providers.openai.responses.events import (
    added,
    calls,
    custom_call,
    deltas,
    done,
    end,
    event,
    function_call,
    pieces,
    run,
    start,
)

from unspool.builder import stream_chunk_builder
from unspool.models import ChatCompletionMessageToolCall
from unspool.wire.event import WireEvent

LOOK = function_call("look", '{"at":"sky"}')
OPEN = added({**LOOK, "arguments": "", "status": "in_progress"})
WHOLES = {
    "the arguments": [
        OPEN,
        event("response.function_call_arguments.done", output_index=0, arguments=LOOK["arguments"]),
    ],
    "the item": [OPEN, done(LOOK)],
    "the item alone": [done(LOOK)],
    "the response alone": [end(LOOK)],
    "the item's start": [added(LOOK), done(LOOK)],
}


def arguments(*deltas: str, index: int = 0) -> list[WireEvent]:
    return pieces(*deltas, kind="function_call_arguments", output_index=index)


def whole_calls(*events: WireEvent) -> list[ChatCompletionMessageToolCall]:
    rebuilt = stream_chunk_builder(run(start(), *events, end()))
    assert rebuilt is not None
    return rebuilt.choices[0].message.tool_calls or []


def test_a_call_starts_with_id_and_name_and_goes_on_with_arguments() -> None:
    assert calls(OPEN, *arguments('{"at":', "", '"sky"}'), done(LOOK), end(LOOK)) == [
        (0, "call_look", "look", ""),
        (0, None, None, '{"at":'),
        (0, None, None, '"sky"}'),
    ]


@pytest.mark.parametrize("events", WHOLES.values(), ids=WHOLES)
def test_arguments_that_only_a_whole_tells_are_told(events: list[WireEvent]) -> None:
    (call,) = whole_calls(*events)
    assert (call.id, call.function.name, call.function.arguments) == ("call_look", "look", '{"at":"sky"}')


def test_calls_are_counted_and_not_items() -> None:
    other = function_call("other")
    found = calls(added({"type": "reasoning", "id": "rs_1"}), done(LOOK, 1), done(other, 3))
    assert [index for index, _, name, _ in found if name] == [0, 1]


def test_fragments_of_interleaved_calls_find_theirs() -> None:
    a, b = function_call("a", ""), function_call("b", "")
    found = calls(added(a, 1), added(b, 2), *arguments("{", index=2), *arguments("[", index=1))
    assert found[2:] == [(1, None, None, "{"), (0, None, None, "[")]


def test_a_call_without_call_id_has_its_items() -> None:
    assert calls(done({**LOOK, "call_id": None}))[0][1] == "fc_look"


def test_a_call_id_is_kept_even_if_the_server_only_counts() -> None:
    (call,) = whole_calls(done({**LOOK, "call_id": "call_0"}))
    assert call.id == "call_0"


def test_the_items_id_and_what_else_it_says_is_kept_with_the_call() -> None:
    (call,) = whole_calls(done({**LOOK, "namespace": "eyes", "caller": {"type": "direct"}}))
    assert call.provider_specific_fields == {
        "item_id": "fc_look",
        "namespace": "eyes",
        "caller": {"type": "direct"},
    }


def test_arguments_before_their_call_are_its_own() -> None:
    (call,) = whole_calls(*arguments('{"at":'), done(LOOK))
    assert (call.id, call.function.name, call.function.arguments) == ("call_look", "look", '{"at":"sky"}')


@pytest.mark.parametrize("streamed", [False, True])
def test_a_custom_call_has_text_for_input(*, streamed: bool) -> None:
    shell = custom_call("shell", "ls -l")
    told = [
        added({**shell, "input": ""}),
        *pieces("ls", kind="custom_tool_call_input"),
        event("response.custom_tool_call_input.done", output_index=0, input="ls -l"),
    ]
    (call,) = whole_calls(*(told if streamed else []), done(shell))
    assert (call.type, call.id) == ("custom", "call_shell")
    assert (call.custom.name, call.custom.input) == ("shell", "ls -l")


def test_a_calls_fragment_says_of_which_type_it_is() -> None:
    found = deltas(done(custom_call("shell", "ls"), 0), done(LOOK, 1))
    assert [delta.tool_calls[0].type for delta in found] == ["custom", "function"]
