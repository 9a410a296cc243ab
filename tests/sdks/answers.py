"""What each provider sends for one small answer: its events, its JSON, its refusal. All of it is made up."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

TEXTS = ("Grüße", " aus", " 東京", " 🗼", ", wo", " 雨", " fällt", " ☔️", ".")
"""Most of them have characters of two, three or four bytes, for the network to cut."""

TEXT = "".join(TEXTS)


@dataclass(frozen=True)
class Format:
    """How a provider answers.

    Attributes:
        streams_at: the path, with its query, that streams are asked for at.
        answers_at: the path for an answer in one piece.
        events: a stream's, one network chunk each.
        whole: the answer in one piece.
        refusal: the body of a 429.
    """

    streams_at: str
    answers_at: str
    events: tuple[bytes, ...]
    whole: Any
    refusal: Any


def _sse(data: Any, event: str = "", newline: str = "\n") -> bytes:
    text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    named = f"event: {event}{newline}" if event else ""
    return f"{named}data: {text}{newline * 2}".encode()


def _named(payloads: Iterable[dict[str, Any]]) -> tuple[bytes, ...]:
    return tuple(_sse(payload, payload["type"]) for payload in payloads)


# OpenAI's chat completions, and those who speak as it does


def _chat(path: str, model: str, *, last: dict[str, Any], extra: dict[str, Any]) -> Format:
    head = {"id": "chatcmpl-1f0e", "created": 1795000000, "model": model, **extra}
    usage = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}
    choice = {"index": 0, "logprobs": None}

    def chunk(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
        said = [{**choice, "delta": delta, "finish_reason": finish}]
        return _sse({**head, "object": "chat.completion.chunk", "choices": said, **more})

    message = {"role": "assistant", "content": TEXT}
    return Format(
        streams_at=path,
        answers_at=path,
        events=(
            chunk({"role": "assistant", "content": ""}),
            *(chunk({"content": text}) for text in TEXTS),
            chunk({}, "stop", **last),
            _sse("[DONE]"),
        ),
        whole={
            **head,
            "object": "chat.completion",
            "choices": [{**choice, "message": message, "finish_reason": "stop"}],
            "usage": usage,
        },
        refusal={"error": {"message": "Rate limit reached", "type": "tokens", "code": "rate_limit_exceeded"}},
    )


OPENAI = _chat(
    "/v1/chat/completions",
    "gpt-4o-mini-2024-07-18",
    last={"usage": None},
    extra={"service_tier": "default", "system_fingerprint": "fp_06737a9306"},
)

GROQ = _chat(
    "/openai/v1/chat/completions",
    "llama-3.3-70b-versatile",
    last={
        "x_groq": {"id": "req_1", "usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}}
    },
    extra={"system_fingerprint": "fp_9e1e"},
)

MISTRAL = _chat(
    "/v1/chat/completions",
    "mistral-small-latest",
    last={"usage": {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}, "p": "abcdef"},
    extra={},
)


# Anthropic's messages


def _anthropic() -> Format:
    message = {"id": "msg_01", "type": "message", "role": "assistant", "model": "claude-haiku-4-5-20251001"}
    used = {"input_tokens": 9, "output_tokens": 12}
    deltas = [{"type": "text_delta", "text": text} for text in TEXTS]
    opening = {**message, "content": [], "stop_reason": None, "stop_sequence": None, "usage": used}
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    return Format(
        streams_at="/v1/messages",
        answers_at="/v1/messages",
        events=_named(
            [
                {"type": "message_start", "message": opening},
                {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                {"type": "ping"},
                *({"type": "content_block_delta", "index": 0, "delta": delta} for delta in deltas),
                {"type": "content_block_stop", "index": 0},
                {"type": "message_delta", "delta": stop, "usage": {"output_tokens": 12}},
                {"type": "message_stop"},
            ]
        ),
        whole={**message, "content": [{"type": "text", "text": TEXT}], **stop, "usage": used},
        refusal={"type": "error", "error": {"type": "rate_limit_error", "message": "Too many requests"}},
    )


ANTHROPIC = _anthropic()


# Gemini's generateContent


def _gemini() -> Format:
    base = "/v1/models/gemini-2.5-flash"
    head = {"modelVersion": "gemini-2.5-flash", "responseId": "k3Y1aQ"}
    usage = {"promptTokenCount": 9, "candidatesTokenCount": 12, "totalTokenCount": 21}

    def said(text: str, **more: Any) -> dict[str, Any]:
        content = {"parts": [{"text": text}], "role": "model"}
        return {"candidates": [{"content": content, "index": 0, **more}], "usageMetadata": usage, **head}

    *texts, last = TEXTS
    return Format(
        streams_at=f"{base}:streamGenerateContent?alt=sse",
        answers_at=f"{base}:generateContent",
        events=tuple(
            _sse(payload, newline="\r\n")
            for payload in (*(said(text) for text in texts), said(last, finishReason="STOP"))
        ),
        whole=said(TEXT, finishReason="STOP"),
        refusal={"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}},
    )


GEMINI = _gemini()


# Cohere's chat, version 2


def _cohere() -> Format:
    opening = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    billed = {"billed_units": {"input_tokens": 9, "output_tokens": 12}, "tokens": {"input_tokens": 9}}
    deltas = [{"message": {"content": {"text": text}}} for text in TEXTS]
    block = {"message": {"content": {"type": "text", "text": ""}}}
    events = _named(
        [
            {"type": "message-start", "id": "7c0c3693", "delta": {"message": opening}},
            {"type": "content-start", "index": 0, "delta": block},
            *({"type": "content-delta", "index": 0, "delta": delta} for delta in deltas),
            {"type": "content-end", "index": 0},
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": billed}},
        ]
    )
    message = {"role": "assistant", "content": [{"type": "text", "text": TEXT}]}
    return Format(
        streams_at="/v2/chat",
        answers_at="/v2/chat",
        events=(*events, _sse("[DONE]")),
        whole={"id": "7c0c3693", "message": message, "finish_reason": "COMPLETE", "usage": billed},
        refusal={"message": "too many requests"},
    )


COHERE = _cohere()
