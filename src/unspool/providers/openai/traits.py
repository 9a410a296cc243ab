"""What the events of OpenAI's formats say."""

from __future__ import annotations

from typing import Any

from unspool.providers.traits import (
    JSON,
    Path,
    Traits,
    choices_in,
    kind_in,
    object_in,
    plain,
    with_choices,
    without,
)
from unspool.wire.event import WireEvent

_OUTPUT = (
    "audio",
    "content",
    "function_call",
    "images",
    "reasoning",
    "reasoning_content",
    "reasoning_details",
    "refusal",
    "thinking",
    "thinking_blocks",
    "tool_calls",
)


def chat_speaks(body: JSON, _event: WireEvent) -> bool:
    return any(map(_chat_said, choices_in(body)))


def _chat_said(choice: JSON) -> bool:
    delta = object_in(choice, "delta") or object_in(choice, "message")
    return any(delta.get(key) for key in _OUTPUT)


def chat_finishes(body: JSON, _event: WireEvent) -> bool:
    return any(_chat_reason(choice) for choice in choices_in(body))


def _chat_reason(choice: JSON) -> Any:
    return choice.get("finish_reason") or choice.get("stop_reason")


def chat_unfinish(body: JSON) -> JSON:
    return with_choices(body, _unfinished_choice)


def _unfinished_choice(choice: JSON) -> JSON:
    return {key: None if key in {"finish_reason", "stop_reason"} else value for key, value in choice.items()}


def chat_only_finish(body: JSON) -> JSON:
    return with_choices(without(body, "usage"), _silent_choice)


def _silent_choice(choice: JSON) -> JSON:
    if not _chat_said(choice):
        return choice
    kept = without(choice, "message", "logprobs")
    return {key: {} if key == "delta" else value for key, value in kept.items()}


def chat_arguments(body: JSON) -> list[Path]:
    value = body.get("choices")
    return [
        ("choices", place, "delta", "tool_calls", n, "function", "arguments")
        for place, choice in enumerate(value if isinstance(value, list) else [])
        if isinstance(choice, dict)
        for n in range(len(calls_in(choice)))
    ]


def calls_in(choice: JSON) -> list[Any]:
    """The tool calls in a choice's delta, as they are."""
    value = object_in(choice, "delta").get("tool_calls")
    return value if isinstance(value, list) else []


def _is_completion(body: JSON, _event: WireEvent) -> bool:
    return any("text" in choice and "delta" not in choice for choice in choices_in(body))


CHAT = Traits(
    lambda body, event: "choices" in body and not _is_completion(body, event),
    chat_speaks,
    chat_finishes,
    chat_unfinish,
    chat_only_finish,
    chat_arguments,
    texts=(("choices", 0, "delta", "content"),),
    reason=("choices", 0, "finish_reason"),
    reasons={"length": "length", "tool_calls": "tool_calls"},
)
COMPLETIONS = plain(_is_completion, "text", "finish_reason", holder="choices", counts="usage")

_RESPONSES_ENDS = frozenset({"response.completed", "response.failed", "response.incomplete"})
_ARGUMENTS_DELTAS = frozenset({"response.function_call_arguments.delta", "response.mcp_call_arguments.delta"})


def _responses_arguments(body: JSON) -> list[Path]:
    return [("delta",)] if body["type"] in _ARGUMENTS_DELTAS else []


RESPONSES = Traits(
    lambda body, _: kind_in(body).startswith("response."),
    lambda body, _: body["type"].endswith(".delta") and bool(body.get("delta")),
    lambda body, _: body["type"] in _RESPONSES_ENDS,
    arguments=_responses_arguments,
    texts=(("delta",),),
)

TRANSCRIPTION = Traits(
    lambda body, _: kind_in(body).startswith("transcript."),
    lambda body, _: body["type"] == "transcript.text.delta" and bool(body.get("delta")),
    lambda body, _: body["type"] == "transcript.text.done",
)

_RUN_ENDS = frozenset(
    f"thread.run.{state}"
    for state in ("cancelled", "completed", "expired", "failed", "incomplete", "requires_action")
)


def _assistants_arguments(body: JSON) -> list[Path]:
    calls = object_in(body, "delta", "step_details").get("tool_calls")
    return [
        ("delta", "step_details", "tool_calls", n, "function", "arguments")
        for n in range(len(calls) if isinstance(calls, list) else 0)
    ]


ASSISTANTS = Traits(
    lambda body, event: bool(body) and event.name.startswith("thread."),
    lambda body, event: event.name.endswith(".delta") and bool(object_in(body, "delta")),
    lambda _, event: event.name in _RUN_ENDS,
    arguments=_assistants_arguments,
    by_name=True,
)
