from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.builder import stream_chunk_builder
from unspool.cassette.model import NO_RESPONSE, End, Response
from unspool.convert import from_aimock
from unspool.convert.aimock import answer, timed
from unspool.errors import CassetteFormatError
from unspool.models import Function, ModelResponse, ModelResponseStream
from unspool.wire.sse import SSEDecoder

HELLO: dict[str, Any] = {"match": {"userMessage": "hello"}, "response": {"content": "Hi!"}}
HOW_TO_MATCH = (
    "the requests are made up of what the fixtures match: replay them in order with "
    "match_on=['method', 'path'], or edit their bodies to what your program sends"
)


def asked(match: dict[str, Any]) -> dict[str, Any]:
    interactions, _ = from_aimock({"fixtures": [{**HELLO, "match": match}]})
    body: dict[str, Any] = json.loads(interactions[0].request.body)
    return body


def notes_on(*fixtures: dict[str, Any]) -> list[str]:
    return from_aimock({"fixtures": list(fixtures)})[1]


def test_a_request_goes_to_openais_chat() -> None:
    request = from_aimock({"fixtures": [HELLO]})[0][0].request

    assert (request.method, request.uri) == ("POST", "https://api.openai.com/v1/chat/completions")


def test_a_request_may_go_elsewhere() -> None:
    assert from_aimock([HELLO], uri="http://localhost/v1")[0][0].request.uri == "http://localhost/v1"


def test_a_request_says_what_the_fixture_matches() -> None:
    assert asked({"userMessage": "hello"}) == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
    }


def test_a_request_says_all_else_that_a_fixture_can_match() -> None:
    body = asked(
        {
            "model": "gpt-5",
            "systemMessage": ["Be brief.", "Be kind."],
            "toolName": "f",
            "responseFormat": "json_object",
            "toolCallId": "call_1",
            "toolResultContains": "ok",
        }
    )

    assert body["model"] == "gpt-5"
    assert body["tools"] == [{"type": "function", "function": {"name": "f"}}]
    assert body["response_format"] == {"type": "json_object"}
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "system", "content": "Be kind."},
        {"role": "tool", "tool_call_id": "call_1", "content": "ok"},
    ]


def test_one_system_message_may_be_a_text() -> None:
    assert asked({"systemMessage": "Be brief."})["messages"] == [{"role": "system", "content": "Be brief."}]


def test_how_to_match_such_requests_is_noted() -> None:
    assert notes_on(HELLO) == [HOW_TO_MATCH]


def test_a_sequence_is_put_in_its_order() -> None:
    fixtures = [
        {"match": {"userMessage": "joke", "sequenceIndex": place}, "response": {"content": str(place)}}
        for place in (1, 0)
    ]

    interactions, _ = from_aimock({"fixtures": fixtures})

    assert [b'"content":"0"' in interaction.response.body for interaction in interactions] == [True, False]


@pytest.mark.parametrize(
    ("fixture", "why"),
    [
        (
            {"match": {"inputText": "x"}, "response": {"embedding": [1]}},
            "it answers embeddings, and only chat can be told",
        ),
        (
            {"match": {"endpoint": "image"}, "response": {"image": {}}},
            "it answers the endpoint 'image', and only chat can be told",
        ),
        (
            {"match": {}, "response": {"audio": "x", "format": "opus"}},
            "of its response (audio, format) nothing can be told as a chat completion",
        ),
    ],
)
def test_what_is_no_chat_is_left_out_and_noted(fixture: dict[str, Any], why: str) -> None:
    assert from_aimock({"fixtures": [fixture]}) == ([], [f"fixtures[0]: left out: {why}"])


def test_what_a_request_and_an_answer_cannot_say_is_noted_once_for_all() -> None:
    fixture = {
        "match": {"userMessage": "x", "turnIndex": 2, "hasToolResult": True},
        "response": {"content": "y", "usage": {"prompt_tokens": 1}},
        "chaos": {"dropRate": 1},
        "streamingProfile": {"tps": 5, "jitter": 0.1},
    }

    assert notes_on(HELLO, fixture, fixture) == [
        HOW_TO_MATCH,
        "fixtures[1, 2]: `chaos` is left out",
        "fixtures[1, 2]: `match.hasToolResult` is left out",
        "fixtures[1, 2]: `match.turnIndex` is left out",
        "fixtures[1, 2]: `response.usage` is left out",
        "fixtures[1, 2]: `streamingProfile.jitter` is left out",
    ]


def test_a_first_turn_without_tool_results_is_what_the_request_says_anyway() -> None:
    first = {
        "match": {"userMessage": "x", "turnIndex": 0, "hasToolResult": False},
        "response": {"content": "y"},
    }

    assert notes_on(first) == [HOW_TO_MATCH]


@pytest.mark.parametrize(
    ("fixture", "message"),
    [
        ("hello", r"expected fixtures\[1\] to have a match and a response, both objects; got 'hello'"),
        ({"match": {}}, r"expected fixtures\[1\] to have a match and a response"),
        (
            {"match": {"userMessage": {}}, "response": {"content": "x"}},
            r"expected `userMessage` of fixtures\[1\] to be text, .*; got \{\}",
        ),
        (
            {"match": {}, "response": {"toolCalls": [{"arguments": "{}"}]}},
            r"expected fixtures\[1\] to be as aimock's docs tell; got KeyError: 'name'",
        ),
        (
            {"match": {}, "response": {"toolCalls": [{"name": "", "arguments": "{}"}]}},
            r"expected fixtures\[1\] to be .*a tool call needs a name",
        ),
        (
            {**HELLO, "streamingProfile": 5},
            r"expected fixtures\[1\] to be as aimock's docs tell; got TypeError",
        ),
    ],
)
def test_a_fixture_that_breaks_the_format_is_named(fixture: Any, message: str) -> None:
    with pytest.raises(CassetteFormatError, match=message):
        from_aimock({"fixtures": [HELLO, fixture]})


def test_fixtures_must_be_a_list() -> None:
    with pytest.raises(CassetteFormatError, match="expected aimock's fixtures"):
        from_aimock({"fixtures": "fixtures.json"})


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


EVENTS = [b"a", b"bb", b"ccc"]
HEADERS = (("content-type", "text/event-stream"),)


def answered(**fixture: Any) -> Response:
    return timed(fixture, HEADERS, EVENTS, b"done")


def moments(**fixture: Any) -> list[float]:
    timeline = answered(**fixture).timeline
    assert timeline is not None
    return [chunk.at for chunk in timeline.chunks]


def test_a_fixture_that_tells_no_times_has_no_timeline() -> None:
    assert answered() == Response(200, "OK", HEADERS, b"abbcccdone")


def test_a_latency_is_waited_before_each_chunk_but_the_last() -> None:
    assert moments(latency=100) == [0.1, 0.2, 0.3, 0.3]


def test_a_profile_has_a_first_pause_and_a_rate() -> None:
    assert moments(streamingProfile={"ttft": 200, "tps": 40}) == [0.2, 0.225, 0.25, 0.25]


def test_a_profile_without_a_first_pause_keeps_its_rate_from_the_start() -> None:
    assert moments(streamingProfile={"tps": 10}) == [0.1, 0.2, 0.3, 0.3]


def test_a_profile_without_a_rate_leaves_the_rest_to_the_latency() -> None:
    assert moments(streamingProfile={"ttft": 500}, latency=10) == [0.5, 0.51, 0.52, 0.52]


def test_recorded_pauses_are_taken_one_by_one_and_then_on_average() -> None:
    assert moments(recordedTimings={"ttftMs": 50, "interChunkDelaysMs": [30]}) == [0.05, 0.08, 0.11, 0.11]


def test_recorded_times_may_hold_the_first_pause_only() -> None:
    assert moments(recordedTimings={"ttftMs": 50}) == [0.05, 0.05, 0.05, 0.05]


def test_a_speed_shortens_every_pause() -> None:
    assert moments(latency=100, replaySpeed=4) == [0.025, 0.05, 0.075, 0.075]


def test_a_negative_pause_is_none() -> None:
    assert moments(recordedTimings={"ttftMs": -5}) == [0.0, 0.0, 0.0, 0.0]


def test_a_whole_answer_ends_with_its_last_chunk() -> None:
    timeline = answered(latency=100).timeline

    assert timeline is not None
    assert (timeline.headers_at, timeline.ended_at, timeline.end) == (0.1, 0.3, End.COMPLETE)
    assert timeline.failure is None


def test_a_truncated_answer_breaks_off_after_so_many_chunks() -> None:
    response = answered(latency=100, truncateAfterChunks=2)

    assert response.body == b"abb"
    assert response.timeline is not None
    assert (response.timeline.end, response.timeline.ended_at) == (End.PROTOCOL_ERROR, 0.2)
    assert response.timeline.failure is not None
    assert response.timeline.failure.type == "RemoteProtocolError"


@pytest.mark.parametrize(("limit", "body"), [(0, b"a"), (3, b"abbccc"), (4, b"abbcccdone")])
def test_the_last_chunk_is_not_counted(limit: int, body: bytes) -> None:
    assert answered(truncateAfterChunks=limit).body == body


def test_a_connection_lost_after_a_while_keeps_what_had_come() -> None:
    response = answered(latency=100, disconnectAfterMs=250)

    assert response.body == b"abb"
    assert response.timeline is not None
    assert (response.timeline.end, response.timeline.ended_at) == (End.PROTOCOL_ERROR, 0.25)


def test_a_connection_lost_later_than_the_end_is_none() -> None:
    assert answered(latency=100, disconnectAfterMs=300).body == b"abbcccdone"


def test_a_connection_lost_before_the_first_chunk_brings_no_answer() -> None:
    response = answered(latency=100, disconnectAfterMs=50)

    assert (response.status, response.headers, response.body) == (NO_RESPONSE, (), b"")
    assert response.timeline is not None
    assert (response.timeline.headers_at, response.timeline.ended_at) == (None, 0.05)
    assert response.timeline.failure is not None
    assert response.timeline.failure.message == "Server disconnected without sending a response."
