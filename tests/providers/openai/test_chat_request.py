"""Requests for OpenAI chat completions."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from unspool.models import Message
from unspool.providers.openai.chat_request import build_request
from unspool.providers.request import CompletionRequest, HTTPRequest

JSON = dict[str, Any]

OPENAI = "https://api.openai.com/v1"
ELSEWHERE = "https://gateway.test/v1"
HELLO = [{"role": "user", "content": "Hello"}]
MARK = {"type": "ephemeral"}


def build(
    messages: list[Any] | None = None,
    *,
    api_key: str | None = "sk-1",
    base_url: str = OPENAI,
    stream: bool = True,
    **params: Any,
) -> HTTPRequest:
    said = HELLO if messages is None else messages
    return build_request(
        CompletionRequest("gpt-test", said, params, api_key=api_key, base_url=base_url, stream=stream)
    )


def test_it_posts_to_chat_completions() -> None:
    request = build()
    assert (request.method, request.url) == ("POST", "https://api.openai.com/v1/chat/completions")


@pytest.mark.parametrize("given", ["https://gateway.test/v1/", "https://gateway.test/v1/chat/completions"])
def test_a_base_url_may_end_in_a_slash_or_in_the_path(given: str) -> None:
    assert build(base_url=given).url == "https://gateway.test/v1/chat/completions"


def test_the_key_is_a_bearer_token() -> None:
    assert build().headers["authorization"] == "Bearer sk-1"


def test_without_a_key_there_is_no_authorization() -> None:
    assert "authorization" not in build(api_key=None).headers


def test_the_key_is_not_shown_with_the_request() -> None:
    assert "sk-1" not in repr(build())


def test_a_streamed_request_says_so() -> None:
    assert build().body == {"model": "gpt-test", "messages": HELLO, "stream": True}


def test_a_request_that_is_not_streamed_says_nothing_of_it() -> None:
    assert "stream" not in build(stream=False).body


def test_parameters_are_sent_as_they_were_given() -> None:
    given = {
        "temperature": 0,
        "seed": 7,
        "stop": ["a"],
        "stream_options": {"include_usage": True},
        "mine": [1],
    }
    body = build(**given).body
    assert {key: body[key] for key in given} == given


def test_what_is_none_is_left_out() -> None:
    assert build(temperature=None, stream_options=None).body == build().body


def test_extra_headers_go_over_the_builder_s_own() -> None:
    headers = build(extra_headers={"authorization": "Basic x", "x-team": "blue"}).headers
    assert headers == {"content-type": "application/json", "authorization": "Basic x", "x-team": "blue"}


def test_extra_body_goes_over_the_parameters() -> None:
    body = build(temperature=0, extra_body={"temperature": 1, "route": "fast"}).body
    assert (body["temperature"], body["route"], "extra_body" in body) == (1, "fast", False)


def test_a_message_of_a_response_can_go_back() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    answer = Message(content=None, tool_calls=[call])
    assert build([*HELLO, answer]).body["messages"][1] == {"role": "assistant", "tool_calls": [call]}


def test_records_inside_a_message_become_plain_data() -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    answer = {"role": "assistant", "content": None, "tool_calls": Message(tool_calls=[call]).tool_calls}
    assert build([answer]).body["messages"] == [{"role": "assistant", "tool_calls": [call]}]


MARKED_MESSAGES = [
    {"role": "system", "content": "Be brief.", "cache_control": MARK},
    {"role": "user", "content": [{"type": "text", "text": "Hello", "cache_control": MARK}]},
]
SCHEMA = {"type": "object", "properties": {"cache_control": {"type": "string"}}}
MARKED_TOOL = {
    "type": "function",
    "function": {"name": "look", "parameters": SCHEMA, "cache_control": MARK},
    "cache_control": MARK,
}


def test_openai_is_sent_no_cache_marks() -> None:
    body = build(MARKED_MESSAGES, tools=[MARKED_TOOL]).body
    assert body["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
    ]
    assert body["tools"] == [{"type": "function", "function": {"name": "look", "parameters": SCHEMA}}]


def test_other_servers_are_sent_cache_marks() -> None:
    body = build(MARKED_MESSAGES, base_url=ELSEWHERE, tools=[MARKED_TOOL]).body
    assert (body["messages"], body["tools"]) == (MARKED_MESSAGES, [MARKED_TOOL])


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        (OPENAI, {"url": "https://a.test/cat.png"}),
        ("https://mine.openai.azure.com/openai/v1", {"url": "https://a.test/cat.png"}),
        ("https://notopenai.com/v1", "https://a.test/cat.png"),
    ],
)
def test_openai_is_sent_images_as_objects(base_url: str, expected: Any) -> None:
    part = {"type": "image_url", "image_url": "https://a.test/cat.png"}
    body = build([{"role": "user", "content": [part]}], base_url=base_url).body
    assert body["messages"][0]["content"][0]["image_url"] == expected


def test_what_was_handed_in_is_not_changed() -> None:
    messages, tools = copy.deepcopy(MARKED_MESSAGES), [copy.deepcopy(MARKED_TOOL)]
    build(messages, tools=tools)
    assert (messages, tools) == (MARKED_MESSAGES, [MARKED_TOOL])
