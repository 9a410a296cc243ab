"""Converse's events as chunks: the message around its blocks."""

from __future__ import annotations

import json

import pytest
from tests.providers.bedrock.events import (
    START,
    deltas,
    event,
    finishes,
    kept,
    metadata,
    run,
    stop,
    text,
    tokens,
)

from unspool.errors import MalformedEventError
from unspool.providers.bedrock import BedrockConverseNormalizer
from unspool.wire.event import WireEvent


def test_the_chunks_have_the_time_that_was_given_and_no_name() -> None:
    chunks = run(START, *text("Hi"), stop(), metadata(), by=BedrockConverseNormalizer(created=7))
    assert {(chunk.id, chunk.model, chunk.created) for chunk in chunks} == {("", None, 7)}


def test_the_start_says_nothing() -> None:
    assert run(START) == []


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("malformed_model_output", "stop"),
        ("malformed_tool_use", "stop"),
        ("tool_use", "tool_calls"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("guardrail_intervened", "content_filter"),
        ("content_filtered", "content_filter"),
    ],
)
def test_the_stop_reason_is_mapped(
    stop_reason: str, finish_reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert finishes(stop(stop_reason)) == [finish_reason]
    assert not caplog.records


def test_usage_comes_after_the_finish_reason_with_the_metrics() -> None:
    finish, last = run(START, stop(), metadata())
    assert (finish.choices[0].finish_reason, "usage" in finish) == ("stop", False)
    assert last.usage.total_tokens == 17
    assert last.choices[0].delta.provider_specific_fields == {"metrics": {"latencyMs": 70}}


def test_a_guardrail_s_trace_is_kept() -> None:
    trace = {"guardrail": {"modelOutput": ["…"]}}
    assert kept(metadata(trace=trace, performanceConfig={"latency": "optimized"})) == {
        "metrics": {"latencyMs": 70},
        "trace": trace,
        "performanceConfig": {"latency": "optimized"},
    }


def test_what_is_empty_in_the_metadata_is_not_kept() -> None:
    assert kept(event("metadata", usage={}, metrics={}, trace={})) == {}


def test_the_service_tier_has_openai_s_place() -> None:
    assert run(metadata(serviceTier={"type": "flex"}))[0]["service_tier"] == "flex"


def test_metadata_without_usage_has_none() -> None:
    assert tokens(event("metadata", metrics={"latencyMs": 1})) == []


def test_fields_that_the_model_was_asked_for_come_before_the_finish_reason() -> None:
    fields, finish = run(stop(additionalModelResponseFields={"stop_sequence": "END"}))
    assert fields.choices[0].delta.provider_specific_fields == {
        "additionalModelResponseFields": {"stop_sequence": "END"}
    }
    assert finish.choices[0].finish_reason == "stop"


def test_an_event_that_is_not_known_is_kept_under_its_name() -> None:
    assert kept(event("hologram", light=1)) == {"hologram": {"light": 1}}


def test_an_event_without_a_payload_says_nothing() -> None:
    assert run(WireEvent(name="messageStart", data="", headers={":event-type": "messageStart"})) == []


@pytest.mark.parametrize("data", ['{"contentBlockIndex": ', "[]", '"text"'])
def test_an_event_that_is_no_json_object_is_an_error(data: str) -> None:
    with pytest.raises(MalformedEventError) as caught:
        run(WireEvent(name="contentBlockDelta", data=data))
    assert caught.value.data == data


@pytest.mark.parametrize(
    "misshapen",
    [
        event("contentBlockStart", contentBlockIndex=0, start="text"),
        event("contentBlockDelta", contentBlockIndex="first", delta={"text": "Hi"}),
        event("contentBlockDelta", contentBlockIndex=0, delta={"text": 5}),
        event("contentBlockDelta", contentBlockIndex=0, delta=["text"]),
        event("contentBlockDelta", contentBlockIndex=0, delta={"toolResult": "done"}),
        event("messageStop", stopReason=7),
        event("metadata", usage=7),
    ],
)
def test_an_event_of_another_shape_than_documented_is_an_error(misshapen: WireEvent) -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented") as caught:
        run(misshapen)
    assert caught.value.data == misshapen.data


def test_padding_is_dropped() -> None:
    assert "abcdef" not in json.dumps([delta.model_dump() for delta in deltas(*text("Hi"), metadata())])
