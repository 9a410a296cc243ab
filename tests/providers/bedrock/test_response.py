"""A whole answer of Converse, and that it is what its stream adds up to."""

from __future__ import annotations

from typing import Any

import pytest
from tests.providers.bedrock.events import START, USAGE, metadata, reasoning, run, stop, text, tool

from unspool.builder import stream_chunk_builder
from unspool.errors import APIResponseValidationError, ProviderError
from unspool.models import ModelResponse
from unspool.providers.bedrock import response_from_converse
from unspool.providers.json_events import JSON

THOUGHT = {"reasoningContent": {"reasoningText": {"text": "Well", "signature": "sig"}}}
CALL = {"toolUse": {"toolUseId": "tooluse_look", "name": "look", "input": {"at": "sky"}}}


def answer(*content: JSON, **fields: Any) -> JSON:
    message = {"role": "assistant", "content": list(content)}
    whole = {"output": {"message": message}, "stopReason": "end_turn", "usage": USAGE}
    return {**whole, "metrics": {"latencyMs": 70}, **fields}


def read(*content: JSON, **fields: Any) -> ModelResponse:
    return response_from_converse(answer(*content, **fields), created=7)


def test_it_equals_what_its_stream_adds_up_to() -> None:
    events = (
        START,
        *reasoning({"text": "We"}, {"text": "ll"}, {"signature": "sig"}),
        *text("I'll ", "look.", index=1),
        *tool("look", '{"at": ', '"sky"}', index=2),
        stop("tool_use"),
        metadata(),
    )
    built = stream_chunk_builder(run(*events))
    assert built is not None

    whole = read(THOUGHT, {"text": "I'll look."}, CALL, stopReason="tool_use")

    assert whole.choices[0].model_dump() == built.choices[0].model_dump()
    assert whole.usage == built.usage


def test_text_is_joined() -> None:
    response = read({"text": "Hel"}, {"text": "lo"})
    assert (response.choices[0].message.content, response.choices[0].finish_reason) == ("Hello", "stop")
    assert response.created == 7


def test_calls_instead_of_text_leave_the_content_null() -> None:
    message = read(CALL).choices[0].message
    assert message.content is None
    assert [call.function.arguments for call in message.tool_calls or []] == ['{"at": "sky"}']


def test_redacted_reasoning_is_a_thinking_block() -> None:
    message = read({"reasoningContent": {"redactedContent": "c2VjcmV0"}}).choices[0].message
    assert message.thinking_blocks == [{"type": "redacted_thinking", "data": "c2VjcmV0"}]
    assert message.reasoning_content == ""


def test_cited_text_is_text_and_its_citations_are_kept() -> None:
    cited = {"citationsContent": {"content": [{"text": "20 days"}], "citations": [{"title": "policy"}]}}
    message = read({"text": "It's "}, cited).choices[0].message
    assert message.content == "It's 20 days"
    assert message.provider_specific_fields["citations"] == [
        [{"title": "policy", "supported_text": "20 days"}]
    ]


def test_what_the_server_ran_and_blocks_of_other_kinds_are_kept() -> None:
    ran = {**CALL["toolUse"], "type": "server_tool_use"}
    result: JSON = {"toolUseId": "tooluse_look", "content": []}
    image: JSON = {"image": {"format": "png"}}
    message = read({"toolUse": ran}, {"toolResult": result}, image).choices[0].message
    assert message.tool_calls is None
    fields = message.provider_specific_fields
    assert fields["server_tool_use"] == [ran]
    assert fields["tool_results"] == [result]
    assert fields["other_blocks"] == [image]


def test_what_else_the_answer_holds_is_kept() -> None:
    trace = {"guardrail": {"modelOutput": ["…"]}}
    response = read(
        {"text": "Hi"}, trace=trace, serviceTier={"type": "flex"}, additionalModelResponseFields={}
    )
    assert response.choices[0].message.provider_specific_fields == {
        "metrics": {"latencyMs": 70},
        "trace": trace,
    }
    assert response["service_tier"] == "flex"


def test_an_error_is_raised() -> None:
    with pytest.raises(ProviderError, match="Too bad"):
        response_from_converse({"message": "Too bad"})


@pytest.mark.parametrize(
    "body",
    [{}, {"output": "Hi"}, {"output": {"message": {"content": "Hi"}}}, {"output": {}, "usage": 7}],
)
def test_anything_else_is_an_error_that_says_so(body: JSON) -> None:
    with pytest.raises(APIResponseValidationError, match="isn't shaped as documented") as caught:
        response_from_converse(body)
    assert caught.value.body == body
