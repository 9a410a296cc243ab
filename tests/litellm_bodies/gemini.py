"""Gemini's `generateContent` on Google AI."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_REASONS = {
    "choices: generationConfig.logprobs": "LiteLLM has top_logprobs on Vertex AI alone",
    "earlier answer: contents": "LiteLLM gives back the signatures of calls alone",
}

ROWS = [
    Row("gemini/gemini-2.5-flash", path="/v1beta", reasons=_REASONS),
    Row("gemini/gemini-2.5-pro", path="/v1beta", reasons=_REASONS),
    Row("gemini/gemini-3-flash-preview", path="/v1beta", reasons=_REASONS),
]
