"""Requests in each format that a script speaks, asked of a script without any client."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from unspool import ModelResponse, stream_chunk_builder
from unspool.cassette.model import Interaction, Request
from unspool.providers import pipeline_for, reader_for
from unspool.script import Script


@dataclass(frozen=True)
class Somebody:
    """A task that asks."""

    name: str = "me"
    gone: bool = False

    def is_gone(self) -> bool:
        return self.gone


ME = Somebody()
USER = [{"role": "user", "content": "Weather?"}]
PARTS = [{"role": "user", "parts": [{"text": "Weather?"}]}]
BLOCKS = [{"role": "user", "content": [{"text": "Weather?"}]}]
GOOGLE = "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash"
BEDROCK = "https://bedrock-runtime.us-east-1.amazonaws.com/model"
CLAUDE = f"{BEDROCK}/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0"
INVOKED = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 10, "messages": USER}

# By name: the URL of a stream, that of a whole answer, the body, and the field that asks for a stream.
FORMATS: dict[str, tuple[str, str, dict[str, Any], bool]] = {
    "openai": ("https://api.openai.com/v1/chat/completions",) * 2
    + ({"model": "gpt-4o", "messages": USER}, True),
    "azure": ("https://me.openai.azure.com/openai/deployments/gpt/chat/completions?api-version=1",) * 2
    + ({"messages": USER}, True),
    "mistral": ("https://api.mistral.ai/v1/chat/completions",) * 2 + ({"model": "m", "messages": USER}, True),
    "groq": ("https://api.groq.com/openai/v1/chat/completions",) * 2
    + ({"model": "m", "messages": USER}, True),
    "responses": ("https://api.openai.com/v1/responses",) * 2
    + ({"model": "gpt-5", "input": "Weather?"}, True),
    "anthropic": ("https://api.anthropic.com/v1/messages",) * 2
    + ({"model": "claude", "max_tokens": 9, "messages": USER}, True),
    "gemini": (
        f"{GOOGLE}:streamGenerateContent?alt=sse",
        f"{GOOGLE}:generateContent",
        {"contents": PARTS},
        False,
    ),
    "gemini-array": (
        f"{GOOGLE}:streamGenerateContent",
        f"{GOOGLE}:generateContent",
        {"contents": PARTS},
        False,
    ),
    "converse": (f"{CLAUDE}/converse-stream", f"{CLAUDE}/converse", {"messages": BLOCKS}, False),
    "invoke-claude": (f"{CLAUDE}/invoke-with-response-stream", f"{CLAUDE}/invoke", INVOKED, False),
    "invoke-nova": (
        f"{BEDROCK}/amazon.nova-lite-v1%3A0/invoke-with-response-stream",
        f"{BEDROCK}/amazon.nova-lite-v1%3A0/invoke",
        {"messages": BLOCKS, "inferenceConfig": {}},
        False,
    ),
    "cohere": ("https://api.cohere.com/v2/chat",) * 2 + ({"model": "command", "messages": USER}, True),
    "ollama": ("http://localhost:11434/api/chat",) * 2 + ({"model": "llama", "messages": USER}, True),
}


def request(name: str, *, stream: bool = True, **more: Any) -> Request:
    streamed, whole, body, has_field = FORMATS[name]
    body = {**body, **({"stream": stream} if has_field else {}), **more}
    url = streamed if stream else whole
    return Request("POST", url, (("content-type", "application/json"),), json.dumps(body).encode())


def ask(script: Script, name: str, *, stream: bool = True, by: Somebody = ME, **more: Any) -> Interaction:
    return script.answer(request(name, stream=stream, **more), by).interaction


def rebuilt(script: Script, name: str, *, stream: bool = True, **more: Any) -> ModelResponse:
    """What a script says in a format, read by our own normalizers."""
    interaction = ask(script, name, stream=stream, **more)
    wire_format = script.calls[-1].format
    if not stream:
        return whole(interaction, wire_format)
    pipeline = pipeline_for(wire_format)
    chunks = [*pipeline.feed(interaction.response.body), *pipeline.flush()]
    response = stream_chunk_builder(chunks)
    assert response is not None
    return response


def whole(interaction: Interaction, wire_format: str) -> ModelResponse:
    body = json.loads(interaction.response.body)
    if wire_format == "bedrock-invoke":
        wire_format = "anthropic-messages" if "type" in body else "bedrock-converse"
    return reader_for(wire_format)(body)
