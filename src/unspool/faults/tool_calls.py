"""What servers get wrong in tool calls: ids, indexes, arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from unspool.errors import FaultError
from unspool.faults.dialects import (
    Path,
    arguments_in,
    calls_in,
    choices_in,
    dialect_of,
    finishes,
    object_in,
    put_at,
    unfinished,
    value_at,
    with_choices,
    without,
    word_in,
)
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
        change = _calls_changed(lambda call: without(call, self.key))
        return where(self, f"{_CALLS} that have an {self.key}", change)


@dataclass(frozen=True, repr=False)
class EmptyCalls(Fault):
    """Every OpenAI delta without tool calls says `"tool_calls": []`."""

    def feed(self) -> Feed:
        return where(self, "OpenAI chunks without tool calls", self._with_none)

    def _with_none(self, frame: Frame) -> Iterable[Frame] | None:
        body = frame.json if dialect_of(frame) == "openai-chat" else None
        if body is None:
            return None
        changed = with_choices(body, _with_no_calls)
        return None if changed == body else (frame.with_json(changed),)


def _with_no_calls(choice: JSON) -> JSON:
    delta = choice.get("delta")
    if not isinstance(delta, dict) or delta.get("tool_calls"):
        return choice
    return {**choice, "delta": {**delta, "tool_calls": []}}


@dataclass(frozen=True, repr=False)
class SharedIndex(Fault):
    """All OpenAI tool calls have index 0; only their ids tell them apart."""

    def feed(self) -> Feed:
        change = _calls_changed(lambda call: {**call, "index": 0} if "index" in call else call)
        return where(self, f"{_CALLS} with another index than 0", change)


def _calls_changed(change: Callable[[JSON], JSON]) -> Callable[[Frame], Iterable[Frame] | None]:
    """Change every tool call in OpenAI's chunks; those frames that have none are left alone."""

    def in_choice(choice: JSON) -> JSON:
        calls = [change(call) if isinstance(call, dict) else call for call in calls_in(choice)]
        return {**choice, "delta": {**object_in(choice, "delta"), "tool_calls": calls}} if calls else choice

    def in_frame(frame: Frame) -> Iterable[Frame] | None:
        body = frame.json if dialect_of(frame) == "openai-chat" else None
        changed = None if body is None else with_choices(body, in_choice)
        return None if changed is None or changed == body else (frame.with_json(changed),)

    return in_frame


@dataclass(frozen=True, repr=False)
class BrokenArguments(Fault):
    """The arguments of tool calls are never valid JSON: each piece begins with a brace too many.

    Where a format repeats the whole arguments at the end, as Responses does, they are as broken there.
    """

    def feed(self) -> Feed:
        broken: dict[str, str] = {}  # by item, in Responses

        def change(frame: Frame) -> Iterable[Frame] | None:
            body = frame.json or {}
            pieces = {path: "{" + text for path, text in arguments_in(frame).items()}
            whole = _whole_arguments(body) if dialect_of(frame) == "openai-responses" else {}
            for piece in pieces.values():
                item = word_in(body, "item_id")
                broken[item] = broken.get(item, "") + piece
            ended = {path: broken.get(item) or "{" + text for path, (item, text) in whole.items()}
            return _with(frame, pieces | ended)

        return where(self, _FRAGMENTS, change)


def _whole_arguments(body: JSON) -> dict[Path, tuple[str, str]]:
    """Where an event of Responses has whole arguments, with the item that they are of; not empty ones."""
    output = object_in(body, "response").get("output")
    places: list[Path] = [(), ("item",)]
    places += [("response", "output", n) for n in range(len(output) if isinstance(output, list) else 0)]
    holders = {place: value_at(body, place) for place in places}
    found = {}
    for place, holder in holders.items():
        text = holder.get("arguments") if isinstance(holder, dict) else None
        if isinstance(text, str) and text:
            found[(*place, "arguments")] = word_in(holder, "item_id") or word_in(holder, "id"), text
    return found


def _with(frame: Frame, texts: dict[Path, str]) -> Iterable[Frame] | None:
    body: Any = frame.json
    for path, text in texts.items():
        body = put_at(body, path, text)
    return (frame.with_json(body),) if texts else None


@dataclass(frozen=True, repr=False)
class SplitArguments(Fault):
    """The arguments of tool calls come in pieces of a size, wherever that cuts them.

    Whatever else is in such an event comes once: ids, names and text with the first piece, the finish reason
    and usage with the last.

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
        pieces = {
            path: [text[start : start + self.size] for start in range(0, len(text), self.size)]
            for path, text in arguments_in(frame).items()
        }
        if not pieces:
            return None
        rounds = max(map(len, pieces.values()))
        if rounds == 1:
            return (frame,)
        return [
            _part(frame, {path: some[n] for path, some in pieces.items() if n < len(some)}, n, rounds)
            for n in range(rounds)
        ]


def _part(frame: Frame, texts: dict[Path, str], n: int, rounds: int) -> Frame:
    """The event with other arguments: the n-th of so many."""
    (out,) = _with(frame, texts) or (frame,)
    if dialect_of(frame) == "openai-chat":
        out = out.with_json(_of_chat(out.json or {}, texts, is_first=n == 0, is_last=n == rounds - 1))
    elif n < rounds - 1 and finishes(out):
        out = unfinished(out) or out
    return out.moved(frame.at)


def _of_chat(body: JSON, texts: dict[Path, str], *, is_first: bool, is_last: bool) -> JSON:
    if not is_last:
        body = without(with_choices(body, lambda one: one | _no_reason(one)), "usage")
    if is_first:
        return body
    later: dict[int, list[JSON]] = {}
    for path in texts:
        later.setdefault(int(path[1]), []).append(_later(value_at(body, path[:-2])))
    choices = [
        {**choice, "delta": {"tool_calls": later[place]} if place in later else {}}
        for place, choice in enumerate(choices_in(body))
    ]
    return {**body, "choices": choices}


def _no_reason(choice: JSON) -> JSON:
    return {"finish_reason": None} if choice.get("finish_reason") else {}


def _later(call: JSON) -> JSON:
    """A piece of a call that isn't the first: with its index, or with its id where it has no index."""
    named: JSON = next(({key: call[key]} for key in ("index", "id") if key in call), {})
    return {**named, "function": {"arguments": call["function"]["arguments"]}}
