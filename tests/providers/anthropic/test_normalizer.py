"""Anthropic's events as chunks: the message around its blocks, and errors."""

from __future__ import annotations

import json

import pytest
from tests.providers.anthropic.events import (
    USAGE,
    block,
    calls,
    deltas,
    end,
    event,
    kept,
    run,
    start,
    text,
    tool,
    usages,
)

from unspool.errors import InternalServerError, MalformedEventError, NotFoundError, RateLimitError
from unspool.pipeline import Chain
from unspool.providers.anthropic import AnthropicNormalizer
from unspool.wire.event import WireEvent
from unspool.wire.sse import IGNORED, SSEDecoder, encode_sse


def test_id_model_and_created_are_on_every_chunk() -> None:
    chunks = run(start(), *text("Hi"), *end(), normalizer=AnthropicNormalizer(created=7))
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {("msg_1", "claude-test", 7)}


def test_whom_a_gateway_asked_is_kept() -> None:
    assert kept(start(provider="Somebody"), *end()) == {"provider": "Somebody"}


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


def test_after_a_fallback_the_model_is_the_one_that_stepped_in() -> None:
    switch = block({"type": "fallback", "from": {"model": "claude-test"}, "to": {"model": "claude-other"}})
    assert [chunk.model for chunk in run(start(), *switch, *text("Hi", index=1))] == [
        "claude-test",
        "claude-other",
        "claude-other",
    ]


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
    found = calls(start(), *first, *end(), start(), *second)
    assert {name: index for index, _, name, _ in found if name} == {"a": 0, "b": 1}


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


# -- when usage comes ---------------------------------------------------------------------------------


def test_usage_comes_first_as_far_as_known_and_complete_at_the_end() -> None:
    first, last = usages({"input_tokens": 12, "output_tokens": 1}, {"output_tokens": 40})
    assert (first["prompt_tokens"], first["completion_tokens"]) == (12, 1)
    assert (last["prompt_tokens"], last["completion_tokens"], last["total_tokens"]) == (12, 40, 52)


def test_the_first_usage_does_not_say_yet_that_there_is_no_thinking() -> None:
    assert "completion_tokens_details" not in usages(USAGE, {"output_tokens": 50})[0]


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


def test_a_stream_without_usage_has_none() -> None:
    chunks = run(start(usage=None), event("message_delta", delta={"stop_reason": "end_turn"}))
    assert ["usage" in chunk for chunk in chunks] == [False, False]


# -- errors -------------------------------------------------------------------------------------------


def as_bytes(*events: WireEvent) -> bytes:
    return b"".join(encode_sse(each, newline="\r\n") for each in events)


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
