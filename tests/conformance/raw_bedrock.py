"""Bedrock's events, added up naively."""

from __future__ import annotations

import json
import re
import struct
from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.conformance.raw import JSON, Finish, RawError, RawStream
from tests.conformance.raw_anthropic import read_anthropic, read_anthropic_complete
from tests.conformance.raw_openai_chat import read_openai_chat
from tests.conformance.reading import Call, Usage

Event = tuple[str, JSON]
"""An event's type and its JSON."""

METRICS = "amazon-bedrock-invocationMetrics"
GUARDRAIL = "amazon-bedrock-guardrailAction"

STATUS = {
    "internalServerException": 500,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "serviceUnavailableException": 503,
    "throttlingException": 429,
    "validationException": 400,
}
"""What AWS documents of the exceptions that a model's stream may end with."""


def frames_of(body: bytes) -> Iterator[Event]:
    """The events of a whole body, whose checksums are taken for right."""
    while body:
        size, headers_size = struct.unpack(">II", body[:8])
        payload = body[12 + headers_size : size - 4]
        yield _event_type(body[12 : 12 + headers_size]), json.loads(payload)
        body = body[size:]


def _event_type(headers: bytes) -> str:
    """The value of `:event-type` or `:exception-type`: the type of a text, and two bytes of its length."""
    rest = re.split(rb":(?:event|exception)-type\x07", headers)[1]
    return rest[2 : 2 + int.from_bytes(rest[:2])].decode()


def read_converse(body: bytes) -> RawStream:
    return add_converse(RawStream(body), frames_of(body))


def read_invoke(body: bytes) -> RawStream:
    payloads = [json.loads(b64decode(event["bytes"])) for _, event in frames_of(body)]
    return add_payloads(body, payloads)


def read_agent(body: bytes) -> RawStream:
    return add_agent(RawStream(body), frames_of(body))


# -- Converse -----------------------------------------------------------------------------------------


def add_converse(raw: RawStream, events: Iterable[Event]) -> RawStream:
    said = raw.reading.choices[0]
    calls: dict[int, Call] = {}
    for name, event in events:
        raw.objects.append({name: event})
        if name in STATUS:
            raw.error = RawError(event.get("originalStatusCode") or STATUS[name], event["message"])
            break
        index = event.get("contentBlockIndex", 0)
        tool = event.get("start", {}).get("toolUse")
        if tool and tool.get("type") != "server_tool_use":
            calls[index] = Call(id=tool["toolUseId"], name=tool["name"])
            said.calls.append(calls[index])
        delta = event.get("delta", {})
        said.content += delta.get("text", "")
        said.reasoning += delta.get("reasoningContent", {}).get("text", "")
        if index in calls:
            calls[index].arguments += delta.get("toolUse", {}).get("input", "")
            if name == "contentBlockStop" and not calls[index].arguments:
                calls[index].arguments = "{}"
        if "stopReason" in event:
            finish(raw, event["stopReason"])
        if event.get("usage"):
            raw.usages.append(count(event["usage"]))
    return raw


def finish(raw: RawStream, reason: str | None, index: int = 0) -> None:
    if reason:
        raw.finishes.setdefault(index, []).append(Finish(reason, alone=True))


def count(usage: JSON) -> Usage:
    """Prompt and answer, whatever InvokeModel and Converse call them; the total is theirs if they say it."""
    read = _first(usage, "cacheReadInputTokens", "cacheReadInputTokenCount")
    written = _first(usage, "cacheWriteInputTokens", "cacheWriteInputTokenCount")
    prompt = _first(usage, "inputTokens", "inputTokenCount") + read + written
    completion = _first(usage, "outputTokens", "outputTokenCount")
    total = usage.get("totalTokens") or prompt + completion
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}


def _first(usage: JSON, *names: str) -> int:
    return next((int(usage[name]) for name in names if name in usage), 0)


# -- InvokeModel --------------------------------------------------------------------------------------


def add_payloads(body: bytes, payloads: list[JSON]) -> RawStream:
    """A stream's payloads, by what kind of field only one family has."""
    for sign, read in _FAMILIES.items():
        if sign in payloads[0]:
            raw = read(payloads)
            break
    raw.body, raw.objects = body, payloads
    for payload in payloads:
        if METRICS in payload and not raw.usages:
            raw.usages.append(count(payload[METRICS]))
        if payload.get(GUARDRAIL) == "INTERVENED" and not raw.finishes:
            finish(raw, "guardrail_intervened")  # Titan names no reason then
    return raw


def _as_sse(read: Callable[[bytes], RawStream]) -> Callable[[list[JSON]], RawStream]:
    """The payloads as if the model's own server had sent them."""
    return lambda payloads: read(b"".join(b"data: %b\n\n" % json.dumps(each).encode() for each in payloads))


def _read_nova(payloads: list[JSON]) -> RawStream:
    events = [(name, event) for each in payloads for name, event in each.items() if "amazon" not in name]
    return add_converse(RawStream(b""), events)


def _reader(text: str, reason: str, *counts: str) -> Callable[[list[JSON]], RawStream]:
    def read(payloads: list[JSON]) -> RawStream:
        raw = RawStream(b"", objects=payloads)
        counted: JSON = {}
        for payload in payloads:
            for spoken in payload.get("outputs") or payload.get("generations") or [payload]:
                raw.reading.choices[0].content += spoken.get(text) or ""
                finish(raw, spoken.get(reason))
            names = zip(("inputTokens", "outputTokens"), counts, strict=False)
            counted |= {name: payload[key] for name, key in names if payload.get(key)}
            if counted:
                raw.usages.append(count(counted))
        return raw

    return read


_FAMILIES: dict[str, Callable[[list[JSON]], RawStream]] = {
    "messageStart": _read_nova,
    "choices": _as_sse(read_openai_chat),
    "completion": _as_sse(read_anthropic_complete),
    "type": _as_sse(read_anthropic),
    "outputText": _reader(
        "outputText", "completionReason", "inputTextTokenCount", "totalOutputTextTokenCount"
    ),
    "generation": _reader("generation", "stop_reason", "prompt_token_count", "generation_token_count"),
    "outputs": _reader("text", "stop_reason"),
    "is_finished": _reader("text", "finish_reason"),
    "generations": _reader("text", "finish_reason"),
}


# -- agents -------------------------------------------------------------------------------------------


def add_agent(raw: RawStream, events: Iterable[Event]) -> RawStream:
    said = raw.reading.choices[0]
    spent = {"inputTokens": 0, "outputTokens": 0}
    for name, event in events:
        raw.objects.append({name: event})
        if name == "chunk":
            data = event["bytes"]
            said.content += (data if isinstance(data, bytes) else b64decode(data)).decode()
        if name == "output":
            said.content += event["text"]
        for usage in _usages_in(event if name == "trace" else {}):
            spent = {key: spent[key] + usage[key] for key in spent}
            raw.usages.append(count(spent))
    return raw


def _usages_in(data: Any) -> Iterator[JSON]:
    """Each step's, however deep in its trace."""
    for key, value in data.items() if isinstance(data, dict) else ():
        if key == "usage":
            yield value
        else:
            yield from _usages_in(value)
