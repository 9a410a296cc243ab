"""Small answers in every framing, hand-written, with times and network chunks of their own."""

from __future__ import annotations

import json
from typing import Any

from tests.faults.bodies import BODIES

from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent
from unspool.wire.json_array import encode_json_array
from unspool.wire.ndjson import encode_ndjson
from unspool.wire.sse import encode_sse


def interaction(
    *pieces: bytes,
    url: str = "https://api.openai.com/v1/chat/completions",
    content_type: str = "text/event-stream",
    every: float = 0.25,
) -> Interaction:
    """An answer whose pieces come one after the other, the headers half a second after the request."""
    chunks = tuple(NetworkChunk(len(data), 0.5 + every * n) for n, data in enumerate(pieces, 1))
    timeline = Timeline(chunks, headers_at=0.5, ended_at=chunks[-1].at if chunks else 0.5)
    headers = (("content-type", content_type), ("content-length", str(sum(map(len, pieces)))))
    return Interaction(Request("POST", url), Response(200, "OK", headers, b"".join(pieces), timeline))


def sse(*bodies: Any, named: bool = False) -> list[bytes]:
    """Server-sent events; with `named`, each called after its type."""
    return [encode_sse(_event(body, named=named)) for body in bodies]


def _event(body: Any, *, named: bool) -> WireEvent:
    if isinstance(body, str):
        return WireEvent(data=body)
    return WireEvent(name=body["type"] if named else "message", data=dumps(body))


def dumps(body: Any) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def chat(delta: Any, reason: str | None = None, **more: Any) -> dict[str, Any]:
    """An OpenAI chat chunk."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": "gpt-4o-mini",
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        **more,
    }


def call(text: str, name: str | None = None, index: int = 0) -> dict[str, Any]:
    """A delta with a piece of a tool call."""
    head = {"id": f"call_{index}", "type": "function"} if name else {}
    function = {"name": name, "arguments": text} if name else {"arguments": text}
    return {"tool_calls": [{"index": index, **head, "function": function}]}


OPENAI_EVENTS: list[Any] = [
    chat({"role": "assistant", "content": ""}),
    chat({"content": "It "}),
    chat({"content": "rains ☔"}),
    chat({"content": " in Łódź."}),
    chat({}, "stop"),
    "[DONE]",
]
OPENAI = interaction(*sse(*OPENAI_EVENTS))

TOOLS = interaction(
    *sse(
        chat({"role": "assistant", "content": None, **call("", "get_weather")}),
        chat(call('{"city":')),
        chat(call('"Łódź"}')),
        chat(call('{"zone":"CET"}', "get_time", index=1)),
        chat({}, "tool_calls"),
        "[DONE]",
    )
)

ANTHROPIC_EVENTS: list[Any] = [
    {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-haiku-4-5",
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": 9, "output_tokens": 1},
        },
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "ping"},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "It "}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "rains ☔"}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " in Łódź."}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 12}},
    {"type": "message_stop"},
]
ANTHROPIC = interaction(*sse(*ANTHROPIC_EVENTS, named=True), url="https://api.anthropic.com/v1/messages")

RESPONSES = interaction(
    *sse(
        {"type": "response.created", "sequence_number": 0, "response": {"id": "resp_1"}},
        {"type": "response.output_text.delta", "sequence_number": 1, "delta": "It rains ☔"},
        {"type": "response.output_text.delta", "sequence_number": 2, "delta": " in Łódź."},
        {"type": "response.completed", "sequence_number": 3, "response": {"id": "resp_1"}},
        named=True,
    ),
    url="https://api.openai.com/v1/responses",
)


def candidate(text: str, **more: Any) -> dict[str, Any]:
    """A chunk of Gemini's."""
    return {"candidates": [{"content": {"parts": [{"text": text}], "role": "model"}, "index": 0, **more}]}


GEMINI_EVENTS = [candidate("It "), candidate("rains ☔"), candidate(" in Łódź.", finishReason="STOP")]
_GEMINI = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent"
GEMINI = interaction(*sse(*GEMINI_EVENTS), url=f"{_GEMINI}?alt=sse")
GEMINI_ARRAY = interaction(
    *encode_json_array(WireEvent(data=dumps(body)) for body in GEMINI_EVENTS),
    url=_GEMINI,
    content_type="application/json",
)

OLLAMA_EVENTS: list[Any] = [
    {"model": "qwen3", "message": {"role": "assistant", "content": "It "}, "done": False},
    {"model": "qwen3", "message": {"role": "assistant", "content": "rains ☔ in Łódź."}, "done": False},
    {"model": "qwen3", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"},
]
OLLAMA = interaction(
    *[encode_ndjson(WireEvent(data=dumps(body))) for body in OLLAMA_EVENTS],
    url="http://127.0.0.1:11434/api/chat",
    content_type="application/x-ndjson",
)

COHERE = interaction(
    *sse(
        {"type": "message-start", "id": "c-1", "delta": {"message": {"role": "assistant"}}},
        {"type": "content-start", "index": 0, "delta": {"message": {"content": {"type": "text"}}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": "It rains ☔"}}}},
        {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": " in Łódź."}}}},
        {"type": "content-end", "index": 0},
        {"type": "message-end", "delta": {"finish_reason": "COMPLETE"}},
        named=True,
    ),
    url="https://api.cohere.com/v2/chat",
)

BEDROCK = interaction(
    *[
        encode_aws(WireEvent(name=name, data=dumps(body)))
        for name, body in [
            ("messageStart", {"role": "assistant"}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "It rains ☔"}}),
            ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": " in Łódź."}}),
            ("contentBlockStop", {"contentBlockIndex": 0}),
            ("messageStop", {"stopReason": "end_turn"}),
        ]
    ],
    url="https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude/converse-stream",
    content_type="application/vnd.amazon.eventstream",
)

TOOL_EVENTS = {
    name: interaction(*BODIES[name][1], url=f"https://models.invalid/{name}")
    for name in ("anthropic-messages", "openai-responses")
}
"""Answers with text and tool calls, whose parts have ids and numbers."""

ALL: dict[str, Interaction] = {
    "anthropic": ANTHROPIC,
    "bedrock": BEDROCK,
    "cohere": COHERE,
    "gemini": GEMINI,
    "gemini-array": GEMINI_ARRAY,
    "ollama": OLLAMA,
    "openai": OPENAI,
    "responses": RESPONSES,
    "tools": TOOLS,
}
"""Every answer by a name for a test's id."""

ASKED: dict[str, Interaction] = {"openai": OPENAI, "tools": TOOLS, "anthropic": ANTHROPIC}
"""Those whose providers our client can ask."""
