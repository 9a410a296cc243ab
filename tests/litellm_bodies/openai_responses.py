"""OpenAI's Responses, at OpenAI and at Azure."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_REASONS = {
    "tools.": "a chat's functions are strict if they say so, a response's unless they say otherwise;"
    " LiteLLM sends null, as it does for what isn't described",
    "reasoning effort": "LiteLLM asks its price list whether this model can do that; we ask the server",
    "tool round trip: input": "a result is text here, as every server takes it; LiteLLM makes parts of it",
    "parallel tools: input": "a result is text here, as every server takes it; LiteLLM makes parts of it",
    "earlier answer: input": "thoughts go back only as the items that a response sent, with their ids",
    "choices: include": "OpenAI sends logprobs where `include` asks for them; LiteLLM leaves that out",
}

ROWS = [
    Row("openai/responses/gpt-4o", "/v1", reasons=_REASONS),
    Row("azure/responses/gpt-4o", reasons=_REASONS),
    Row("azure/responses/gpt-4o", options={"api_version": "2025-03-01-preview"}, reasons=_REASONS),
]
