"""What servers get wrong in tool calls: ids, indexes, arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from unspool.errors import FaultError
from unspool.faults.dialects import choices_in, dialect_of, object_in, objects_in
from unspool.faults.fault import Fault, Feed
from unspool.faults.frames import JSON, Frame
from unspool.faults.stages import where

_CALLS = "tool calls in OpenAI's chunks"
_FRAGMENTS = "pieces of a tool call's arguments as text"


@dataclass(frozen=True, repr=False)
class CallsWithout(Fault):
    """OpenAI tool calls lack their id or their index, as with Mistral, Gemini and Ollama.

    Args:
        key: `id` or `index`.
    """

    key: Literal["id", "index"] = "index"

    def feed(self) -> Feed:
        return where(self, _CALLS, lambda frame: _calls_changed(frame, self._bare))

    def _bare(self, call: JSON) -> JSON:
        return {key: value for key, value in call.items() if key != self.key}


@dataclass(frozen=True, repr=False)
class EmptyCalls(Fault):
    """Every OpenAI delta without tool calls says `"tool_calls": []`."""

    def feed(self) -> Feed:
        return where(self, "OpenAI chunks without tool calls", self._with_none)

    def _with_none(self, frame: Frame) -> Iterable[Frame] | None:
        body = frame.json if dialect_of(frame) == "openai-chat" else None
        if body is None or not choices_in(body):
            return None
        choices = [
            {**choice, "delta": {"tool_calls": [], **object_in(choice, "delta")}}
            for choice in choices_in(body)
        ]
        return (frame.with_json({**body, "choices": choices}),)


@dataclass(frozen=True, repr=False)
class SharedIndex(Fault):
    """All OpenAI tool calls have index 0; only their ids tell them apart."""

    def feed(self) -> Feed:
        return where(self, _CALLS, lambda frame: _calls_changed(frame, lambda call: {**call, "index": 0}))


def _calls_changed(frame: Frame, change: Callable[[JSON], JSON]) -> Iterable[Frame] | None:
    body = frame.json if dialect_of(frame) == "openai-chat" else None
    if body is None or not any(
        objects_in(object_in(choice, "delta"), "tool_calls") for choice in choices_in(body)
    ):
        return None
    choices = []
    for choice in choices_in(body):
        delta = object_in(choice, "delta")
        calls = [change(call) for call in objects_in(delta, "tool_calls")]
        choices.append({**choice, "delta": {**delta, "tool_calls": calls}} if calls else choice)
    return (frame.with_json({**body, "choices": choices}),)


@dataclass(frozen=True, repr=False)
class BrokenArguments(Fault):
    """The arguments of tool calls are never valid JSON: each piece begins with a brace too many."""

    def feed(self) -> Feed:
        def change(frame: Frame) -> Iterable[Frame] | None:
            text = arguments_in(frame)
            return (with_arguments(frame, "{" + text),) if text else None

        return where(self, _FRAGMENTS, change)


@dataclass(frozen=True, repr=False)
class SplitArguments(Fault):
    """The arguments of tool calls come in pieces of a size, wherever that cuts them.

    Args:
        size: characters in a piece, from 1.
    """

    size: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise FaultError(f"expected pieces of at least 1 character, got size={self.size!r}")

    def feed(self) -> Feed:
        return where(self, _FRAGMENTS, self._split)

    def _split(self, frame: Frame) -> Iterable[Frame] | None:
        text = arguments_in(frame)
        if not text:
            return None
        pieces = [text[start : start + self.size] for start in range(0, len(text), self.size)]
        return [with_arguments(frame, piece, first=place == 0) for place, piece in enumerate(pieces)]


# Where each format has the arguments: the way through the JSON.
_PATHS: dict[str, tuple[str | int, ...]] = {
    "openai-chat": ("choices", 0, "delta", "tool_calls", 0, "function", "arguments"),
    "openai-responses": ("delta",),
    "anthropic-messages": ("delta", "partial_json"),
    "cohere-v2": ("delta", "message", "tool_calls", "function", "arguments"),
    "bedrock-converse": ("delta", "toolUse", "input"),
}


def _path(frame: Frame) -> tuple[str | int, ...] | None:
    dialect, body = dialect_of(frame), frame.json or {}
    if dialect == "openai-responses" and body.get("type") != "response.function_call_arguments.delta":
        return None
    return _PATHS.get(dialect or "")


def arguments_in(frame: Frame) -> str:
    """The piece of a tool call's arguments in an event, the first call's; empty if it has none."""
    value: Any = frame.json
    for step in _path(frame) or ():
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return ""
    return value if isinstance(value, str) else ""


def with_arguments(frame: Frame, text: str, *, first: bool = True) -> Frame:
    """The event with other arguments. What isn't the first piece of an OpenAI call has no id and no name."""
    body = _put(frame.json, _path(frame) or (), text)
    if not first and dialect_of(frame) == "openai-chat":
        call = body["choices"][0]["delta"]["tool_calls"][0]
        later = {"index": call.get("index", 0), "function": {"arguments": text}}
        body = _put(body, ("choices", 0, "delta"), {"tool_calls": [later]})
    return frame.with_json(body)


def _put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    """A copy with something else at the end of the path."""
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = _put(value[path[0]], path[1:], new)
    return copy
