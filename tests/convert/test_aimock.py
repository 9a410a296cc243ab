from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.convert import from_aimock
from unspool.errors import CassetteFormatError

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
