"""Errors of servers in OpenAI's chat chunks: choices, ids, usage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from unspool.faults.fault import Fault, Feed, FrameChange, where
from unspool.faults.frames import JSON, Frame
from unspool.faults.model_event import finishes, format_of_frame
from unspool.faults.parts import Part
from unspool.providers.traits import choices_in, with_choices, without

_CHUNKS = "chat.completion.chunk objects"


def _chunk(frame: Frame) -> JSON | None:
    """Return the JSON of an OpenAI chat chunk; None if the frame contains none."""
    return frame.json if format_of_frame(frame) == "openai-chat" else None


def _at_chunk(fault: Fault, after: int, change: FrameChange) -> Feed:
    """Make a feed that changes one chunk, the one after `after` others."""
    seen = 0

    def on_frame(frame: Frame) -> Iterable[Frame | Part] | None:
        nonlocal seen
        if _chunk(frame) is None:
            return None
        seen += 1
        return change(frame) if seen == after + 1 else None

    return where(fault, f"{after + 1} {_CHUNKS}", on_frame)


@dataclass(frozen=True, repr=False)
class NullChoices(Fault):
    """An OpenAI chunk has `"choices": null`.

    Args:
        after: chunks before it.
    """

    after: int = 1

    def feed(self) -> Feed:
        return _at_chunk(self, self.after, lambda frame: (frame.with_json(_with(frame, choices=None)),))


@dataclass(frozen=True, repr=False)
class EmptyChoices(Fault):
    """An additional OpenAI chunk with `"choices": []`, like Azure's prompt filter or a search's sources.

    Args:
        after: chunks before it.
    """

    after: int = 1

    def feed(self) -> Feed:
        return _at_chunk(self, self.after, lambda frame: (_empty(frame), frame))


def _empty(frame: Frame) -> Frame:
    """Return the chunk without choices and usage, at the time at which the original begins."""
    return frame.with_json({**without(frame.json or {}, "usage"), "choices": []}).moved(frame.begun)


@dataclass(frozen=True, repr=False)
class NoDelta(Fault):
    """An additional OpenAI chunk, whose choice has no `delta`, like Azure's asynchronous content filter.

    Args:
        after: chunks before it.
    """

    after: int = 1

    def feed(self) -> Feed:
        return _at_chunk(self, self.after, lambda frame: (_filtered(frame), frame))


def _filtered(frame: Frame) -> Frame:
    """Azure's filter results for earlier text."""
    offsets = {"check_offset": 0, "start_offset": 0, "end_offset": 0}
    verdict = {"content_filter_results": {}, "content_filter_offsets": offsets}
    choice = {"index": 0, "finish_reason": None, **verdict}
    return frame.with_json({**without(frame.json or {}, "usage"), "choices": [choice]}).moved(frame.begun)


@dataclass(frozen=True, repr=False)
class ChangingIds(Fault):
    """Each OpenAI chunk has another id.

    Args:
        after: chunks that still have the right one.
    """

    after: int = 1

    def feed(self) -> Feed:
        seen = 0

        def change(frame: Frame) -> Iterable[Frame] | None:
            nonlocal seen
            body = _chunk(frame)
            if body is None:
                return None
            seen += 1
            if seen <= self.after:
                return None
            return (frame.with_json({**body, "id": f"{body.get('id') or 'chatcmpl'}-{seen}"}),)

        return where(self, f"{self.after + 1} {_CHUNKS}", change)


_USAGE = {"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}


@dataclass(frozen=True, repr=False)
class UsageOn(Fault):
    """OpenAI chunks report usage in an unusual place only.

    Args:
        at: `first`, the first chunk; `every`, each one, growing; `finish`, the chunk with the finish
            reason; `after`, an additional chunk after it; `twice`, two of them; `choice`, inside the choice
            that has the finish reason; `nowhere`.
    """

    at: Literal["first", "every", "finish", "after", "twice", "choice", "nowhere"] = "finish"

    def feed(self) -> Feed:
        seen = 0

        def change(frame: Frame) -> Iterable[Frame] | None:
            nonlocal seen
            body = _chunk(frame)
            if body is None:
                return None
            if body.get("usage") and not body.get("choices"):
                return ()
            seen += 1
            return self._reported(frame, body, seen)

        return where(self, _CHUNKS, change)

    def _reported(self, frame: Frame, body: JSON, seen: int) -> Iterable[Frame]:
        bare = {key: value for key, value in body.items() if key != "usage"}
        here = self.at == "every" or (self.at == "first" and seen == 1)
        here = here or (self.at == "finish" and finishes(frame))
        usage = {**_USAGE, "completion_tokens": seen, "total_tokens": 9 + seen}
        if self.at == "choice" and finishes(frame):
            bare = with_choices(bare, lambda choice: {**choice, "usage": _USAGE})
        yield frame.with_json({**bare, "usage": usage if self.at == "every" else _USAGE} if here else bare)
        more = {"after": 1, "twice": 2}.get(self.at, 0) if finishes(frame) else 0
        for _ in range(more):
            yield frame.with_json({**bare, "choices": [], "usage": _USAGE}).moved(frame.at)


@dataclass(frozen=True, repr=False)
class FinishAs(Fault):
    """An OpenAI stream has another finish reason: `stop` after tool calls, or an unknown word.

    Args:
        reason: the finish reason.
    """

    reason: str = "stop"

    def feed(self) -> Feed:
        return where(self, f"a finish reason other than {self.reason!r} in {_CHUNKS}", self._renamed)

    def _renamed(self, frame: Frame) -> Iterable[Frame] | None:
        body = _chunk(frame)
        if body is None or not finishes(frame):
            return None
        if all(choice.get("finish_reason") in {None, self.reason} for choice in choices_in(body)):
            return None
        return (frame.with_json(with_choices(body, self._ended)),)

    def _ended(self, choice: JSON) -> JSON:
        return {**choice, "finish_reason": self.reason} if choice.get("finish_reason") else choice


def _with(frame: Frame, **changes: object) -> JSON:
    return {**(frame.json or {}), **changes}
