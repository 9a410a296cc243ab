"""Ollama's lines, added up naively."""

from __future__ import annotations

import json

from tests.conformance.raw import JSON, Finish, RawError, RawStream, read_lines
from tests.conformance.reading import Call


def read_ollama(body: bytes) -> RawStream:
    raw = RawStream(body)
    said = raw.reading.choices[0]
    for line in read_lines(body):
        raw.objects.append(line)
        if line.get("error"):
            raw.error = RawError(500, line["error"])
            break
        message = line.get("message") or {"content": line.get("response"), "thinking": line.get("thinking")}
        said.content += message.get("content") or ""
        said.reasoning += message.get("thinking") or ""
        for call in message.get("tool_calls") or ():
            called = call["function"]
            call_id = call.get("id") or f"call_{len(said.calls)}"
            raw.call_indices.setdefault(0, []).append(called.get("index"))
            said.calls.append(Call(call_id, called["name"], json.dumps(called["arguments"])))
        if line["done"]:
            _end(raw, line, alone=not (message.get("content") or message.get("thinking")))
    return raw


def _end(raw: RawStream, line: JSON, *, alone: bool) -> None:
    reason = line.get("done_reason") or "stop"
    if raw.reading.choices[0].calls and reason == "stop":
        reason = "tool_calls"
    raw.finishes[0] = [Finish(reason, alone=alone)]
    prompt, completion = line.get("prompt_eval_count") or 0, line.get("eval_count") or 0
    total = prompt + completion
    raw.usages.append({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total})
