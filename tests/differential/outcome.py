"""What a wrapper and a builder make of a script; runs where litellm is installed, without Unspool, too.

`python outcome.py < scripts.json` prints litellm's outcomes: it imports nothing else of this project.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

JSON = dict[str, Any]


def outcome(chunks: list[Any], wrap: Any, build: Any) -> JSON:
    """By choice: text, reasoning, refusal, calls and finish reasons; and how it ended and was rebuilt."""
    said: dict[str, JSON] = {}
    emitted, error = [], None
    try:
        for chunk in wrap(_source(chunks)):
            emitted.append(chunk)
            for choice in chunk.choices:
                _note(said.setdefault(str(choice.index), _nothing()), choice)
    except Exception as caught:  # noqa: BLE001 - the outcome
        error = _error(caught)
    rebuilt = build(emitted) if emitted else None
    message = None if rebuilt is None else rebuilt.choices[0].message
    return {
        "choices": said,
        "error": error,
        "rebuilt": None if message is None else [message.content or "", len(message.tool_calls or [])],
        "rebuilt finish": None if rebuilt is None else rebuilt.choices[0].finish_reason,
        "usage": None if error else _usage(chunks, rebuilt),
    }


def _source(chunks: list[Any]) -> Iterator[Any]:
    """The chunks; a number stands for an error response with that status, in mid-stream."""
    for chunk in chunks:
        if isinstance(chunk, int):
            raise _refusal(chunk)
        yield chunk


def _refusal(status: int) -> Exception:
    import httpx
    import openai

    response = httpx.Response(status, request=httpx.Request("POST", "https://api.openai.com/v1"))
    return openai.APIStatusError(f"status {status}", response=response, body=None)


def _error(caught: Exception) -> JSON:
    """The status, the class that the error was mapped to, and whether it's LiteLLM's of mid-stream, too."""
    ours = (base for base in type(caught).__mro__ if base.__module__.startswith(("litellm", "unspool")))
    names = [base.__name__ for base in ours] or [type(caught).__name__]
    is_wrapped = names[0] == "MidStreamFallbackError"
    original = getattr(caught, "original_exception", None) if is_wrapped else None
    if not type(original).__module__.startswith(("litellm", "unspool")):
        original = None  # an SDK's, which hasn't been mapped
    mapped = names if original is None else [type(original).__name__]
    return {
        "status": getattr(caught, "status_code", None),
        "mapped": next(name for name in mapped if not name.startswith(("MidStream", "Incomplete"))),
        "in mid-stream": "MidStreamFallbackError" in names,
    }


def _usage(chunks: list[Any], rebuilt: Any) -> list[int] | None:
    """The usage of the response, if the script reports any: an estimate isn't compared."""
    reported = [chunk for chunk in chunks if not isinstance(chunk, int) and _get(chunk, "usage")]
    usage = getattr(rebuilt, "usage", None) if reported else None
    return None if usage is None else [usage.prompt_tokens, usage.completion_tokens, usage.total_tokens]


def _get(chunk: Any, name: str) -> Any:
    return chunk.get(name) if isinstance(chunk, dict) else getattr(chunk, name, None)


def _nothing() -> JSON:
    return {"text": "", "reasoning": "", "refusal": "", "calls": {}, "finish": [], "roles": 0}


def _note(known: JSON, choice: Any) -> None:
    delta = choice.delta
    known["text"] += delta.content or ""
    known["reasoning"] += getattr(delta, "reasoning_content", None) or ""
    known["refusal"] += getattr(delta, "refusal", None) or ""
    known["roles"] += delta.role is not None
    for call in delta.tool_calls or []:
        found = known["calls"].setdefault(str(call.index), ["", "", ""])
        found[0] = found[0] or call.id or ""
        found[1] = found[1] or call.function.name or ""
        found[2] += call.function.arguments or ""
    if choice.finish_reason:
        known["finish"].append(choice.finish_reason)


def _litellms(scripts: list[list[JSON]]) -> list[JSON]:
    from types import SimpleNamespace
    from unittest.mock import MagicMock

    import litellm
    from openai._models import construct_type
    from openai.types.chat import ChatCompletionChunk

    litellm.suppress_debug_info = True
    litellm.REPEATED_STREAMING_CHUNK_LIMIT = 10**9

    def wrap(source: Any) -> Any:
        log = MagicMock(messages=[], optional_params={}, stream_options=None)
        log.model_call_details = {"litellm_params": {}}
        return litellm.CustomStreamWrapper(source, "gpt-4o-mini", log, "openai")

    def build(chunks: list[Any]) -> Any:
        try:
            return litellm.stream_chunk_builder(chunks)
        except litellm.APIError:
            message = SimpleNamespace(content="the builder fails", tool_calls=None)
            return SimpleNamespace(choices=[SimpleNamespace(message=message, finish_reason="")])

    def of_openai(chunk: Any) -> Any:
        return chunk if isinstance(chunk, int) else construct_type(type_=ChatCompletionChunk, value=chunk)

    return [outcome([of_openai(chunk) for chunk in one], wrap, build) for one in scripts]


if __name__ == "__main__":
    found = _litellms(json.load(sys.stdin))
    print("\n" + json.dumps(found))  # noqa: T201 - its result, after what litellm prints
