"""Ollama's own API."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_NAMED = "Ollama finds the call of a result by the tool's name, and a call by its id"
_REASONS = {
    "tool round trip: messages": _NAMED,
    "parallel tools: messages": _NAMED,
    "one stop": "LiteLLM sends text where Ollama documents a list",
    "options.": "LiteLLM makes frequency_penalty a repeat_penalty, which is another thing; Ollama has both",
    "logprobs": "LiteLLM drops it; Ollama has it",
    "top_logprobs": "LiteLLM drops it; Ollama has it",
}

ROWS = [
    Row("ollama_chat/llama3.2", reasons=_REASONS),
    Row("ollama_chat/gpt-oss:20b", reasons=_REASONS),
]
