"""Every format's request in one form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from unspool.cassette.model import Request
from unspool.script.seen import Seen, SeenCall, read

CHAT = {
    "model": "m",
    "stream": True,
    "messages": [
        {"role": "system", "content": "S"},
        {"role": "user", "content": [{"type": "text", "text": "U"}]},
        {"role": "assistant", "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": '{"a":1}'}}]},
        {"role": "tool", "tool_call_id": "1", "content": "R"},
    ],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}],
}
ANTHROPIC = {
    "model": "m",
    "stream": True,
    "system": [{"type": "text", "text": "S"}],
    "messages": [
        {"role": "user", "content": "U"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "f", "input": {"a": 1}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": "R"}]},
    ],
    "tools": [{"name": "f", "input_schema": {"type": "object"}}],
}
RESPONSES = {
    "model": "m",
    "stream": True,
    "instructions": "S",
    "input": [
        {"role": "user", "content": "U"},
        {"type": "function_call", "call_id": "1", "name": "f", "arguments": '{"a":1}'},
        {"type": "function_call_output", "call_id": "1", "output": "R"},
    ],
    "tools": [{"type": "function", "name": "f", "parameters": {"type": "object"}}],
}
CONVERSE = {
    "system": [{"text": "S"}],
    "messages": [
        {"role": "user", "content": [{"text": "U"}]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "1", "name": "f", "input": {"a": 1}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "1", "content": [{"text": "R"}]}}]},
    ],
    "toolConfig": {"tools": [{"toolSpec": {"name": "f", "inputSchema": {"json": {"type": "object"}}}}]},
}
GEMINI = {
    "systemInstruction": {"parts": [{"text": "S"}]},
    "contents": [
        {"role": "user", "parts": [{"text": "U"}]},
        {"role": "model", "parts": [{"functionCall": {"id": "1", "name": "f", "args": {"a": 1}}}]},
        {
            "role": "user",
            "parts": [{"functionResponse": {"id": "1", "name": "f", "response": {"result": "R"}}}],
        },
    ],
    "tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "object"}}]}],
}


def seen(wire_format: str, url: str, body: Any) -> Seen:
    return read(Request("POST", url, (), json.dumps(body).encode()), wire_format)


REQUESTS = [
    seen("openai-chat", "https://h/v1/chat/completions", CHAT),
    seen("anthropic-messages", "https://h/v1/messages", ANTHROPIC),
    seen("openai-responses", "https://h/v1/responses", RESPONSES),
    seen("bedrock-converse", "https://h/model/m/converse-stream", CONVERSE),
    seen("gemini-generate", "https://h/v1beta/models/m:streamGenerateContent?alt=sse", GEMINI),
]


@pytest.mark.parametrize("one", REQUESTS, ids=lambda one: one.format)
def test_the_same_conversation_is_the_same_in_every_format(one: Seen) -> None:
    assert (one.model, one.streamed, one.system, one.user) == ("m", True, "S", "U")
    assert [call for message in one.messages for call in message.calls] == [SeenCall("1", "f", {"a": 1})]
    assert one.tool_names == ("f",)
    assert one.tools[0].schema == {"type": "object"}
    assert [(result.id, result.name) for result in one.results] == [("1", "f")]
    assert one.tool_results == {"f": "R"}


def test_a_request_that_does_not_stream_says_so() -> None:
    assert not seen("openai-chat", "https://h/v1/chat/completions", {**CHAT, "stream": False}).streamed
    assert not seen("bedrock-converse", "https://h/model/m/converse", CONVERSE).streamed
    assert not seen("gemini-generate", "https://h/v1beta/models/m:generateContent", GEMINI).streamed


def test_requests_have_one_key_if_they_ask_the_same() -> None:
    first, again = (seen("openai-chat", "https://h/v1/chat/completions", CHAT) for _ in range(2))
    other = seen("openai-chat", "https://h/v1/chat/completions", {**CHAT, "messages": CHAT["messages"][:2]})
    assert first.key == again.key != other.key
    assert first.opening == other.opening


@pytest.mark.parametrize("body", [{}, {"messages": None}, {"messages": ["x", {"role": 1}]}, {"tools": 3}])
def test_a_body_of_another_shape_is_read_as_far_as_it_goes(body: Any) -> None:
    assert seen("openai-chat", "https://h/v1/chat/completions", body).tool_names == ()


SEARCH = {"type": "function", "name": "search", "parameters": {"type": "object"}}
EXEC = {"type": "custom", "name": "exec", "description": "Run code"}


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [SEARCH, EXEC]},
        {"tools": [{"type": "namespace", "name": "functions", "tools": [SEARCH, EXEC]}]},
        {"tools": [SEARCH], "input": [{"type": "additional_tools", "tools": [EXEC]}]},
        {"input": [{"type": "additional_tools", "tools": [{"type": "namespace", "tools": [SEARCH, EXEC]}]}]},
    ],
)
def test_the_tools_of_responses(body: dict[str, Any]) -> None:
    request = Request("POST", "https://api.openai.com/v1/responses", (), json.dumps(body).encode())
    seen = read(request, "openai-responses")
    assert seen.tool_names == ("search", "exec")
    assert [bool(tool.schema) for tool in seen.tools] == [True, False]
