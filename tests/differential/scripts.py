"""Scripts of OpenAI chunks, made by chance from a seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

JSON = dict[str, Any]
Script = list[JSON | int]
"""Chunks, and perhaps the status of an error response where the stream breaks."""

WORDS = ["It ", "rains", ".", " ☔", "", "Łódź", "\n", "  "]
REASONS = ["stop", "stop", "stop", "length", "tool_calls", "content_filter", None]
STATUSES = [400, 401, 403, 404, 408, 422, 429, 500, 502, 503]


def script(seed: int) -> Script:
    """One stream: a role, text, perhaps reasoning, calls, several choices, usage and an end."""
    random = Random(seed)
    choices = random.choice([1, 1, 1, 2])
    chunks: Script = [
        _chunk(seed, [_choice(index, {"role": "assistant", "content": ""}) for index in range(choices)])
    ]
    said = range(random.randrange(6))
    chunks += [_chunk(seed, [_choice(random.randrange(choices), _delta(random))]) for _ in said]
    if random.random() < 0.3:
        chunks += [_chunk(seed, [_choice(0, {"tool_calls": [call]})]) for call in _calls(random)]
    chunks += _ends(seed, random, choices)
    if random.random() < 0.3:
        usage = {"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}
        chunks.append({**_chunk(seed, []), "usage": usage})
    if random.random() < 0.1:
        chunks[random.randrange(1, len(chunks)) :] = [random.choice(STATUSES)]
    return chunks


def _delta(random: Random) -> JSON:
    kind = random.random()
    if kind < 0.15:
        return {"reasoning_content": random.choice(WORDS)}
    if kind < 0.2:
        return {"refusal": "No."}
    return {"content": random.choice(WORDS)}


def _calls(random: Random) -> Iterator[JSON]:
    yield {"index": 0, "id": "call_1", "type": "function", "function": {"name": "rain", "arguments": ""}}
    for piece in ['{"city":', ' "Lima"}'][: random.randrange(3)]:
        yield {"index": 0, "function": {"arguments": piece}}


def _ends(seed: int, random: Random, choices: int) -> Script:
    reasons = [random.choice(REASONS) for _ in range(choices)]
    delta = {"content": "!"} if random.random() < 0.2 else {}
    return [_chunk(seed, [_choice(index, delta, reason)]) for index, reason in enumerate(reasons) if reason]


def _choice(index: int, delta: JSON, reason: str | None = None) -> JSON:
    return {"index": index, "delta": delta, "finish_reason": reason, "logprobs": None}


def _chunk(seed: int, choices: list[JSON]) -> JSON:
    head = {"id": f"chatcmpl-{seed}", "object": "chat.completion.chunk", "created": 1_700_000_000}
    return {**head, "model": "gpt-4o-mini", "choices": choices}


def recorded(folder: Path) -> Iterator[tuple[str, Script]]:
    """The chat streams of a folder of recordings, by name."""
    for body in sorted(folder.rglob("openai-chat--*/body.bin")):
        lines = body.read_text("utf-8", "replace").splitlines()
        data = [line.removeprefix("data:").strip() for line in lines if line.startswith("data:")]
        try:
            chunks = [json.loads(text) for text in data if text and text != "[DONE]"]
        except ValueError:
            continue  # broken JSON: an error in both
        if chunks and all(isinstance(chunk, dict) and "choices" in chunk for chunk in chunks):
            yield body.parent.name, chunks
