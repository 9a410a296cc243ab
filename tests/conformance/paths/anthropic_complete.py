"""Anthropic's old text completions."""

from __future__ import annotations

EVENT = "type"

LANDS = {
    "completion:completion": "choices[].delta.content",
    "completion:id": "id",
    "completion:model": "model",
    "completion:stop": "choices[].delta.provider_specific_fields.stop_sequence",
    "completion:stop_reason": "choices[].finish_reason",
}

LEFT_OUT = {
    "*:type": "it says what the event is",
    "completion:log_id": "the id once more",
}
