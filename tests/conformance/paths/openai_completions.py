"""OpenAI's text completions. What isn't a choice's text stays where it was, as in a chat."""

from __future__ import annotations

EVENT = ""

LANDS = {
    ":choices": "=",
    ":choices[].delta": "=",
    ":choices[].finish_reason": "=",
    ":choices[].index": "=",
    ":choices[].logprobs": "=",
    ":choices[].stop_reason": "=",
    ":choices[].text": "choices[].delta.content",
    ":created": "=",
    ":id": "=",
    ":model": "=",
    ":system_fingerprint": "=",
    ":usage.**": "=",
}

LEFT_OUT = {
    ":object": "it is a chat's word, as its chunks are",
}
