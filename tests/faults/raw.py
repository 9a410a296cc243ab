"""A body's bytes read as naively as can be, by nothing of `unspool.faults`: what its faults are checked with.

All is held in memory and read at once. Of each format it knows what its streams show, and no more.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

JSON = dict[str, Any]


@dataclass(frozen=True)
class RawEvent:
    """One event: its bytes (of an array's element without what separates it), its name and its data.

    Attributes:
        rest: all in the bytes but the data: names, ids, comments, AWS's headers.
        ends_at: where it ends in the body.
    """

    raw: bytes
    name: str
    data: str
    rest: bytes
    ends_at: int

    @property
    def json(self) -> Any:
        try:
            return json.loads(self.data, strict=False)
        except ValueError:
            return None


# -- framings, each of which fails on a body that isn't well formed -------------------------------------


def sse_events(body: bytes) -> Iterator[RawEvent]:
    place = 0
    for block in re.findall(rb"(?s)(?:(?!\r\n\r\n|\n\n|\r\r).)*(?:\r\n\r\n|\n\n|\r\r|\Z)", body):
        place += len(block)
        lines = re.split(rb"\r\n|\n|\r", block)
        data = [line.partition(b":")[2].removeprefix(b" ") for line in lines if re.match(rb"data(:|$)", line)]
        name = [line.partition(b":")[2].strip() for line in lines if line.startswith(b"event:")]
        if data:
            rest = re.sub(rb"(?m)^data:? ?[^\r\n]*(\r\n|\n|\r)?", b"", block)
            text = b"\n".join(data).decode("utf-8", "replace")
            yield RawEvent(block, (name or [b"message"])[0].decode(), text, rest, place)


def ndjson_events(body: bytes) -> Iterator[RawEvent]:
    place = 0
    for line in body.splitlines(keepends=True):
        place += len(line)
        if line.strip():
            yield RawEvent(line, "message", line.strip().decode("utf-8", "replace"), b"", place)


_ELEMENT = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]|[^\[\]{}"]+', re.DOTALL)


def array_events(body: bytes) -> Iterator[RawEvent]:
    """The elements, by their brackets alone: one of them may be broken."""
    text, depth, start = body.decode(), 0, 0
    for token in _ELEMENT.finditer(text):
        depth += (token.group() in ("[", "{")) - (token.group() in ("]", "}"))
        if depth == 2 and token.group() == "{" and not start:
            start = token.start()
        if depth == 1 and start:
            raw = text[start : token.end()]
            yield RawEvent(raw.encode(), "message", raw, b"", len(text[: token.end()].encode()))
            start = 0
    assert depth == 0
    assert text.lstrip().startswith("[")


def aws_events(body: bytes) -> Iterator[RawEvent]:
    place = 0
    while body:
        size, headers = int.from_bytes(body[:4]), int.from_bytes(body[4:8])
        frame, body = body[:size], body[size:]
        assert len(frame) == size
        assert zlib.crc32(frame[:8]) == int.from_bytes(frame[8:12])
        assert zlib.crc32(frame[:-4]) == int.from_bytes(frame[-4:])
        place += size
        rest = frame[12 : 12 + headers]
        tail = re.split(rb":(?:event|exception)-type\x07", rest)[1]
        name = tail[2 : 2 + int.from_bytes(tail[:2])].decode()
        yield RawEvent(frame, name, frame[12 + headers : -4].decode(), rest, place)


def events_of(body: bytes) -> list[RawEvent]:
    """The events of a whole, well-formed body."""
    first = body.lstrip()[:1]
    read: dict[bytes, Callable[[bytes], Iterator[RawEvent]]] = {
        b"{": ndjson_events,
        b"[": array_events,
        b"\0": aws_events,
    }
    return list(read.get(first, sse_events)(body))


# -- what events say ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Said:
    """What an event says: its output as one text, why the answer ended, and the tokens that it reports."""

    output: str = ""
    reason: str = ""
    usage: str = ""


def said_by(wire_format: str, event: RawEvent) -> Said:
    """What an event says in a format; nothing, if it can't be read."""
    body = event.json
    if wire_format == "bedrock-invoke":
        body = json.loads(b64decode(body["bytes"])) if event.name == "chunk" else None
    if wire_format != "replicate-sse" and not isinstance(body, dict):
        return Said()
    output, reason, usage = _READERS[wire_format](body, event)
    return Said(_text(output), _text(reason), _text(usage))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value) if value else ""


Read = tuple[Any, Any, Any]


def _chat(body: JSON, _event: RawEvent | None = None) -> Read:
    output, reason = [], []
    for choice in body.get("choices") or ():
        delta = choice.get("delta") or choice.get("message") or {}
        keys = (
            "content reasoning reasoning_content reasoning_details refusal tool_calls audio function_call"
            " images thinking"
        )
        output += [delta[key] for key in keys.split() if delta.get(key)]
        reason += [choice["finish_reason"]] if choice.get("finish_reason") else []
    return output, "".join(reason), body.get("usage")


def _completions(body: JSON, _event: RawEvent) -> Read:
    choices = body.get("choices") or ()
    reasons = "".join(choice.get("finish_reason") or "" for choice in choices)
    return "".join(choice.get("text") or "" for choice in choices), reasons, body.get("usage")


def _sap(body: JSON, event: RawEvent) -> Read:
    return _chat(body.get("final_result") or body.get("orchestration_result") or {}, event)


def _anthropic(body: JSON, _event: RawEvent) -> Read:
    kind, delta = body.get("type"), body.get("delta") or {}
    spoken = {key: value for key, value in delta.items() if key not in {"type", "signature"} and value}
    output = spoken if kind == "content_block_delta" else ""
    return output, delta.get("stop_reason") if kind == "message_delta" else "", body.get("usage")


def _responses(body: JSON, _event: RawEvent) -> Read:
    kind = body.get("type") or ""
    ended = kind if kind in {"response.completed", "response.incomplete", "response.failed"} else ""
    return body.get("delta") if kind.endswith(".delta") else "", ended, ""


def _gemini(body: JSON, _event: RawEvent) -> Read:
    output, reason = [], ""
    for candidate in body.get("candidates") or ():
        parts = (candidate.get("content") or {}).get("parts") or ()
        known = (
            {k: v for k, v in part.items() if k not in {"thought", "thoughtSignature"}} for part in parts
        )
        output += [part for part in known if any(part.values())]
        reason += str(candidate.get("finishReason") or "")
    return output, reason, ""  # usage is in every chunk


def _interactions(body: JSON, _event: RawEvent) -> Read:
    kind = body.get("event_type")
    delta = {k: v for k, v in (body.get("delta") or {}).items() if "signature" not in k and k != "type"}
    ended = kind if kind in {"interaction.complete", "interaction.completed"} else ""
    return delta if kind in {"step.delta", "content.delta"} and any(delta.values()) else "", ended, ""


def _cohere_v2(body: JSON, _event: RawEvent) -> Read:
    kind = body.get("type") or ""
    delta = body.get("delta") or {}
    return delta if kind.endswith("-delta") else "", delta.get("finish_reason"), delta.get("usage")


def _cohere_v1(body: JSON, _event: RawEvent) -> Read:
    kind = body.get("event_type")
    said = {k: v for k, v in body.items() if k not in {"event_type", "is_finished"} and v}
    spoken = said if kind in {"text-generation", "tool-calls-chunk"} else ""
    return spoken, kind if kind == "stream-end" else "", ""


def _ollama(body: JSON, _event: RawEvent) -> Read:
    message = body.get("message") or body
    keys = ("content", "thinking", "tool_calls", "response")
    output = [message[key] for key in keys if message.get(key)]
    return output, "done" if body.get("done") else "", body.get("eval_count")


def _converse(body: JSON, event: RawEvent) -> Read:
    delta = body.get("delta") or {}
    reasoning = (delta.get("reasoningContent") or {}).get("text")
    inputs = (delta.get("toolUse") or {}).get("input")
    output = delta.get("text") or reasoning or inputs
    return output if event.name == "contentBlockDelta" else "", body.get("stopReason"), body.get("usage")


def _agent(body: JSON, event: RawEvent) -> Read:
    return body.get("bytes") if event.name == "chunk" else body.get("text"), "", ""


def _invoked(body: JSON, event: RawEvent) -> Read:
    """By the field that each family has."""
    if "choices" in body:
        return _chat(body)
    if "outputText" in body:
        return body["outputText"], body.get("completionReason"), ""
    if "generation" in body:
        return body["generation"], body.get("stop_reason"), ""
    if "outputs" in body:
        return body["outputs"][0].get("text"), body["outputs"][0].get("stop_reason"), ""
    if "completion" in body:
        return body["completion"], body.get("stop_reason"), ""
    if "contentBlockDelta" in body or "messageStop" in body:
        delta = (body.get("contentBlockDelta") or {}).get("delta") or {}
        inner = delta.get("text") or (delta.get("toolUse") or {}).get("input")
        return inner, (body.get("messageStop") or {}).get("stopReason"), ""
    if "event_type" in body:
        return _cohere_v1(body, event)
    if "is_finished" in body:
        return body.get("text"), body.get("finish_reason"), ""
    return _anthropic(body, event)


def _rpc(body: JSON, _event: RawEvent) -> Read:
    result = body.get("result") or {}
    kind = result.get("kind")
    state = (result.get("status") or {}).get("state", "")
    ended = (kind is None and bool(result)) or kind == "message" or result.get("final")
    ended = ended or (kind == "task" and state not in {"submitted", "working", ""})
    holders = [
        result,
        result.get("message"),
        (result.get("status") or {}).get("message"),
        result.get("artifact"),
    ]
    parts = [part for one in holders if isinstance(one, dict) for part in one.get("parts") or ()]
    parts += [part for one in result.get("artifacts") or () for part in one.get("parts") or ()]
    content = result.get("content")
    return (
        [*parts, *(content if isinstance(content, list) else [content] if content else [])],
        ("ended" if ended else ""),
        "",
    )


_RUN_ENDS = r"thread\.run\.(cancelled|completed|expired|failed|incomplete|requires_action)"


def _assistants(body: JSON, event: RawEvent) -> Read:
    ended = event.name if re.fullmatch(_RUN_ENDS, event.name) else ""
    return body.get("delta") if event.name.endswith(".delta") else "", ended, ""


def _transcription(body: JSON, _event: RawEvent) -> Read:
    kind = body.get("type")
    return body.get("delta"), kind if kind == "transcript.text.done" else "", ""


def _replicate(_body: Any, event: RawEvent) -> Read:
    return event.data if event.name == "output" else "", "done" if event.name == "done" else "", ""


def _tgi(body: JSON, _event: RawEvent) -> Read:
    token = body.get("token") or {}
    ended = body.get("generated_text") is not None or body.get("details")
    return "" if token.get("special") else token.get("text"), "ended" if ended else "", ""


def _watsonx(body: JSON, _event: RawEvent) -> Read:
    results = body.get("results") or ()
    reasons = [one.get("stop_reason") for one in results if one.get("stop_reason") != "not_finished"]
    return "".join(one.get("generated_text") or "" for one in results), "".join(filter(None, reasons)), ""


_READERS: dict[str, Callable[[Any, RawEvent], Read]] = {
    "anthropic-complete": lambda body, _: (body.get("completion"), body.get("stop_reason"), ""),
    "anthropic-messages": _anthropic,
    "bedrock-agent": _agent,
    "bedrock-converse": _converse,
    "bedrock-invoke": _invoked,
    "cohere-v1": _cohere_v1,
    "cohere-v2": _cohere_v2,
    "gemini-generate": _gemini,
    "gemini-generate-jsonarray": _gemini,
    "gemini-interactions": _interactions,
    "jsonrpc-sse": _rpc,
    "ollama-ndjson": _ollama,
    "openai-assistants": _assistants,
    "openai-chat": _chat,
    "openai-completions": _completions,
    "openai-responses": _responses,
    "openai-transcription": _transcription,
    "replicate-sse": _replicate,
    "sap-orchestration": _sap,
    "tgi": _tgi,
    "watsonx-generation": _watsonx,
}


# -- tool calls -----------------------------------------------------------------------------------------


def arguments_of(wire_format: str, events: list[RawEvent]) -> dict[str, str]:
    """The arguments of tool calls as their pieces add up, by whatever tells the calls apart."""
    added: dict[str, str] = {}
    for event in events:
        body = event.json
        if wire_format == "bedrock-invoke" and isinstance(body, dict) and "bytes" in body:
            body = json.loads(b64decode(body["bytes"]))
        for key, piece in _pieces(body if isinstance(body, dict) else {}):
            added[key] = added.get(key, "") + piece
    return added


def _pieces(body: JSON) -> Iterator[tuple[str, str]]:
    for choice in body.get("choices") or ():
        for call in (choice.get("delta") or {}).get("tool_calls") or ():
            name = call.get("index", call.get("id"))
            yield f"{choice.get('index', 0)}/{name}", (call.get("function") or {}).get("arguments") or ""
    delta = body.get("delta")
    if body.get("type") == "response.function_call_arguments.delta" and isinstance(delta, str):
        yield str(body.get("item_id")), delta
    if not isinstance(delta, dict):
        delta = (body.get("contentBlockDelta") or {}).get("delta") or {}
    if delta.get("partial_json"):
        yield str(body.get("index")), delta["partial_json"]
    if "toolUse" in delta:
        index = body.get("contentBlockIndex", (body.get("contentBlockDelta") or {}).get("contentBlockIndex"))
        yield str(index), delta["toolUse"].get("input") or ""
    message = delta.get("message")
    calls = message.get("tool_calls") if isinstance(message, dict) else None
    if isinstance(calls, dict):
        yield str(body.get("index")), (calls.get("function") or {}).get("arguments") or ""


def is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
