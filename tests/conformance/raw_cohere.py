"""Cohere's events of both versions, added up naively."""

from __future__ import annotations

import json

from tests.conformance.raw import JSON, Finish, RawError, RawStream, objects_of, read_lines
from tests.conformance.reading import Call, CallFragments, Usage


def read_cohere_v2(body: bytes) -> RawStream:
    raw = RawStream(body)
    said = raw.reading.choices[0]
    fragments = CallFragments(said.calls)
    for event in objects_of(body):
        if not isinstance(event, dict):
            raw.saw_done = event is None
            continue
        raw.objects.append(event)
        delta = event.get("delta") or {}
        message = delta.get("message") or {}
        content = message.get("content") or {}
        if event["type"] in {"content-start", "content-delta"}:
            said.content += content.get("text") or ""
            said.reasoning += content.get("thinking") or ""
        elif event["type"] in {"tool-call-start", "tool-call-delta"}:
            call = message["tool_calls"]
            called = call["function"]
            fragments.add(event["index"], call.get("id", ""), called.get("name", ""), called["arguments"])
            raw.call_indices.setdefault(0, []).append(event["index"])
        elif event["type"] == "message-end":
            _end(raw, delta, delta["usage"]["tokens"])
    return raw


def read_cohere_v1(body: bytes) -> RawStream:
    raw = RawStream(body)
    said = raw.reading.choices[0]
    for event in read_lines(body):
        raw.objects.append(event)
        if event["event_type"] == "text-generation":
            said.content += event["text"]
        elif event["event_type"] == "tool-calls-generation":
            said.calls += [
                Call(f"call_{index}", call["name"], json.dumps(call["parameters"]))
                for index, call in enumerate(event["tool_calls"])
            ]
        elif event["event_type"] == "stream-end":
            _end(raw, event, event["response"]["meta"]["billed_units"])
    return raw


def _end(raw: RawStream, end: JSON, counts: JSON) -> None:
    reason = end["finish_reason"]
    if end.get("error") or reason in {"ERROR", "TIMEOUT"}:
        raw.error = RawError(504 if reason == "TIMEOUT" else 500, end.get("error") or "")
    raw.finishes[0] = [Finish(reason, alone=True)]
    prompt, completion = counts["input_tokens"], counts["output_tokens"]
    usage: Usage = {"prompt_tokens": prompt, "completion_tokens": completion}
    raw.usages.append({**usage, "total_tokens": prompt + completion})
