"""Errors of servers and gateways in the order and the names of a message's parts.

In OpenAI's Responses, Anthropic's messages and Bedrock's Converse: ids and indices of items and blocks, the
event that begins a message, the list of items at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from unspool.faults.fault import Fault, Feed, each_frame, missing, where
from unspool.faults.frames import Frame
from unspool.faults.model_event import format_inside, kind_of
from unspool.faults.parts import Part, Stop
from unspool.providers.traits import Path, object_in, put_at, value_at, without

# The places of ids and indices in events.
_IDS: dict[str, tuple[Path, ...]] = {
    "openai-responses": (("item_id",), ("item", "id")),
    "anthropic-messages": (("content_block", "id"),),
    "bedrock-converse": (("start", "toolUse", "toolUseId"),),
}
_INDICES: dict[str, tuple[Path, ...]] = {
    "openai-responses": (("output_index",),),
    "anthropic-messages": (("index",),),
    "bedrock-converse": (("contentBlockIndex",),),
}
_STARTS = frozenset({"message_start", "messageStart", "message-start", "response.created"})
_STOPS = frozenset({"content_block_stop", "contentBlockStop"})
_DELTAS = frozenset({"content_block_delta", "contentBlockDelta"})


@dataclass(frozen=True, repr=False)
class WrongIds(Fault):
    """Events of Responses, Anthropic or Converse name an item or a tool call by another id.

    Args:
        how: `rotated`, another id in every event; `missing`, none; `shared`, the first one for all.
    """

    how: Literal["rotated", "missing", "shared"] = "rotated"

    def feed(self) -> Feed:
        first: list[Any] = []
        seen = 0

        def change(value: Any) -> Any:
            nonlocal seen
            seen += 1
            first.append(value)
            return f"{value}-{seen}" if self.how == "rotated" else first[0]

        gone = self.how == "missing"
        return where(self, "ids of items or tool calls to change", _changed(_IDS, None if gone else change))


@dataclass(frozen=True, repr=False)
class WrongIndices(Fault):
    """Events of Responses, Anthropic or Converse have other indices of items or blocks.

    Args:
        how: `missing`, not at all; `shared`, all of them 0; `shifted`, from 1.
    """

    how: Literal["missing", "shared", "shifted"] = "shared"

    def feed(self) -> Feed:
        def change(value: Any) -> Any:
            return 0 if self.how == "shared" else value + 1 if isinstance(value, int) else value

        gone = self.how == "missing"
        return where(
            self, "indices of items or blocks to change", _changed(_INDICES, None if gone else change)
        )


def _changed(
    places: dict[str, tuple[Path, ...]], change: Callable[[Any], Any] | None
) -> Callable[[Frame], Iterable[Frame] | None]:
    """Change or remove the values at some places of each event."""

    def in_frame(frame: Frame) -> Iterable[Frame] | None:
        body: Any = frame.json or {}
        for path in places.get(format_inside(frame) or "", ()):
            value = value_at(body, path)
            if value is None:
                continue
            if change is not None:
                body = put_at(body, path, change(value))
            else:
                body = put_at(body, path[:-1], without(value_at(body, path[:-1]), str(path[-1])))
        return None if body == (frame.json or {}) else (frame.with_json(body),)

    return in_frame


@dataclass(frozen=True, repr=False)
class WrongOutput(Fault):
    """The last event of Responses lists other items than were streamed.

    Args:
        how: `empty`, none; `short`, all but the last; `reversed`, in the opposite order.
    """

    how: Literal["empty", "short", "reversed"] = "empty"

    def feed(self) -> Feed:
        least = 2 if self.how == "reversed" else 1
        return where(self, f"a last event with {least} items or more in its output", self._listed)

    def _listed(self, frame: Frame) -> Iterable[Frame] | None:
        body = frame.json if format_inside(frame) == "openai-responses" else None
        output = object_in(body or {}, "response").get("output")
        if body is None or not isinstance(output, list) or not output:
            return None
        listed = {"empty": [], "short": output[:-1], "reversed": output[::-1]}[self.how]
        return None if listed == output else (frame.with_json(put_at(body, ("response", "output"), listed)),)


@dataclass(frozen=True, repr=False)
class RepeatStart(Fault):
    """The event that begins a message arrives twice: `message_start`, or its equivalent in other formats."""

    def feed(self) -> Feed:
        return where(self, "an event that begins a message", self._twice)

    def _twice(self, frame: Frame) -> Iterable[Frame] | None:
        return (frame, frame.moved(frame.at)) if kind_of(frame) in _STARTS else None


@dataclass(frozen=True, repr=False)
class NoStart(Fault):
    """The event that begins a message never arrives: `message_start`, or its equivalent in other formats."""

    def feed(self) -> Feed:
        return where(
            self, "an event that begins a message", lambda frame: () if kind_of(frame) in _STARTS else None
        )


@dataclass(frozen=True, repr=False)
class OverlappingBlocks(Fault):
    """The first block of Anthropic or Converse ends only after the next one has sent content."""

    def feed(self) -> Feed:
        held: list[Frame] = []
        done = False

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal done
            if done or (not held and kind_of(frame) not in _STOPS):
                return (frame,)
            held.append(frame)  # all of it, so that a response without another block can stay unchanged
            done = kind_of(frame) in _DELTAS
            if not done:
                return ()
            first, *others = held
            return (*others, first.moved(frame.at))

        def stop(stop: Stop) -> Iterable[Part]:
            return (stop,) if done else missing(self, "two blocks one after the other")(stop)

        return each_frame(change, at_stop=stop)
