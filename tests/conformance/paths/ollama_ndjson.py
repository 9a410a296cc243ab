"""Ollama's lines, of `/api/chat` and `/api/generate`."""

from __future__ import annotations

EVENT = ""

_CALL = "choices[].delta.tool_calls[]"

LANDS = {
    ":context.**": "choices[].delta.provider_specific_fields.context.**",
    ":done_reason": "choices[].finish_reason | choices[].provider_specific_fields.native_finish_reason",
    ":eval_count": "usage.completion_tokens",
    ":eval_duration": "usage.eval_duration",
    ":load_duration": "usage.load_duration",
    ":message.content": "choices[].delta.content",
    ":message.role": "choices[].delta.role",
    ":message.thinking": "choices[].delta.reasoning_content",
    ":message.tool_calls[].function.arguments.**": f"{_CALL}.function.arguments",
    ":message.tool_calls[].function.index": f"{_CALL}.index",
    ":message.tool_calls[].function.name": f"{_CALL}.function.name",
    ":message.tool_calls[].id": f"{_CALL}.id",
    ":model": "model",
    ":prompt_eval_count": "usage.prompt_tokens",
    ":prompt_eval_duration": "usage.prompt_eval_duration",
    ":response": "choices[].delta.content",
    ":thinking": "choices[].delta.reasoning_content",
    ":total_duration": "usage.total_duration",
}

LEFT_OUT = {
    ":created_at": "when a line was written; the first one's time is the stream's `created`, in seconds",
    ":done": "whether this is the last line, which the finish reason tells too",
}
