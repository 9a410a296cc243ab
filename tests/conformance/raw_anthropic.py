"""Anthropic's events, added up naively."""

from __future__ import annotations

import json

from tests.conformance.raw import JSON, Finish, RawError, RawStream, error_in, objects_of
from tests.conformance.reading import Call, Said

CACHE_COUNTS = ("cache_creation_input_tokens", "cache_read_input_tokens")


def read_anthropic(body: bytes) -> RawStream:
    raw = RawStream(body)
    message = _Message(raw)
    for found in objects_of(body):
        if found is None:
            raw.saw_done = True
            continue
        if isinstance(found, RawError):
            raw.error = found
            break
        raw.objects.append(found)
        if found.get("type", "error") == "error":
            raw.error = error_in(found)
            break
        message.read(found)
    return raw


class _Message:
    """The message that is being sent, and the counts that it has reported."""

    def __init__(self, raw: RawStream) -> None:
        self._raw = raw
        self._blocks: dict[int, JSON] = {}
        self._calls: dict[int, Call] = {}
        self._usage: JSON = {}

    @property
    def _said(self) -> Said:
        return self._raw.reading.choices[0]

    def read(self, event: JSON) -> None:
        kind = event.get("type")
        if kind == "message_start":
            self._start(event["message"])
        elif kind == "content_block_start":
            self._start_block(event["index"], event["content_block"])
        elif kind == "content_block_delta":
            self._add(event["index"], event["delta"])
        elif kind == "content_block_stop":
            self._stop_block(event["index"])
        elif kind == "message_delta":
            self._end(event.get("delta") or {}, event.get("usage"))

    def _start(self, message: JSON) -> None:
        self._usage = {}
        self._count(message.get("usage"))
        for index, block in enumerate(message.get("content") or ()):
            self._start_block(index, block)
            self._stop_block(index)
        if message.get("stop_reason"):
            self._finish(message["stop_reason"])

    def _start_block(self, index: int, block: JSON) -> None:
        self._blocks[index] = block
        self._said.content += (block.get("text") or "") if block["type"] == "text" else ""
        self._said.reasoning += (block.get("thinking") or "") if block["type"] == "thinking" else ""
        self._calls.pop(index, None)
        if block["type"] == "tool_use":
            self._calls[index] = Call(id=block["id"], name=block["name"])
            self._said.calls.append(self._calls[index])

    def _add(self, index: int, delta: JSON) -> None:
        kind = delta.get("type")
        if kind == "text_delta":
            self._said.content += delta.get("text") or ""
        elif kind == "thinking_delta":
            self._said.reasoning += delta.get("thinking") or ""
        elif kind == "input_json_delta" and index in self._calls:
            self._calls[index].arguments += delta.get("partial_json") or ""

    def _stop_block(self, index: int) -> None:
        call = self._calls.get(index)
        if call is not None and not call.arguments:
            call.arguments = json.dumps(self._blocks[index].get("input") or {})

    def _end(self, delta: JSON, usage: JSON | None) -> None:
        self._count(usage)
        if delta.get("stop_reason"):
            self._finish(delta["stop_reason"])

    def _finish(self, reason: str) -> None:
        self._raw.finishes.setdefault(0, []).append(Finish(reason, alone=True))

    def _count(self, usage: JSON | None) -> None:
        self._usage |= {key: value for key, value in (usage or {}).items() if value is not None}
        if not self._usage:
            return
        # Several passes are reported beside the last one's counts, which stand at the top.
        passes = self._usage.get("iterations") or [self._usage]
        prompt = sum(each.get(key) or 0 for each in passes for key in ("input_tokens", *CACHE_COUNTS))
        completion = sum(each.get("output_tokens") or 0 for each in passes)
        total = prompt + completion
        self._raw.usages.append(
            {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
        )


def read_anthropic_complete(body: bytes) -> RawStream:
    """The old text completions: pieces of text, in the last of which is a reason."""
    raw = RawStream(body)
    for found in objects_of(body):
        if found is None or isinstance(found, RawError):
            raw.error = found
            continue
        raw.objects.append(found)
        raw.reading.choices[0].content += found.get("completion") or ""
        if found.get("stop_reason"):
            raw.finishes.setdefault(0, []).append(Finish(found["stop_reason"], alone=True))
    return raw
