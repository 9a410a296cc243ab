"""Errors of servers in tool calls: ids, indices, arguments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from unspool.errors import FaultError
from unspool.faults.fault import Fault, Feed, each_frame, missing, where
from unspool.faults.frames import JSON, Frame
from unspool.faults.model_event import (
    arguments_in,
    finishes,
    format_inside,
    format_of_frame,
    kind_of,
    only_finish,
    speaks,
    unfinished,
    with_reason,
)
from unspool.providers.openai.traits import calls_in
from unspool.providers.traits import (
    Path,
    choices_in,
    object_in,
    put_at,
    value_at,
    with_choices,
    without,
    word_in,
)

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
    """Every OpenAI delta without tool calls has `"tool_calls": []`."""

    def feed(self) -> Feed:
        return where(self, "OpenAI chunks without tool calls", self._with_none)

    def _with_none(self, frame: Frame) -> Iterable[Frame] | None:
        body = frame.json if format_of_frame(frame) == "openai-chat" else None
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
    """All OpenAI tool calls have index 0; only their ids differ."""

    def feed(self) -> Feed:
        change = _calls_changed(lambda call: {**call, "index": 0} if "index" in call else call)
        return where(self, f"{_CALLS} with another index than 0", change)


def _calls_changed(change: Callable[[JSON], JSON]) -> Callable[[Frame], Iterable[Frame] | None]:
    """Change every tool call in OpenAI's chunks; leave frames without one unchanged."""

    def in_choice(choice: JSON) -> JSON:
        calls = [change(call) if isinstance(call, dict) else call for call in calls_in(choice)]
        return {**choice, "delta": {**object_in(choice, "delta"), "tool_calls": calls}} if calls else choice

    def in_frame(frame: Frame) -> Iterable[Frame] | None:
        body = frame.json if format_of_frame(frame) == "openai-chat" else None
        changed = None if body is None else with_choices(body, in_choice)
        return None if changed is None or changed == body else (frame.with_json(changed),)

    return in_frame


@dataclass(frozen=True, repr=False)
class BrokenArguments(Fault):
    """The arguments of tool calls are never valid JSON: each piece begins with a brace too many.

    If a format repeats the whole arguments at the end, like Responses, they are broken there too.
    """

    def feed(self) -> Feed:
        broken: dict[str, str] = {}  # by item, in Responses

        def change(frame: Frame) -> Iterable[Frame] | None:
            body = frame.json or {}
            pieces = {path: "{" + text for path, text in arguments_in(frame).items()}
            whole = _whole_arguments(body) if format_of_frame(frame) == "openai-responses" else {}
            for piece in pieces.values():
                item = word_in(body, "item_id")
                broken[item] = broken.get(item, "") + piece
            ended = {path: broken.get(item) or "{" + text for path, (item, text) in whole.items()}
            return _with(frame, pieces | ended)

        return where(self, _FRAGMENTS, change)


def _whole_arguments(body: JSON) -> dict[Path, tuple[str, str]]:
    """Yield the places of whole, non-empty arguments in an event of Responses, with their item."""
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
    """The arguments of tool calls arrive in pieces of a fixed size.

    Anything else in such an event arrives once: ids, names and text with the first piece, the finish reason
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
    """Return the event with other arguments: the n-th of several."""
    (out,) = _with(frame, texts) or (frame,)
    if format_of_frame(frame) == "openai-chat":
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
    """Return a later piece of a call: with its index, or with its id if it has no index."""
    named: JSON = next(({key: call[key]} for key in ("index", "id") if key in call), {})
    return {**named, "function": {"arguments": call["function"]["arguments"]}}


@dataclass(frozen=True, repr=False)
class CumulativeArguments(Fault):
    """Each piece of a tool call's arguments repeats all the earlier ones."""

    def feed(self) -> Feed:
        so_far: dict[str, str] = {}

        def change(frame: Frame) -> Iterable[Frame] | None:
            texts: dict[Path, str] = {}
            grown = False
            for path, text in arguments_in(frame).items():
                name = _name_of_call(frame.json or {}, path)
                grown = grown or name in so_far
                so_far[name] = texts[path] = so_far.get(name, "") + text
            return _with(frame, texts) if grown else None

        return where(self, f"{_FRAGMENTS}, more than one of a call", change)


def _name_of_call(body: JSON, path: Path) -> str:
    """Return the call of a piece of arguments, as far as its event identifies it."""
    if "tool_calls" in path and len(path) > 5:
        call = value_at(body, path[:-2])
        return f"{path[:2]}/{call.get('index', call.get('id'))}"
    numbers = ("item_id", "index", "contentBlockIndex")
    return str(next((body[key] for key in numbers if key in body), ""))


_OF_A_BLOCK = ("content_block_start", "content_block_stop", "contentBlockStart", "contentBlockStop")


@dataclass(frozen=True, repr=False)
class UnfinishedCall(Fault):
    """A limit on tokens cuts a tool call: its arguments end in the middle, and the stream ends properly.

    Any later output of the model is missing; blocks, items and the stream are closed as usual.

    Args:
        after: pieces of arguments that arrive whole; of the next one, the first half arrives.
        reason: the finish reason: `length`, or `tool_calls` as some servers send.
    """

    after: int = 0
    reason: Literal["length", "tool_calls"] = "length"

    def feed(self) -> Feed:
        cut = _CutCall(self.after, self.reason)
        wanted = f"{self.after + 1} {_FRAGMENTS}, and a finish reason after them"
        return each_frame(
            cut.change, at_stop=lambda stop: (stop,) if cut.ended else missing(self, wanted)(stop)
        )


class _CutCall:
    """The state of one response whose tool call is cut off."""

    def __init__(self, after: int, reason: str) -> None:
        self._left = after
        self._reason = reason
        self._texts: dict[str, str] = {}  # Responses' arguments so far, by item
        self._cut_in: JSON | None = None  # the event in which they end
        self.ended = False

    def change(self, frame: Frame) -> Iterable[Frame]:
        if self._cut_in is None:
            return self._until_the_cut(frame)
        return self._after_the_cut(frame, frame.json or {})

    def _until_the_cut(self, frame: Frame) -> Iterable[Frame]:
        body: Any = frame.json
        for path, text in arguments_in(frame).items():
            is_last = self._left == 0
            self._left -= 1
            kept = text[: len(text) // 2] if is_last else text
            item = word_in(body, "item_id")
            self._texts[item] = self._texts.get(item, "") + kept
            if is_last:
                self._cut_in = frame.json
                return (self._ended(_with_calls_up_to(frame, path, kept)),)
        return (frame,)

    def _after_the_cut(self, frame: Frame, body: JSON) -> Iterable[Frame]:
        if format_inside(frame) == "openai-responses":
            return self._responses(frame, body)
        kind = kind_of(frame)
        if finishes(frame):
            return (self._ended(only_output_gone(frame)),)
        if kind in _OF_A_BLOCK or kind in {"tool-call-start", "tool-call-end"}:
            return (frame,) if _index_of(body) == _index_of(self._cut_in or {}) else ()
        return () if speaks(frame) or kind in _DELTA_KINDS else (frame,)

    def _ended(self, frame: Frame) -> Frame:
        if not finishes(frame):
            return frame
        self.ended = True
        return with_reason(frame, self._reason)

    def _responses(self, frame: Frame, body: JSON) -> Iterable[Frame]:
        number = body.get("output_index")
        last = (self._cut_in or {}).get("output_index")
        if isinstance(number, int) and isinstance(last, int) and number > last:
            return ()
        if body["type"].endswith(".delta"):
            return ()
        for path, (item, _) in _whole_arguments(body).items():
            if item == word_in(self._cut_in or {}, "item_id"):
                body = put_at(body, path, self._texts[item])
                if len(path) > 1 and self._reason == "length":
                    body = put_at(body, (*path[:-1], "status"), "incomplete")
        return (self._terminal(frame, body) if finishes(frame) else frame.with_json(body),)

    def _terminal(self, frame: Frame, body: JSON) -> Frame:
        self.ended = True
        response = object_in(body, "response")
        output = response.get("output")
        if isinstance(output, list):
            response = {**response, "output": self._up_to_the_cut(output)}
        if self._reason != "length":
            return frame.with_json({**body, "response": response})
        details = {"status": "incomplete", "incomplete_details": {"reason": "max_output_tokens"}}
        kind = "response.incomplete"
        changed = frame.with_json({**body, "type": kind, "response": {**response, **details}})
        if changed.event is None or changed.event.name == "message":
            return changed
        return changed.saying(replace(changed.event, name=kind))

    def _up_to_the_cut(self, output: list[Any]) -> list[Any]:
        item = word_in(self._cut_in or {}, "item_id")
        named = (place for place, one in enumerate(output) if isinstance(one, dict) and one.get("id") == item)
        return output[: next(named, len(output)) + 1]


_DELTA_KINDS = ("content_block_delta", "contentBlockDelta", "tool-call-delta")


def only_output_gone(frame: Frame) -> Frame:
    """Return the event that ends the response, without more output; its usage stays."""
    usage = (frame.json or {}).get("usage")
    silent = only_finish(frame)
    return silent if usage is None else silent.with_json({**(silent.json or {}), "usage": usage})


def _index_of(body: JSON) -> Any:
    return body.get("index", body.get("contentBlockIndex"))


def _with_calls_up_to(frame: Frame, path: Path, text: str) -> Frame:
    """Return the event with shorter arguments in one call, and without the calls after it."""
    body: Any = put_at(frame.json, path, text)
    if format_inside(frame) == "openai-chat":
        place = int(path[-3])
        body = put_at(body, path[:-3], value_at(body, path[:-3])[: place + 1])
    return frame.with_json(body)
