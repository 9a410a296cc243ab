"""Replicate."""

from __future__ import annotations

from tests.litellm_bodies.capture import Row

_REASONS = {
    "key": "Replicate documents Bearer; Token is its older word",
    "input.stream": "the API has the field in the prediction, not in the model's input",
    "stream": "the API has the field in the prediction, not in the model's input",
    "input.prompt": "one message a line; LiteLLM has them in one, so that they run together",
    "text in parts": "LiteLLM fails",
    "parallel tools": "a call has no place in a text; LiteLLM leaves it out",
    "input.stop_sequences": "models take one text, several separated by commas",
    "input.max_new_tokens": "LiteLLM drops max_completion_tokens",
    "input.seed": "models take it; LiteLLM drops it",
}

ROWS = [Row("replicate/meta/llama-3", "/v1", reasons=_REASONS)]
