"""watsonx's text generation."""

from __future__ import annotations

EVENT = ""

LANDS = {
    ":model_id": "model",
    ":results[].generated_text": "choices[].delta.content",
    ":results[].generated_token_count": "usage.completion_tokens",
    ":results[].input_token_count": "usage.prompt_tokens",
    ":results[].stop_reason": "choices[].finish_reason",
    ":system.**": "choices[].delta.provider_specific_fields.system.**",
}

LEFT_OUT = {
    ":created_at": "when an event was sent; the first one's time is the stream's `created`, in seconds",
}
