"""OpenAI's chunks and their dialects, added up naively."""

from __future__ import annotations

import json
from typing import Any

from tests.conformance.raw import JSON, Finish, RawError, RawStream, error_in, objects_of
from tests.conformance.reading import CallFragments, Said, read_counts


def read_openai_chat(body: bytes) -> RawStream:
    raw = RawStream(body)
    fragments: dict[int, CallFragments] = {}
    for found in objects_of(body):
        if found is None:
            raw.saw_done = True
            break
        if isinstance(found, RawError):
            raw.error = found
            break
        raw.objects.append(found)
        raw.error = _error_of(found)
        if raw.error is not None:
            break
        _read_usage(found, raw)
        for choice in found.get("choices") or ():
            _read_choice(choice, raw, fragments)
    return raw


def _error_of(data: JSON) -> RawError | None:
    if data.get("error") or data.get("object") == "error":
        return error_in(data)
    for choice in data.get("choices") or ():
        if choice.get("finish_reason") == "error":
            return error_in({"error": choice.get("error") or {}})
    return None


def _read_usage(data: JSON, raw: RawStream) -> None:
    for holder in (data, data.get("x_groq") or {}, *(data.get("choices") or ())):
        usage = holder.get("usage")
        if usage:
            raw.usages.append(read_counts(usage))
            return


def _read_choice(choice: JSON, raw: RawStream, fragments: dict[int, CallFragments]) -> None:
    index = choice.get("index") or 0
    said = raw.reading.choices[index]
    delta = choice.get("delta")
    if delta is None:
        has_spoken = said.content or said.calls
        delta = {} if has_spoken else choice.get("message") or {}
    before = len(said.content), len(said.reasoning)
    _read_content(delta.get("content"), said)
    said.reasoning += _reasoning_of(delta)
    said.refusal += delta.get("refusal") or ""
    indices = _read_calls(delta, said, fragments.setdefault(index, CallFragments(said.calls)))
    raw.call_indices.setdefault(index, []).extend(indices)
    reason = choice.get("finish_reason")
    if reason:
        alone = not delta.get("tool_calls") and before == (len(said.content), len(said.reasoning))
        raw.finishes.setdefault(index, []).append(Finish(reason, alone=alone))


def _read_calls(delta: JSON, said: Said, fragments: CallFragments) -> list[int | None]:
    calls = delta.get("tool_calls") or []
    calls = [calls] if isinstance(calls, dict) else calls
    for call in calls:
        called = call.get("function") or call.get("custom") or {}
        fragments.add(call.get("index"), call.get("id") or "", called.get("name") or "", _arguments(called))
    function = delta.get("function_call") or {}
    said.function.name += function.get("name") or ""
    said.function.arguments += function.get("arguments") or ""
    return [call.get("index") for call in calls]


def _read_content(content: Any, said: Said) -> None:
    if isinstance(content, str):
        said.content += content
    for part in content if isinstance(content, list) else ():
        if part.get("type") == "text":
            said.content += part.get("text") or ""
        elif part.get("type") == "thinking":
            said.reasoning += "".join(inner.get("text") or "" for inner in part.get("thinking") or ())


def _reasoning_of(delta: JSON) -> str:
    """One and the same reasoning may stand under up to three names."""
    for name in ("reasoning_content", "reasoning"):
        if isinstance(delta.get(name), str) and delta[name]:
            text: str = delta[name]
            return text
    details = delta.get("reasoning_details") or ()
    return "".join(detail.get("text") or detail.get("summary") or "" for detail in details)


def _arguments(called: JSON) -> str:
    arguments = called.get("arguments", called.get("input"))
    if arguments is None:
        return ""
    return arguments if isinstance(arguments, str) else json.dumps(arguments)
