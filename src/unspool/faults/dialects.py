"""Whose events these are, and what they say: text, or why the answer ended.

Recognised by their JSON, so that a fault need not be told a format.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unspool.faults.frames import JSON, AWSFraming, Frame, NDJSONFraming, framing_of

_ANTHROPIC = frozenset(
    {
        "content_block_delta",
        "content_block_start",
        "content_block_stop",
        "message_delta",
        "message_start",
        "message_stop",
        "ping",
    }
)
_SAID = ("content", "reasoning", "reasoning_content", "tool_calls", "refusal")


def dialect_of(frame: Frame) -> str | None:
    """The wire format that an event is of; None if it could be any's."""
    body = frame.json
    if body is None or frame.event is None:
        return None
    if isinstance(frame.framing, AWSFraming):
        return "bedrock-invoke" if frame.event.name == "chunk" else "bedrock-converse"
    kind = word_in(body, "type")
    return next((name for name, knows in _SIGNS.items() if knows(body, kind)), None) or (
        "ollama-ndjson" if isinstance(frame.framing, NDJSONFraming) else None
    )


# An event may be broken already, by another fault or by its provider: nothing is taken for granted.


def word_in(body: JSON, key: str) -> str:
    """The text under a key; empty if there is none."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def object_in(body: JSON, key: str) -> JSON:
    """The object under a key; empty if there is none."""
    value = body.get(key)
    return value if isinstance(value, dict) else {}


def objects_in(body: JSON, key: str) -> list[JSON]:
    """The objects in a list under a key; none if there is no such list."""
    value = body.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


_SIGNS: dict[str, Callable[[JSON, str], bool]] = {
    "openai-completions": lambda body, _: any(
        "text" in choice and "delta" not in choice for choice in choices_in(body)
    ),
    "openai-chat": lambda body, _: "choices" in body,
    "openai-responses": lambda _, kind: kind.startswith("response."),
    "anthropic-complete": lambda _, kind: kind == "completion",
    "anthropic-messages": lambda _, kind: kind in _ANTHROPIC,
    "gemini-generate": lambda body, _: "candidates" in body or "usageMetadata" in body,
    "cohere-v2": lambda _, kind: kind.startswith(("message-", "content-", "tool-")),
    "gemini-interactions": lambda body, _: "." in word_in(body, "event_type"),
    "cohere-v1": lambda body, _: bool(word_in(body, "event_type")),
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a format's events say.

    Attributes:
        speaks: whether one says something: text, reasoning, a piece of a tool call.
        finishes: whether one says why the answer ended.
        unfinish: the same event without that, None if nothing would be left of it.
    """

    speaks: Callable[[JSON, str], Any]
    finishes: Callable[[JSON, str], Any]
    unfinish: Callable[[JSON], JSON | None] = lambda _body: None


def choices_in(body: JSON) -> list[JSON]:
    """The choices of an OpenAI chat chunk."""
    return objects_in(body, "choices")


def _chat_speaks(body: JSON, _name: str) -> bool:
    return any(object_in(choice, "delta").get(key) for choice in choices_in(body) for key in _SAID)


def _chat_finishes(body: JSON, _name: str) -> bool:
    return any(choice.get("finish_reason") for choice in choices_in(body))


def _chat_unfinish(body: JSON) -> JSON:
    return {**body, "choices": [{**choice, "finish_reason": None} for choice in choices_in(body)]}


def _candidates(body: JSON, key: str) -> bool:
    return any(one.get(key) for one in objects_in(body, "candidates"))


def _gemini_unfinish(body: JSON) -> JSON:
    candidates = (
        {k: v for k, v in one.items() if k != "finishReason"} for one in objects_in(body, "candidates")
    )
    return {**body, "candidates": list(candidates)}


def _ollama_speaks(body: JSON, _name: str) -> bool:
    message = object_in(body, "message") or body
    return any(message.get(key) for key in ("content", "thinking", "tool_calls", "response"))


_ACCOUNT = b"amazon-bedrock-invocationMetrics"


def _unpacked(body: JSON) -> bytes:
    try:
        return b64decode(word_in(body, "bytes"))
    except ValueError:
        return b""


_DIALECTS: dict[str, Dialect] = {
    "openai-chat": Dialect(_chat_speaks, _chat_finishes, _chat_unfinish),
    "openai-completions": Dialect(
        lambda body, _: any(choice.get("text") for choice in choices_in(body)), _chat_finishes, _chat_unfinish
    ),
    "openai-responses": Dialect(
        lambda body, _: body["type"].endswith(".delta"),
        lambda body, _: body["type"] in {"response.completed", "response.incomplete", "response.failed"},
    ),
    "anthropic-complete": Dialect(
        lambda body, _: body.get("completion"),
        lambda body, _: body.get("stop_reason"),
        lambda body: {**body, "stop_reason": None},
    ),
    "anthropic-messages": Dialect(
        lambda body, _: body["type"] == "content_block_delta",
        lambda body, _: body["type"] == "message_delta" and object_in(body, "delta").get("stop_reason"),
    ),
    "gemini-generate": Dialect(
        lambda body, _: _candidates(body, "content"),
        lambda body, _: _candidates(body, "finishReason"),
        _gemini_unfinish,
    ),
    "gemini-interactions": Dialect(
        lambda body, _: body["event_type"] == "step.delta",
        lambda body, _: body["event_type"] == "interaction.completed",
    ),
    "cohere-v2": Dialect(
        lambda body, _: body["type"].endswith("-delta"), lambda body, _: body["type"] == "message-end"
    ),
    "cohere-v1": Dialect(
        lambda body, _: body["event_type"] in {"text-generation", "tool-calls-chunk"},
        lambda body, _: body["event_type"] == "stream-end",
    ),
    "ollama-ndjson": Dialect(_ollama_speaks, lambda body, _: body.get("done")),
    "bedrock-converse": Dialect(
        lambda _, name: name == "contentBlockDelta", lambda _, name: name == "messageStop"
    ),
    # What these say is the model's own event, in base64; the last of them has Bedrock's account.
    "bedrock-invoke": Dialect(lambda _body, _name: True, lambda body, _: _ACCOUNT in _unpacked(body)),
}


def dialect_in(body: bytes) -> str | None:
    """The wire format of a body, by the first of its events that tells; None if none does."""
    framing = framing_of(body)
    frames = (frame for step in (framing.split(body, 0.0), framing.rest(0.0)) for frame in step)
    return next((found for frame in frames if (found := dialect_of(frame))), None)


def speaks(frame: Frame) -> bool:
    """Whether an event says something: text, reasoning, a piece of a tool call."""
    return _ask(frame, "speaks")


def finishes(frame: Frame) -> bool:
    """Whether an event says why the answer ended."""
    return _ask(frame, "finishes")


def unfinished(frame: Frame) -> Frame | None:
    """The event without the reason why the answer ended; None if it has nothing else to say."""
    body, dialect = frame.json, dialect_of(frame)
    changed = _DIALECTS[dialect].unfinish(body) if body is not None and dialect else None
    return None if changed is None else frame.with_json(changed)


def _ask(frame: Frame, question: str) -> bool:
    body, dialect = frame.json, dialect_of(frame)
    if body is None or dialect is None or frame.event is None:
        return False
    return bool(getattr(_DIALECTS[dialect], question)(body, frame.event.name))
