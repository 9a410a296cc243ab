"""OpenAI's streamed transcription."""

from __future__ import annotations

EVENT = "type"

_USAGE = "transcript.text.done:usage."
_PROMPT = "usage.prompt_tokens_details"

LANDS = {
    "transcript.text.delta:delta": "choices[].delta.content",
    "transcript.text.done:text": "choices[].delta.content",
    f"{_USAGE}input_token_details.audio_tokens": f"{_PROMPT}.audio_tokens",
    f"{_USAGE}input_token_details.text_tokens": f"{_PROMPT}.text_tokens",
    f"{_USAGE}input_tokens": "usage.prompt_tokens",
    f"{_USAGE}output_tokens": "usage.completion_tokens",
    f"{_USAGE}total_tokens": "usage.total_tokens",
    f"{_USAGE}type": "usage.type",
}

LEFT_OUT = {
    "*:type": "it says what the event is",
}
