"""Anthropic's stream events as chunks, and its whole messages as responses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.errors import (
    APIResponseValidationError,
    InternalServerError,
    MalformedEventError,
    NotFoundError,
    RateLimitError,
)
from unspool.models import Delta, ModelResponseStream
from unspool.pipeline import Chain
from unspool.providers.anthropic import AnthropicNormalizer, response_from_anthropic
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED, SSEDecoder, encode_sse

JSON = dict[str, Any]

USAGE = {"input_tokens": 12, "output_tokens": 1}


def event(kind: str, **fields: Any) -> WireEvent:
    return WireEvent(name=kind, data=json.dumps({"type": kind, **fields}))


def start(**fields: Any) -> WireEvent:
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test", "content": []}
    return event("message_start", message={**message, "stop_reason": None, "usage": USAGE, **fields})


def block(content: JSON, *deltas: JSON, index: int = 0) -> list[WireEvent]:
    return [
        event("content_block_start", index=index, content_block=content),
        *(event("content_block_delta", index=index, delta=delta) for delta in deltas),
        event("content_block_stop", index=index),
    ]


def text(*pieces: str, index: int = 0) -> list[WireEvent]:
    deltas = [{"type": "text_delta", "text": piece} for piece in pieces]
    return block({"type": "text", "text": ""}, *deltas, index=index)


def tool(
    name: str, *pieces: str, index: int = 0, given: JSON | None = None, **fields: Any
) -> list[WireEvent]:
    deltas = [{"type": "input_json_delta", "partial_json": piece} for piece in pieces]
    called = {"type": "tool_use", "id": f"toolu_{name}", "name": name, "input": given or {}, **fields}
    return block(called, *deltas, index=index)


def end(stop_reason: str | None = "end_turn", usage: JSON | None = None, **delta: Any) -> list[WireEvent]:
    stopped = {"stop_reason": stop_reason, "stop_sequence": None, **delta}
    reported = {"output_tokens": 5} if usage is None else usage
    return [event("message_delta", delta=stopped, usage=reported), event("message_stop")]


def run(*events: WireEvent, normalizer: AnthropicNormalizer | None = None) -> list[ModelResponseStream]:
    stage = normalizer or AnthropicNormalizer()
    return [chunk for each in events for chunk in stage.feed(each)] + list(stage.flush())


def deltas(*events: WireEvent) -> list[Delta]:
    """Those that say something."""
    said = [chunk.choices[0].delta for chunk in run(*events)]
    return [delta for delta in said if delta.model_dump(exclude_none=True)]


def calls(*events: WireEvent) -> list[tuple[int, str | None, str | None, str]]:
    fragments = [call for delta in deltas(*events) for call in delta.tool_calls or []]
    return [(call.index, call.id, call.function.name, call.function.arguments) for call in fragments]


def kept(*events: WireEvent) -> JSON:
    """All `provider_specific_fields`, a later one in place of an earlier one."""
    found: JSON = {}
    for delta in deltas(*events):
        found |= delta.provider_specific_fields or {}
    return found


def as_bytes(*events: WireEvent) -> bytes:
    return b"".join(encode_sse(each, newline="\r\n") for each in events)


# -- the message --------------------------------------------------------------------------------------


def test_id_model_and_created_are_on_every_chunk() -> None:
    chunks = run(start(), *text("Hi"), *end(), normalizer=AnthropicNormalizer(created=7))
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {("msg_1", "claude-test", 7)}


def test_text_becomes_content() -> None:
    assert [delta.content for delta in deltas(start(), *text("Hel", "lo"), *end())] == ["Hel", "lo"]


def test_text_in_the_start_of_its_block_counts() -> None:
    opened = block({"type": "text", "text": "Al"}, {"type": "text_delta", "text": "so"})
    assert [delta.content for delta in deltas(start(), *opened)] == ["Al", "so"]


def test_an_empty_delta_gives_no_chunk() -> None:
    assert len(run(start(), *text(""))) == 1


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("refusal", "content_filter"),
    ],
)
def test_the_stop_reason_is_mapped(stop_reason: str, finish_reason: str) -> None:
    last = run(start(), *end(stop_reason))[-1].choices[0]
    assert last.finish_reason == finish_reason
    assert last.provider_specific_fields == {"native_finish_reason": stop_reason}


def test_a_message_delta_without_a_stop_reason_does_not_finish() -> None:
    chunks = run(start(), *end(None))
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None]


def test_what_the_end_says_comes_in_a_chunk_of_its_own_before_it() -> None:
    details = {"type": "refusal", "category": "cyber"}
    ended = event(
        "message_delta",
        delta={
            "stop_reason": "stop_sequence",
            "stop_sequence": "END",
            "stop_details": details,
            "container": None,
        },
        context_management={"applied_edits": []},
        container=None,
    )

    *_, fields, finish = run(start(), ended)

    assert fields.choices[0].delta.provider_specific_fields == {
        "stop_sequence": "END",
        "stop_details": details,
        "context_management": {"applied_edits": []},
    }
    assert finish.choices[0].delta.provider_specific_fields is None


def test_the_type_is_the_json_s_rather_than_the_event_s() -> None:
    unnamed = [WireEvent(data=each.data) for each in (start(), *text("Hi"))]
    assert [delta.content for delta in deltas(*unnamed)] == ["Hi"]


def test_json_without_a_type_takes_the_event_s_name() -> None:
    delta = {"index": 0, "delta": {"type": "text_delta", "text": "Hi"}}
    assert deltas(WireEvent(name="content_block_delta", data=json.dumps(delta)))[0].content == "Hi"


@pytest.mark.parametrize(
    "ignored",
    [
        event("ping"),
        event("message_stop"),
        event("content_block_hologram", index=0),
        event("content_block_delta", index=0, delta={"type": "hologram_delta", "light": 1}),
        event("content_block_stop", index=9),
        WireEvent(name="data", data="[DONE]"),
        WireEvent(data=""),
        WireEvent(name=IGNORED, data="retrying: soon"),
    ],
)
def test_what_says_nothing_is_ignored(ignored: WireEvent) -> None:
    assert [delta.content for delta in deltas(start(), ignored, *text("Hi"))] == ["Hi"]


# -- several messages in one stream -------------------------------------------------------------------


def test_a_repeated_message_start_changes_nothing() -> None:
    once, twice = run(start(), *text("Hi"), *end()), run(start(), start(), *text("Hi"), *end())
    assert twice[1:] == once


def test_a_second_message_has_its_own_id_and_usage() -> None:
    second = start(id="msg_2", usage={"input_tokens": 30, "output_tokens": 1})
    last = run(start(usage={**USAGE, "cache_read_input_tokens": 9}), *end(), second, *end())[-1]
    assert (last.id, last.usage.prompt_tokens) == ("msg_2", 30)


def test_tool_calls_are_numbered_through_all_messages() -> None:
    first, second = tool("a", "{}"), tool("b", "{}")
    assert {
        name: index for index, _, name, _ in calls(start(), *first, *end(), start(), *second) if name
    } == {
        "a": 0,
        "b": 1,
    }


def test_a_message_that_came_whole_in_its_start_is_told_like_any_other() -> None:
    content = [
        {"type": "text", "text": "Again."},
        {"type": "tool_use", "id": "toolu_1", "name": "roll", "input": {"sides": 6}},
    ]

    whole = start(content=content, stop_reason="tool_use", container={"id": "box"})

    assert calls(whole) == [(0, "toolu_1", "roll", ""), (0, None, None, '{"sides": 6}')]
    assert deltas(whole)[0].content == "Again."
    assert kept(whole) == {"container": {"id": "box"}}
    assert run(whole)[-1].choices[0].finish_reason == "tool_calls"


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
    assert calls(start(), *tool("now", ""))[-1] == (0, None, None, "{}")


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


def thinking(*pieces: str, signature: str = "sig") -> list[WireEvent]:
    said = [{"type": "thinking_delta", "thinking": piece} for piece in pieces]
    signed = {"type": "signature_delta", "signature": signature}
    return block({"type": "thinking", "thinking": "", "signature": ""}, *said, signed)


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

CITATION = {"type": "char_location", "cited_text": "It is.", "document_index": 0}


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


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("web_search_tool_result", "web_search_results"),
        ("web_fetch_tool_result", "web_search_results"),
        ("bash_code_execution_tool_result", "tool_results"),
        ("tool_search_tool_result", "tool_results"),
        ("mcp_tool_result", "tool_results"),
        ("compaction", "compaction_blocks"),
        ("fallback", "other_blocks"),
        ("hologram", "other_blocks"),
    ],
)
def test_a_block_without_a_place_in_openai_s_shape_is_kept_as_it_is(kind: str, name: str) -> None:
    content = {"type": kind, "tool_use_id": "srvtoolu_1", "content": [{"type": "x", "data": "…"}]}
    assert kept(start(), *block(content)) == {name: [content]}


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


def test_after_a_fallback_the_model_is_the_one_that_stepped_in() -> None:
    switch = block({"type": "fallback", "from": {"model": "claude-test"}, "to": {"model": "claude-other"}})
    assert [chunk.model for chunk in run(start(), *switch, *text("Hi", index=1))] == [
        "claude-test",
        "claude-other",
        "claude-other",
    ]


def test_a_block_that_was_cut_off_is_not_offered() -> None:
    assert kept(start(), *block({"type": "compaction", "content": None})[:-1]) == {}


# -- usage --------------------------------------------------------------------------------------------


def usages(started: JSON, ended: JSON, *between: WireEvent) -> list[JSON]:
    chunks = run(start(usage=started), *between, *end(usage=ended))
    return [chunk.usage.model_dump(exclude_none=True) for chunk in chunks if "usage" in chunk]


def test_usage_comes_first_as_far_as_known_and_complete_at_the_end() -> None:
    first, last = usages({"input_tokens": 12, "output_tokens": 1}, {"output_tokens": 40})
    assert (first["prompt_tokens"], first["completion_tokens"]) == (12, 1)
    assert (last["prompt_tokens"], last["completion_tokens"], last["total_tokens"]) == (12, 40, 52)


def test_the_prompt_includes_what_was_cached() -> None:
    counts = {"input_tokens": 10, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 3000}
    last = usages({**counts, "output_tokens": 1}, {"output_tokens": 5})[-1]

    assert last["prompt_tokens"] == 3210
    assert (last["cache_creation_input_tokens"], last["cache_read_input_tokens"]) == (200, 3000)
    assert last["prompt_tokens_details"] == {
        "text_tokens": 10,
        "cached_tokens": 3000,
        "cache_creation_tokens": 200,
    }


def test_the_end_s_counts_replace_those_of_the_start() -> None:
    assert (
        usages({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 32, "output_tokens": 16})[-1][
            "total_tokens"
        ]
        == 48
    )


def test_a_null_replaces_nothing() -> None:
    last = usages(
        {"input_tokens": 12, "service_tier": "standard"}, {"output_tokens": 5, "service_tier": None}
    )[-1]
    assert (last["prompt_tokens"], last["service_tier"]) == (12, "standard")


def test_other_counters_stay_as_they_were_sent() -> None:
    written = {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 0}
    extra = {"cache_creation": written, "inference_geo": "eu", "speed": "fast", "cost": 0.25}
    last = usages({"input_tokens": 1, **extra}, {"output_tokens": 5})[-1]

    assert {key: last[key] for key in extra} == extra
    assert last["prompt_tokens_details"]["cache_creation_token_details"] == written


def test_server_tool_use_can_be_read_by_attribute() -> None:
    counted = {"output_tokens": 5, "server_tool_use": {"web_search_requests": 2}}
    last = run(start(), *end(usage=counted))[-1]
    assert last.usage.server_tool_use.web_search_requests == 2


def test_the_passes_of_one_message_are_added_up() -> None:
    passes = [
        {"type": "compaction", "input_tokens": 900, "output_tokens": 50},
        {"type": "message", "input_tokens": 30, "output_tokens": 5, "cache_read_input_tokens": 2},
    ]
    last = usages(USAGE, {"input_tokens": 30, "output_tokens": 5, "iterations": passes})[-1]

    assert (last["prompt_tokens"], last["completion_tokens"]) == (932, 55)
    assert last["iterations"] == passes


def test_reported_thinking_tokens_are_reasoning_tokens() -> None:
    reported = {"output_tokens": 50, "output_tokens_details": {"thinking_tokens": 30}}
    last = usages(USAGE, reported, *thinking("Hm."))[-1]
    assert last["completion_tokens_details"] == {"reasoning_tokens": 30, "text_tokens": 20}


def test_without_thinking_all_tokens_are_text() -> None:
    last = usages(USAGE, {"output_tokens": 50}, *text("Hi"))[-1]
    assert last["completion_tokens_details"] == {"reasoning_tokens": 0, "text_tokens": 50}


def test_thinking_tokens_that_nobody_reported_are_not_guessed() -> None:
    assert "completion_tokens_details" not in usages(USAGE, {"output_tokens": 50}, *thinking("Hm."))[-1]


def test_the_first_usage_does_not_say_yet_that_there_is_no_thinking() -> None:
    assert "completion_tokens_details" not in usages(USAGE, {"output_tokens": 50})[0]


def test_a_stream_without_usage_has_none() -> None:
    chunks = run(start(usage=None), event("message_delta", delta={"stop_reason": "end_turn"}))
    assert ["usage" in chunk for chunk in chunks] == [False, False]


# -- errors -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", InternalServerError),
        ("api_error", InternalServerError),
        ("rate_limit_error", RateLimitError),
        ("not_found_error", NotFoundError),
    ],
)
def test_an_error_event_is_raised(kind: str, expected: type[Exception]) -> None:
    failed = event("error", error={"type": kind, "message": "No luck today"})

    with pytest.raises(expected, match="No luck today") as caught:
        run(start(), failed)

    assert (caught.value.llm_provider, caught.value.model) == ("anthropic", "claude-test")


def test_what_came_before_an_error_in_the_same_read_is_delivered() -> None:
    failed = event("error", error={"type": "api_error", "message": "No luck today"})
    chunks = Chain(SSEDecoder(), AnthropicNormalizer()).feed(as_bytes(start(), *text("Hi"), failed))

    assert [next(chunks).choices[0].delta.content for _ in range(2)] == [None, "Hi"]
    with pytest.raises(InternalServerError):
        next(chunks)


@pytest.mark.parametrize(
    "report",
    [
        WireEvent(data='{"error": {"type": "overloaded_error", "message": "busy"}}'),
        WireEvent(name=IGNORED, data='{"error": {"type": "overloaded_error", "message": "busy"}}'),
    ],
)
def test_an_error_in_another_envelope_is_raised_too(report: WireEvent) -> None:
    with pytest.raises(InternalServerError, match="busy"):
        run(start(), report)


@pytest.mark.parametrize("data", ['{"type": "message_st', "[]", '"text"'])
def test_a_whole_event_that_is_no_json_object_is_an_error(data: str) -> None:
    with pytest.raises(MalformedEventError) as caught:
        run(WireEvent(name="message_start", data=data))
    assert caught.value.data == data


def test_a_last_event_that_was_cut_off_is_passed_over() -> None:
    whole = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "lost"})
    cut = WireEvent(name=whole.name, data=whole.data[:-9], complete=False)
    assert [delta.content for delta in deltas(start(), *text("Hi")[:-1], cut)] == ["Hi"]


def test_a_last_event_that_only_lacks_its_blank_line_counts() -> None:
    last = event("content_block_delta", index=0, delta={"type": "text_delta", "text": "kept"})
    unclosed = WireEvent(name=last.name, data=last.data, complete=False)
    assert [delta.content for delta in deltas(start(), unclosed)] == ["kept"]


@pytest.mark.parametrize(
    "misshapen",
    [
        event("message_start", message="hello"),
        event("content_block_start", index="first", content_block={"type": "text"}),
        event("content_block_start", index=0, content_block={"type": "text", "citations": "none"}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": 5}),
        event("content_block_delta", index=0, delta=["text_delta"]),
        event("message_delta", delta={}, usage=7),
    ],
)
def test_an_event_of_another_shape_than_documented_is_an_error(misshapen: WireEvent) -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented") as caught:
        run(misshapen)
    assert caught.value.data == misshapen.data


# -- the whole message --------------------------------------------------------------------------------

SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "sky"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": [{"title": "Sky"}]}
CALL = {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {"at": "the sky"}}
THOUGHT = {"type": "thinking", "thinking": "Blue, I think.", "signature": "sig"}
SAID = {"type": "text", "text": "It is blue."}

MESSAGES = {
    "nothing": [],
    "a search alone": [SEARCH, FOUND],
    "thinking alone": [THOUGHT],
    "text": [SAID],
    "several texts": [SAID, {"type": "text", "text": " Very."}],
    "calls": [CALL, {**CALL, "id": "toolu_2", "input": {}}],
    "a call after text": [SAID, {**CALL, "caller": {"type": "direct"}}],
    "thinking": [THOUGHT, {"type": "redacted_thinking", "data": "c2Vj"}, SAID],
    "citations": [{**SAID, "citations": [CITATION]}, SAID, {**SAID, "citations": [CITATION, CITATION]}],
    "a search": [THOUGHT, SEARCH, FOUND, SAID],
    "others": [{"type": "compaction", "content": "So far: hello."}, {"type": "hologram", "light": 1}, SAID],
    "everything": [THOUGHT, SEARCH, FOUND, {**SAID, "citations": [CITATION]}, CALL],
}


def message(content: list[JSON], **fields: Any) -> JSON:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "cache_read_input_tokens": 3, "output_tokens": 40},
        **fields,
    }


def streamed(body: JSON) -> Iterator[WireEvent]:
    """The events in which Anthropic would have sent this message."""
    yield start(id=body["id"], model=body["model"], usage={**body["usage"], "output_tokens": 1})
    for index, content in enumerate(body["content"]):
        yield from block(*_in_pieces(content), index=index)
    ended = {
        key: body[key] for key in ("stop_reason", "stop_sequence", "stop_details", "container") if key in body
    }
    yield event("message_delta", delta=ended, usage={"output_tokens": body["usage"]["output_tokens"]})
    yield event("message_stop")


def _in_pieces(content: JSON) -> tuple[JSON, ...]:
    """The block as its start has it, then its deltas."""
    if content["type"] == "text":
        quoted = [{"type": "citations_delta", "citation": each} for each in content.get("citations", ())]
        said = [{"type": "text_delta", "text": piece} for piece in _cut(content["text"])]
        return ({"type": "text", "text": ""}, *quoted, *said)
    if content["type"] == "thinking":
        thought = [{"type": "thinking_delta", "thinking": piece} for piece in _cut(content["thinking"])]
        signed = {"type": "signature_delta", "signature": content["signature"]}
        return ({"type": "thinking", "thinking": "", "signature": ""}, *thought, signed)
    if "input" in content:
        given = _cut(json.dumps(content["input"])) if content["input"] else []
        typed = [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *given]]
        return ({**content, "input": {}}, *typed)
    return (content,)


def _cut(whole: str) -> list[str]:
    return [whole[at : at + 5] for at in range(0, len(whole), 5)]


@pytest.mark.parametrize("content", MESSAGES.values(), ids=MESSAGES)
def test_a_rebuilt_stream_equals_the_whole_message(content: list[JSON]) -> None:
    body = message(content, container={"id": "box"})
    rebuilt = stream_chunk_builder(run(*streamed(body)))
    assert rebuilt is not None
    assert rebuilt.model_dump() == response_from_anthropic(body, created=0).model_dump()


def test_a_stream_cut_anywhere_by_the_network_says_the_same() -> None:
    body = b"".join(
        f"event: {each.name}\r\ndata: {each.data}\r\n\r\n".encode()
        for each in streamed(message(MESSAGES["everything"]))
    )
    whole, cut = (Chain(SSEDecoder(), AnthropicNormalizer()) for _ in range(2))

    at_once = [*whole.feed(body), *whole.flush()]
    in_bytes = [chunk for byte in body for chunk in cut.feed(bytes([byte]))] + list(cut.flush())

    assert in_bytes == at_once


def test_a_whole_message_says_when_it_was_made_if_told() -> None:
    assert response_from_anthropic(message([SAID]), created=7).created == 7


def test_a_message_of_calls_alone_has_no_content() -> None:
    assert response_from_anthropic(message([CALL])).choices[0].message.content is None


def test_a_whole_message_without_usage_has_none() -> None:
    assert "usage" not in response_from_anthropic(message([SAID], usage=None))


def test_an_error_body_is_raised() -> None:
    body = {"type": "error", "error": {"type": "not_found_error", "message": "model: claude-nope"}}
    with pytest.raises(NotFoundError, match="claude-nope"):
        response_from_anthropic(body)


@pytest.mark.parametrize("body", [{}, {"content": "Hi"}, {"content": [{"type": "text", "text": 5}]}])
def test_a_body_that_is_no_message_is_an_error(body: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match="isn't shaped as documented"):
        response_from_anthropic(body)
