from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.convert.aimock_answer import answer
from unspool.models import Function, ModelResponse, ModelResponseStream
from unspool.wire.sse import SSEDecoder


def payloads(response: dict[str, Any], **fixture: Any) -> list[str]:
    body = answer({"match": {}, "response": response, **fixture}, 4, "gpt-5").body
    return [event.data for event in SSEDecoder().feed(body)]


def deltas(response: dict[str, Any], **fixture: Any) -> list[dict[str, Any]]:
    return [json.loads(data)["choices"][0]["delta"] for data in payloads(response, **fixture)[:-1]]


def rebuilt(response: dict[str, Any]) -> ModelResponse:
    chunks = [ModelResponseStream.model_validate_json(data) for data in payloads(response)[:-1]]
    whole = stream_chunk_builder(chunks)
    assert whole is not None
    return whole


def test_a_text_is_streamed_as_openai_streams_it() -> None:
    assert deltas({"content": "Hello, you!"}, chunkSize=6) == [
        {"role": "assistant", "content": ""},
        {"content": "Hello,"},
        {"content": " you!"},
        {},
    ]


def test_a_stream_ends_with_its_finish_reason_and_done() -> None:
    *_, finish, done = payloads({"content": "x"})

    assert json.loads(finish)["choices"][0]["finish_reason"] == "stop"
    assert done == "[DONE]"


def test_a_chunk_has_openais_envelope() -> None:
    assert json.loads(payloads({"content": "x"})[1]) == {
        "id": "chatcmpl-aimock-4",
        "object": "chat.completion.chunk",
        "created": 1_704_067_200,
        "model": "gpt-5",
        "choices": [{"index": 0, "delta": {"content": "x"}, "logprobs": None, "finish_reason": None}],
    }


def test_the_envelope_can_be_said() -> None:
    said = {"id": "chatcmpl-1", "created": 5, "model": "gpt-5-2026", "systemFingerprint": "fp"}

    chunk = json.loads(payloads({"content": "x", "finishReason": "length", "role": "tool", **said})[-2])

    assert (chunk["id"], chunk["created"], chunk["model"]) == ("chatcmpl-1", 5, "gpt-5-2026")
    assert chunk["system_fingerprint"] == "fp"
    assert chunk["choices"][0]["finish_reason"] == "length"


def test_a_chunk_holds_20_characters_unless_said_otherwise() -> None:
    assert [len(delta.get("content", "")) for delta in deltas({"content": "x" * 45})] == [0, 20, 20, 5, 0]


def test_an_object_is_said_as_json() -> None:
    assert deltas({"content": {"a": [1, "é"]}})[1] == {"content": '{"a":[1,"é"]}'}


def test_an_empty_text_is_no_chunk() -> None:
    assert deltas({"content": ""}) == [{"role": "assistant", "content": ""}, {}]


def test_reasoning_comes_before_the_text() -> None:
    assert deltas({"content": "4", "reasoning": "2 + 2"})[1:3] == [
        {"reasoning_content": "2 + 2"},
        {"content": "4"},
    ]


def test_a_tool_call_opens_with_its_name_and_streams_its_arguments() -> None:
    calls = [{"name": "f", "id": "call_1", "arguments": {"a": 1}}]

    assert deltas({"toolCalls": calls}, chunkSize=4)[1:] == [
        {
            "tool_calls": [
                {"index": 0, "id": "call_1", "type": "function", "function": {"name": "f", "arguments": ""}}
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a"'}}]},
        {"tool_calls": [{"index": 0, "function": {"arguments": ":1}"}}]},
        {},
    ]


def test_text_and_tool_calls_make_the_response_they_tell_of() -> None:
    calls = [{"name": "f", "arguments": "{}"}, {"name": "g", "arguments": '{"b": 2}'}]

    choice = rebuilt({"content": "Both:", "toolCalls": calls}).choices[0]

    assert (choice.message.content, choice.finish_reason) == ("Both:", "tool_calls")
    assert choice.message.tool_calls is not None
    assert [(call.id, call.function) for call in choice.message.tool_calls] == [
        ("call_0", Function(name="f", arguments="{}")),
        ("call_1", Function(name="g", arguments='{"b": 2}')),
    ]


def test_blocks_come_in_their_order_instead_of_text_and_calls() -> None:
    blocks = [{"type": "toolCall", "name": "f", "arguments": "{}"}, {"type": "text", "text": "So."}]

    said = deltas({"content": "ignored", "blocks": blocks})

    assert [next(iter(delta), "") for delta in said[1:]] == ["tool_calls", "tool_calls", "content", ""]


def test_an_error_is_openais_json() -> None:
    response = answer({"response": {"error": {"message": "No.", "code": "x"}, "status": 400}}, 0, "m")

    assert (response.status, response.headers) == (400, (("content-type", "application/json"),))
    assert json.loads(response.body) == {
        "error": {"message": "No.", "type": "server_error", "param": None, "code": "x"}
    }


@pytest.mark.parametrize(("said", "seconds"), [({}, "1"), ({"retryAfter": 30}, "30")])
def test_a_rate_limit_says_when_to_come_back(said: dict[str, Any], seconds: str) -> None:
    response = answer({"response": {"error": {"message": "Slow."}, "status": 429, **said}}, 0, "m")

    assert response.headers[1] == ("retry-after", seconds)


def test_an_error_without_a_status_is_the_servers() -> None:
    assert answer({"response": {"error": {"message": "Oh."}}}, 0, "m").status == 500
