"""Anthropic's Messages API."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_REASONS = {
    "max_tokens": "LiteLLM looks the model's limit up in its price list; ours is 4,096, and thinking on top",
    "tools.": "LiteLLM says `type: custom`, which is what a tool is if nothing is said",
    "structured output: output_": "LiteLLM uses the beta's name for it, output_format",
}

ROWS = [
    Row("anthropic/claude-sonnet-4-5", reasons=_REASONS),
    Row("anthropic/claude-opus-4-6", reasons=_REASONS),
]
