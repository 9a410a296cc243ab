"""What the blocks of a stream say while they are open."""

from __future__ import annotations

import pytest
from tests.providers.anthropic.events import (
    CITATION,
    block,
    calls,
    deltas,
    end,
    event,
    kept,
    run,
    start,
    text,
    thinking,
    tool,
)

from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

# -- text ---------------------------------------------------------------------------------------------


def test_text_becomes_content() -> None:
    assert [delta.content for delta in deltas(start(), *text("Hel", "lo"), *end())] == ["Hel", "lo"]


def test_text_in_the_start_of_its_block_counts() -> None:
    opened = block({"type": "text", "text": "Al"}, {"type": "text_delta", "text": "so"})
    assert [delta.content for delta in deltas(start(), *opened)] == ["Al", "so"]


def test_an_empty_delta_gives_no_chunk() -> None:
    assert len(run(start(), *text(""))) == 1


# -- tool calls ---------------------------------------------------------------------------------------


def test_a_tool_call_starts_with_id_and_name_and_goes_on_with_arguments() -> None:
    assert calls(start(), *tool("look", "", '{"q"', ": 1}")) == [
        (0, "toolu_look", "look", ""),
        (0, None, None, ""),
        (0, None, None, '{"q"'),
        (0, None, None, ": 1}"),
    ]


def test_tool_calls_are_counted_not_blocks() -> None:
    streamed = [
        *text("First", index=0),
        *tool("a", "{}", index=1),
        *text("then", index=2),
        *tool("b", "{}", index=3),
    ]
    assert [index for index, _, name, _ in calls(start(), *streamed) if name] == [0, 1]


def test_fragments_of_interleaved_blocks_find_their_calls() -> None:
    (open_a, _, close_a), (open_b, _, close_b) = tool("a", "", index=0), tool("b", "", index=1)
    piece = {"type": "input_json_delta", "partial_json": "{}"}
    to_a, to_b = (event("content_block_delta", index=index, delta=piece) for index in (0, 1))

    found = calls(start(), open_a, open_b, to_b, to_a, close_a, close_b)

    assert [index for index, _, name, _ in found if name is None] == [1, 0]


def test_a_call_without_arguments_gets_an_empty_object_at_its_end() -> None:
    assert calls(start(), *tool("now", ""), *end("tool_use"))[-1] == (0, None, None, "{}")


def test_another_block_too_shows_that_a_call_without_arguments_is_whole() -> None:
    found = calls(start(), *tool("now"), *tool("then", "{}", index=1), *end("max_tokens"))
    assert found[1:3] == [(0, None, None, "{}"), (1, "toolu_then", "then", "")]


def test_a_call_that_max_tokens_cuts_before_its_arguments_has_none() -> None:
    assert calls(start(), *tool("now"), *end("max_tokens")) == [(0, "toolu_now", "now", "")]


def test_a_delta_of_another_index_goes_to_the_open_block_of_its_kind() -> None:
    opened, piece, closed = tool("look", "{}", index=1)
    stray = WireEvent(data=piece.data.replace('"index": 1', '"index": 7'))
    assert calls(start(), *text("Let me look."), opened, stray, closed)[-1] == (0, None, None, "{}")


def test_thinking_that_is_sent_again_with_its_signature_is_not_repeated() -> None:
    pieces = ["I think that ", "it may rain today."]
    again = {"type": "thinking_delta", "thinking": "".join(pieces), "signature": "sig"}
    said = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    found = deltas(start(), *block({"type": "thinking", "thinking": ""}, *said, again))
    assert "".join(delta.reasoning_content or "" for delta in found) == "".join(pieces)
    assert found[-1].thinking_blocks == [{"type": "thinking", "thinking": "", "signature": "sig"}]


def test_a_text_that_is_sent_again_as_a_whole_is_not_repeated() -> None:
    found = deltas(start(), *text("It may ", "rain today.", "It may rain today."))
    assert "".join(delta.content or "" for delta in found) == "It may rain today."


def test_a_compaction_in_several_deltas_is_one() -> None:
    pieces = [{"type": "compaction_delta", "content": piece} for piece in ("They spoke ", "of the sky.")]
    found = kept(start(), *block({"type": "compaction", "content": None}, *pieces))
    assert found["compaction_blocks"] == [{"type": "compaction", "content": "They spoke of the sky."}]


def test_input_in_the_start_of_a_call_counts_if_none_is_streamed() -> None:
    assert calls(start(), *tool("roll", input={"sides": 6}))[1:] == [(0, None, None, '{"sides": 6}')]


def test_input_that_is_streamed_goes_before_that_in_the_start() -> None:
    assert calls(start(), *tool("roll", '{"sides": 8}', input={"sides": 6}))[1:] == [
        (0, None, None, '{"sides": 8}')
    ]


def test_arguments_that_were_cut_off_are_left_as_they_are() -> None:
    begun = tool("look", '{"q": "wea')[:-1]
    assert calls(start(), *begun)[-1] == (0, None, None, '{"q": "wea')


def test_the_caller_of_a_call_stays_with_it() -> None:
    caller = {"type": "code_execution_20250825", "tool_id": "srvtoolu_1"}
    first = deltas(start(), *tool("roll", "{}", caller=caller))[0].tool_calls
    assert first is not None
    assert first[0].caller == caller


def test_arguments_for_no_call_are_dropped() -> None:
    stray = event("content_block_delta", index=4, delta={"type": "input_json_delta", "partial_json": "{}"})
    assert calls(start(), stray) == []


# -- thinking -----------------------------------------------------------------------------------------


def test_thinking_is_reasoning_and_a_thinking_block() -> None:
    first, second, _ = deltas(start(), *thinking("Let me ", "see."))
    assert [first.reasoning_content, second.reasoning_content] == ["Let me ", "see."]
    assert second.thinking_blocks == [{"type": "thinking", "thinking": "see."}]


def test_a_signature_comes_with_empty_reasoning() -> None:
    last = deltas(start(), *thinking("Hm."))[-1]
    assert last.reasoning_content == ""
    assert last.thinking_blocks == [{"type": "thinking", "thinking": "", "signature": "sig"}]


def test_thinking_in_the_start_of_its_block_counts() -> None:
    whole = block({"type": "thinking", "thinking": "Hm.", "signature": "sig"})
    assert deltas(start(), *whole)[0].thinking_blocks == [
        {"type": "thinking", "thinking": "Hm.", "signature": "sig"}
    ]


def test_redacted_thinking_is_a_thinking_block_with_empty_reasoning() -> None:
    secret = {"type": "redacted_thinking", "data": "c2VjcmV0"}
    (delta,) = deltas(start(), *block(secret))
    assert (delta.thinking_blocks, delta.reasoning_content) == ([secret], "")


# -- what OpenAI's shape has no place for -------------------------------------------------------------


def cited(*citations: JSON, index: int = 0, said: str = "So it is.") -> list[WireEvent]:
    quoted = [{"type": "citations_delta", "citation": each} for each in citations]
    return block({"type": "text", "text": ""}, *quoted, {"type": "text_delta", "text": said}, index=index)


def test_a_citation_comes_as_it_is_sent() -> None:
    assert deltas(start(), *cited(CITATION))[0].provider_specific_fields == {"citation": CITATION}


def test_the_citations_of_each_block_come_with_the_text_that_they_support() -> None:
    other = {**CITATION, "document_index": 1}
    streamed = [
        *cited(CITATION, index=0),
        *text(" And ", index=1),
        *cited(other, CITATION, index=2, said="more."),
    ]

    assert kept(start(), *streamed)["citations"] == [
        [{**CITATION, "supported_text": "So it is."}],
        [{**other, "supported_text": "more."}, {**CITATION, "supported_text": "more."}],
    ]


def test_citations_in_the_start_of_their_block_count() -> None:
    opened = block({"type": "text", "text": "Yes.", "citations": [CITATION]})
    assert kept(start(), *opened)["citations"] == [[{**CITATION, "supported_text": "Yes."}]]


@pytest.mark.parametrize("kind", ["server_tool_use", "mcp_tool_use"])
def test_a_call_that_anthropic_ran_is_no_tool_call(kind: str) -> None:
    ran = {"type": kind, "id": "srvtoolu_1", "name": "web_search", "input": {}}
    pieces = [{"type": "input_json_delta", "partial_json": piece} for piece in ("", '{"query"', ': "sky"}')]

    (only,) = deltas(start(), *block(ran, *pieces))

    assert only.tool_calls is None
    assert only.provider_specific_fields == {"server_tool_use": [{**ran, "input": {"query": "sky"}}]}


def test_the_input_of_such_a_call_stays_text_where_it_isn_t_json() -> None:
    ran = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    cut = {"type": "input_json_delta", "partial_json": '{"query": "sk'}
    assert kept(start(), *block(ran, cut))["server_tool_use"][0]["input"] == '{"query": "sk'


def test_each_list_holds_all_that_came_so_far() -> None:
    results = [{"type": "mcp_tool_result", "tool_use_id": f"mcptoolu_{number}"} for number in range(2)]
    first, second = deltas(start(), *block(results[0], index=0), *block(results[1], index=1))
    assert first.provider_specific_fields == {"tool_results": results[:1]}
    assert second.provider_specific_fields == {"tool_results": results}


def test_a_compaction_is_filled_by_its_delta() -> None:
    opened = {"type": "compaction", "content": None, "encrypted_content": None}
    delta = {"type": "compaction_delta", "content": "So far: hello.", "encrypted_content": "opaque"}
    assert kept(start(), *block(opened, delta)) == {
        "compaction_blocks": [
            {"type": "compaction", "content": "So far: hello.", "encrypted_content": "opaque"}
        ]
    }


def test_the_deltas_of_an_unknown_block_are_kept_with_it() -> None:
    pieces = [{"type": "hologram_delta", "light": light} for light in (1, 2)]
    assert kept(start(), *block({"type": "hologram"}, *pieces)) == {
        "other_blocks": [{"type": "hologram", "deltas": pieces}]
    }


def test_a_block_that_was_cut_off_is_not_offered() -> None:
    assert kept(start(), *block({"type": "compaction", "content": None})[:-1]) == {}
