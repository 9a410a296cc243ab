"""Recordings with a loop in them, in several wire formats."""

from __future__ import annotations

import json

import pytest

from unspool.cassette.model import Interaction, Request, Response

PARAGRAPH = ["Let me check the logs of the server ", "once more, since the error is still there. "]


def sse(*objects: object) -> bytes:
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in objects)


def chat(*deltas: dict[str, object]) -> bytes:
    return sse(*({"choices": [{"index": 0, "delta": delta}]} for delta in deltas)) + b"data: [DONE]\n\n"


def anthropic(*texts: str) -> bytes:
    start = {"type": "message_start", "message": {"id": "m", "type": "message", "role": "assistant"}}
    opening = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    pieces = (
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
        for text in texts
    )
    return sse(start, opening, {"type": "ping"}, *pieces)


def gemini(*texts: str) -> list[object]:
    return [{"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}}]} for text in texts]


def responses(*texts: str) -> bytes:
    common = {"item_id": "i", "output_index": 0, "content_index": 0, "type": "response.output_text.delta"}
    return sse(*({**common, "delta": text} for text in texts))


def call(index: int, name: str, arguments: str) -> dict[str, object]:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": index, "id": f"c{index}", "type": "function", "function": function}]}


def answer(body: bytes) -> Interaction:
    headers = (("content-type", "text/event-stream"),)
    return Interaction(Request("POST", "https://models.invalid/v1"), Response(200, "OK", headers, body))


LOOPS: dict[str, tuple[bytes, str, str, int, int]] = {
    "one chunk": (
        chat({"content": "Well: "}, *[{"content": "again "}] * 130), "openai-chat", "content", 1, 1
    ),
    "a paragraph": (
        chat({"content": "Hm:"}, *[{"content": text} for text in PARAGRAPH * 40]),
        "openai-chat",
        "content",
        2,
        1,
    ),
    "reasoning": (
        chat(*[{"reasoning_content": text} for text in PARAGRAPH * 40]), "openai-chat", "reasoning", 2, 0
    ),
    "tool calls": (
        chat(*[call(n, "look", '{"path": "the folder"}') for n in range(60)]),
        "openai-chat",
        "tool_calls",
        1,
        0,
    ),
    "anthropic": (anthropic("Well: ", *["again "] * 130), "anthropic-messages", "content", 1, 1),
    "gemini": (sse(*gemini("Well: ", *["again "] * 130)), "gemini-generate", "content", 1, 1),
    "gemini's array": (
        json.dumps(gemini("Well: ", *["again "] * 130)).encode(),
        "gemini-generate-jsonarray",
        "content",
        1,
        1,
    ),
    "responses": (responses("Well: ", *["again "] * 130), "openai-responses", "content", 1, 1),
}  # fmt: skip

each_loop = pytest.mark.parametrize(
    ("body", "wire_format", "channel", "period", "first"), LOOPS.values(), ids=LOOPS
)
