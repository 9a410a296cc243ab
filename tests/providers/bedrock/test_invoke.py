"""InvokeModel's payloads as chunks: whose normalizer reads them, and what Bedrock adds."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest
from tests.providers.bedrock.events import (
    USAGE,
    content,
    event,
    finishes,
    kept,
    metrics,
    payload,
    run,
    tokens,
    usages,
)

from unspool.errors import MalformedEventError, RateLimitError
from unspool.providers.bedrock import BedrockInvokeNormalizer
from unspool.providers.json_events import JSON
from unspool.wire.event import WireEvent

ANTHROPIC: list[JSON] = [
    {
        "type": "message_start",
        "message": {"id": "msg_1", "model": "claude", "usage": {"input_tokens": 9, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop", **metrics()},
]
NOVA: list[JSON] = [
    {"messageStart": {"role": "assistant"}},
    {"contentBlockDelta": {"delta": {"text": "Hi"}, "contentBlockIndex": 0}},
    {"contentBlockStop": {"contentBlockIndex": 0}},
    {"messageStop": {"stopReason": "end_turn"}},
    {"metadata": {"usage": USAGE, "metrics": {}, "trace": {}}, **metrics()},
]
OPENAI: list[JSON] = [
    {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {"content": "Hi"}}]},
    {"id": "chatcmpl-1", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **metrics()},
]
ANTHROPIC_COMPLETE: list[JSON] = [
    {"completion": "Hi", "stop_reason": None, "stop": None},
    {"completion": "", "stop_reason": "stop_sequence", "stop": "\n\nHuman:", **metrics()},
]
TITAN: list[JSON] = [
    {"outputText": "Hi", "index": 0, "completionReason": "FINISH", **metrics()},
]
LLAMA: list[JSON] = [
    {"generation": "Hi", "prompt_token_count": 9, "generation_token_count": 1, "stop_reason": None},
    {"generation": "", "generation_token_count": 2, "stop_reason": "stop", **metrics()},
]
MISTRAL: list[JSON] = [
    {"outputs": [{"text": "Hi", "stop_reason": None}]},
    {"outputs": [{"text": "", "stop_reason": "stop"}], **metrics()},
]
COHERE: list[JSON] = [
    {"is_finished": False, "event_type": "text-generation", "text": "Hi"},
    {"is_finished": True, "event_type": "stream-end", "finish_reason": "COMPLETE", **metrics()},
]
COMMAND: list[JSON] = [
    {"generations": [{"id": "g", "text": "Hi", "finish_reason": "COMPLETE"}], "id": "r", **metrics()},
]


def invoked(*payloads: JSON) -> list[WireEvent]:
    return [payload(**each) for each in payloads]


def invoke() -> BedrockInvokeNormalizer:
    return BedrockInvokeNormalizer()


@pytest.mark.parametrize(
    ("payloads", "counted"),
    [
        pytest.param(ANTHROPIC, (9, 2, 11), id="anthropic"),
        pytest.param(NOVA, (12, 5, 17), id="nova"),
        pytest.param(OPENAI, (12, 5, 17), id="openai"),
        pytest.param(ANTHROPIC_COMPLETE, (12, 5, 17), id="anthropic-complete"),
        pytest.param(TITAN, (12, 5, 17), id="titan"),
        pytest.param(LLAMA, (9, 2, 11), id="llama"),
        pytest.param(MISTRAL, (12, 5, 17), id="mistral"),
        pytest.param(COHERE, (12, 5, 17), id="cohere"),
        pytest.param(COMMAND, (12, 5, 17), id="command"),
    ],
)
def test_each_family_is_known_by_its_first_payload(
    payloads: list[JSON], counted: tuple[int, int, int]
) -> None:
    """The metrics are the usage where the model reports none of its own."""
    events = invoked(*payloads)
    assert content(*events, by=invoke()) == "Hi"
    assert finishes(*events, by=invoke()) == ["stop"]
    assert tokens(*events, by=invoke())[-1] == counted


def test_command_r_s_last_event_repeats_the_text_which_is_not_said_twice() -> None:
    response = {"text": "Hi", "response_id": "r", "generation_id": "g", "chat_history": []}
    end = {"event_type": "stream-end", "is_finished": True, "finish_reason": "MAX_TOKENS"}
    events = invoked(COHERE[0], {**end, "response": response})
    assert content(*events, by=invoke()) == "Hi"
    assert finishes(*events, by=invoke()) == ["length"]
    assert kept(*events, by=invoke()) == {"response_id": "r"}


def test_command_r_s_calls_are_calls() -> None:
    call = {"name": "get_weather", "parameters": {"city": "Lima"}}
    events = invoked({"event_type": "tool-calls-generation", "is_finished": False, "tool_calls": [call]})
    (chunk,) = run(*events, by=BedrockInvokeNormalizer(created=7))
    (made,) = chunk.choices[0].delta.tool_calls or ()
    assert (chunk.created, made.id, made.function.name) == (7, "call_0", "get_weather")
    assert made.function.arguments == '{"city": "Lima"}'


@pytest.mark.parametrize("payloads", [ANTHROPIC, NOVA, TITAN])
def test_the_metrics_are_kept(payloads: list[JSON]) -> None:
    fields = kept(*invoked(*payloads), by=invoke())
    assert fields["amazon-bedrock-invocationMetrics"] == metrics()["amazon-bedrock-invocationMetrics"]


def test_what_a_guardrail_did_is_kept_once() -> None:
    did = {"amazon-bedrock-guardrailAction": "INTERVENED"}
    trace = {"amazon-bedrock-trace": {"guardrail": {"modelOutput": ["…"]}}}
    events = invoked({"outputText": "H", **did}, {"outputText": "i", **did, **trace})
    fields = [
        chunk.choices[0].delta.provider_specific_fields
        for chunk in run(*events, by=invoke())
        if chunk.choices[0].delta.provider_specific_fields
    ]
    assert fields == [did, trace]


def test_an_answer_that_a_guardrail_blocked_without_a_reason_is_filtered() -> None:
    blocked = {"outputText": "Input blocked", "amazon-bedrock-guardrailAction": "INTERVENED"}
    assert finishes(*invoked(blocked), by=invoke()) == ["content_filter"]


def test_metrics_may_come_in_a_payload_of_their_own() -> None:
    events = invoked({"outputText": "Hi"}, metrics())
    assert (content(*events, by=invoke()), tokens(*events, by=invoke())) == ("Hi", [(12, 5, 17)])


def test_the_cache_s_part_is_among_the_metrics() -> None:
    (usage,) = usages(*invoked({"completion": "Hi", **metrics(cacheReadInputTokenCount=8)}), by=invoke())
    assert (usage["prompt_tokens"], usage["cache_read_input_tokens"]) == (20, 8)


def test_another_event_than_a_chunk_is_kept() -> None:
    assert kept(event("hologram", light=1), by=invoke()) == {"hologram": {"light": 1}}


def test_the_model_s_own_error_is_raised() -> None:
    failed = {"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}}
    with pytest.raises(RateLimitError, match="Slow down"):
        run(*invoked(*ANTHROPIC[:1], failed), by=invoke())


def test_a_family_that_is_not_known_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(MalformedEventError, match="with Converse"):
        run(payload(sentence="Hi"), by=invoke())


@pytest.mark.parametrize("inner", ["no JSON", '"text"'])
def test_a_payload_that_is_no_json_object_is_an_error(inner: str) -> None:
    with pytest.raises(MalformedEventError):
        run(event("chunk", bytes=b64encode(inner.encode()).decode()), by=invoke())


def test_bytes_that_are_no_base64_are_an_error() -> None:
    with pytest.raises(MalformedEventError, match="isn't shaped as documented"):
        run(event("chunk", bytes="a"), by=invoke())


def test_an_empty_stream_flushes_nothing() -> None:
    assert list(invoke().flush()) == []


def test_created_is_the_given_one_where_the_payload_has_none() -> None:
    chunks = run(*invoked(*TITAN), by=BedrockInvokeNormalizer(created=7))
    assert {chunk.created for chunk in chunks} == {7}
    assert json.dumps([chunk.model_dump() for chunk in chunks])
