"""Converse's content blocks as the deltas of chunks."""

from __future__ import annotations

from base64 import b64encode

import pytest
from tests.providers.bedrock.events import (
    block,
    calls,
    content,
    delta,
    deltas,
    event,
    kept,
    reasoning,
    run,
    stop,
    text,
    tool,
)

from unspool.providers.json_events import JSON

CITATION = {"title": "policy", "sourceContent": [{"text": "20 days"}], "location": {"web": {"url": "u"}}}


# -- text ---------------------------------------------------------------------------------------------


def test_text_needs_no_start() -> None:
    assert [each.content for each in deltas(*text("Hel", "lo"))] == ["Hel", "lo"]


def test_empty_text_says_nothing() -> None:
    assert deltas(*text("")) == []


def test_a_stop_without_a_block_says_nothing() -> None:
    assert run(event("contentBlockStop", contentBlockIndex=9)) == []


def test_citations_come_as_they_are_and_then_with_the_text_that_they_support() -> None:
    said = block({"text": "20 days"}, {"citation": CITATION}, {"text": " a year"})

    fields = [each.provider_specific_fields for each in deltas(*said)]

    whole = [{**CITATION, "supported_text": "20 days a year"}]
    assert fields == [None, {"citation": CITATION}, None, {"citations": [whole]}]


def test_citations_of_a_later_block_are_added() -> None:
    first, second = (block({"text": name}, {"citation": CITATION}, index=i) for i, name in enumerate("ab"))
    supported = [[each["supported_text"] for each in cited] for cited in kept(*first, *second)["citations"]]
    assert supported == [["a"], ["b"]]


# -- reasoning ----------------------------------------------------------------------------------------


def test_reasoning_is_reasoning_content_and_thinking_blocks() -> None:
    thought, signed = deltas(*reasoning({"text": "Well"}, {"signature": "sig"}))
    assert (thought.reasoning_content, thought.content) == ("Well", None)
    assert thought.thinking_blocks == [{"type": "thinking", "thinking": "Well"}]
    assert signed.reasoning_content == ""
    assert signed.thinking_blocks == [{"type": "thinking", "thinking": "", "signature": "sig"}]


def test_redacted_reasoning_is_a_thinking_block() -> None:
    (redacted,) = deltas(*reasoning({"redactedContent": "c2VjcmV0"}))
    assert redacted.reasoning_content == ""
    assert redacted.thinking_blocks == [{"type": "redacted_thinking", "data": "c2VjcmV0"}]


def test_redacted_reasoning_may_be_in_the_start() -> None:
    (redacted,) = deltas(*block(start={"reasoningContent": {"redactedContent": "c2VjcmV0"}}))
    assert redacted.thinking_blocks == [{"type": "redacted_thinking", "data": "c2VjcmV0"}]


# -- tools --------------------------------------------------------------------------------------------


def test_a_tool_use_is_a_call() -> None:
    assert calls(*tool("look", '{"at"', ': "sky"}')) == [
        (0, "tooluse_look", "look", ""),
        (0, None, None, '{"at"'),
        (0, None, None, ': "sky"}'),
    ]


@pytest.mark.parametrize("pieces", [[], [""]])
def test_a_call_without_arguments_has_an_empty_object(pieces: list[str]) -> None:
    assert calls(*tool("ping", *pieces), stop("tool_use"))[1:] == [(0, None, None, "{}")]


def test_a_call_that_max_tokens_cuts_before_its_arguments_has_none() -> None:
    assert calls(*tool("ping"), stop("max_tokens"))[1:] == []


def test_redacted_reasoning_in_pieces_is_one_block() -> None:
    pieces = [{"redactedContent": b64encode(piece).decode()} for piece in (b"abcd", b"efg")]
    (redacted,) = deltas(*reasoning(*pieces))
    assert redacted.thinking_blocks == [{"type": "redacted_thinking", "data": b64encode(b"abcdefg").decode()}]


def test_reasoning_that_is_sent_again_with_its_signature_is_not_repeated() -> None:
    whole = "I think that it may rain."
    found = deltas(*reasoning({"text": whole[:8]}, {"text": whole[8:]}, {"text": whole, "signature": "sig"}))
    assert "".join(delta.reasoning_content or "" for delta in found) == whole
    assert found[-1].thinking_blocks == [{"type": "thinking", "thinking": "", "signature": "sig"}]


def test_a_delta_of_another_index_goes_to_the_open_block_of_its_kind() -> None:
    opened, _, closed = tool("look", "{}")
    stray = delta(5, toolUse={"input": "{}"})
    assert calls(opened, stray, closed)[1:] == [(0, None, None, "{}")]


def test_calls_are_numbered_through_the_stream() -> None:
    events = [*text("I'll look."), *tool("a", "{}", index=1), *tool("b", "{}", index=4)]
    assert {name: index for index, _, name, _ in calls(*events) if name} == {"a": 0, "b": 1}


def test_input_without_a_start_is_a_call_of_nobody_s() -> None:
    assert calls(delta(3, toolUse={"input": "{}"})) == [(0, None, None, "{}")]


def test_what_the_server_ran_is_no_call_but_kept() -> None:
    ran = tool("code", '{"snippet"', ': "1+1"}', type="server_tool_use")
    assert calls(*ran) == []
    assert kept(*ran)["server_tool_use"] == [
        {"toolUseId": "tooluse_code", "name": "code", "type": "server_tool_use", "input": {"snippet": "1+1"}}
    ]


def test_a_tool_s_result_is_kept_whole() -> None:
    started = {"toolResult": {"toolUseId": "tooluse_code", "type": "code_result", "status": "success"}}
    parts: list[JSON] = [{"json": {"exitCode": 0}}, {"text": "done"}]
    result = block({"toolResult": parts[:1]}, {"toolResult": parts[1:]}, start=started)
    assert kept(*result) == {"tool_results": [{**started["toolResult"], "content": parts}]}


# -- whatever else ------------------------------------------------------------------------------------


def test_a_block_of_another_kind_is_kept_whole() -> None:
    start: JSON = {"image": {"format": "png"}}
    pieces: list[JSON] = [{"image": {"source": {"bytes": "aQ=="}}}, {"image": {"source": {"bytes": "bQ=="}}}]
    assert kept(*block(*pieces, start=start)) == {"other_blocks": [{**start, "deltas": pieces}]}


def test_a_delta_of_another_kind_is_kept_beside_the_text() -> None:
    said = block({"text": "Hi"}, {"hologram": 1, "light": 2})
    assert content(*said) == "Hi"
    assert kept(*said) == {"other_blocks": [{"deltas": [{"hologram": 1, "light": 2}]}]}


def test_a_list_grows_in_a_new_object() -> None:
    first, second = (tool(name, "{}", index=i, type="server_tool_use") for i, name in enumerate("ab"))
    lists = [each.provider_specific_fields["server_tool_use"] for each in deltas(*first, *second)]
    assert [len(each) for each in lists] == [1, 2]
