"""The streams that are measured, as the JSON of OpenAI's chunks. Every run has the same ones."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]

_PROSE = (
    "the rain falls on old roofs and a boat drifts past while nobody in town asks who left its lamp"
    " burning through such a long cold night or why two bells rang before dawn"
)


def stream(kind: str, count: int) -> list[JSON]:
    """A stream of so many chunks: the role, what `kind` says, the finish reason, the usage."""
    deltas = _DELTAS[kind](count - 3)
    finish = "tool_calls" if kind == "tool calls" else "stop"
    usage = {"prompt_tokens": 20, "completion_tokens": count - 3, "total_tokens": count + 17}
    return [
        _chunk({"role": "assistant", "content": ""}),
        *map(_chunk, deltas),
        _chunk({}, finish),
        {**_chunk({}), "choices": [], "usage": usage},
    ]


def sse(chunks: list[JSON]) -> list[bytes]:
    """The same as server-sent events, one to a read, as they come from a model that takes its time."""
    events = [f"data: {json.dumps(chunk, separators=(',', ':'))}\n\n" for chunk in chunks]
    return [event.encode() for event in [*events, "data: [DONE]\n\n"]]


def _chunk(delta: JSON, finish: str | None = None) -> JSON:
    return {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion.chunk",
        "created": 1_700_000_000,
        "model": "gpt-4o",
        "system_fingerprint": "fp_44709d6fcb",
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}],
    }


def _words(count: int) -> Iterator[str]:
    """Prose by chance, the same in every run: words without an order have no loop for a guard to find."""
    pick, words = random.Random(0), _PROSE.split()
    return (f" {pick.choice(words)}" for _ in range(count))


def _text(count: int) -> Iterator[JSON]:
    return ({"content": word} for word in _words(count))


def _reasoning(count: int) -> Iterator[JSON]:
    return ({"reasoning_content": word} for word in _words(count))


def _tool_calls(count: int) -> Iterator[JSON]:
    """Calls of 50 chunks: the first has the id and the name, the others have pieces of the arguments."""
    for place, word in enumerate(_words(count)):
        call, piece = divmod(place, 50)
        head = {"id": f"call_{call}", "type": "function"} if piece == 0 else {}
        function = {"arguments": word, **({"name": "look_up"} if piece == 0 else {})}
        yield {"tool_calls": [{"index": call, **head, "function": function}]}


_DELTAS = {"text": _text, "tool calls": _tool_calls, "reasoning": _reasoning}
KINDS = tuple(_DELTAS)
