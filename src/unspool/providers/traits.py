"""What an event of a wire format says, so that a fault, a verdict or a loop search needn't know the format.

Each format has a `Traits` in its provider's folder; `WireFormat.traits` names it. An event may be broken
already, by a fault or by its provider, so nothing is taken for granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from unspool.wire.event import WireEvent

JSON = dict[str, Any]

Path = tuple[str | int, ...]
"""The way through an event's JSON to a value."""


@dataclass(frozen=True, slots=True)
class Traits:
    """How to recognise a format's events, and what they say. Each function gets the event's JSON.

    Attributes:
        looks_like: whether an event is of this format.
        speaks: whether one has output in it: text, reasoning, a piece of a tool call.
        finishes: whether one gives the reason why the response ended.
        unfinish: the same event without the reason; None if nothing would be left of it.
        only_finish: the same event with nothing but the reason, where it can have both.
        arguments: where an event has pieces of tool calls' arguments, as text.
        texts: where an event may have text of the response, the first choice's.
        by_name: whether `looks_like` goes by the event's name, so that the formats known by their JSON come
            first.
        takes_the_rest: whether any other JSON object in this format's framing is one of its events.
        reason: where an event has the reason why the response ended; empty if its kind tells.
        reasons: what the format calls OpenAI's `length` and `tool_calls`.
    """

    looks_like: Callable[[JSON, WireEvent], bool]
    speaks: Callable[[JSON, WireEvent], Any]
    finishes: Callable[[JSON, WireEvent], Any]
    unfinish: Callable[[JSON], JSON | None] = lambda _body: None
    only_finish: Callable[[JSON], JSON] = lambda body: body
    arguments: Callable[[JSON], list[Path]] = lambda _body: []
    texts: tuple[Path, ...] = ()
    by_name: bool = False
    takes_the_rest: bool = False
    reason: Path = ()
    reasons: Mapping[str, str] = field(default_factory=dict)


def kind_in(body: JSON) -> str:
    """The type that an event's JSON gives itself; empty if it has none."""
    return word_in(body, "type")


def word_in(body: JSON, key: str) -> str:
    """The text under a key; empty if there is none."""
    value = body.get(key)
    return value if isinstance(value, str) else ""


def object_in(body: JSON, *keys: str) -> JSON:
    """The object at the end of the keys; empty if there is none."""
    for key in keys:
        value = body.get(key)
        body = value if isinstance(value, dict) else {}
    return body


def objects_in(body: JSON, key: str) -> list[JSON]:
    """The objects in a list under a key; none if there is no such list."""
    value = body.get(key)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def choices_in(body: JSON) -> list[JSON]:
    """The choices of an OpenAI chat chunk."""
    return objects_in(body, "choices")


def with_choices(body: JSON, change: Callable[[JSON], JSON], *, key: str = "choices") -> JSON:
    """The body with each object in a list changed."""
    value = body.get(key)
    if not isinstance(value, list):
        return body
    return {**body, key: [change(one) if isinstance(one, dict) else one for one in value]}


def without(body: JSON, *keys: str) -> JSON:
    """The body without some keys."""
    return {key: value for key, value in body.items() if key not in keys}


def value_at(body: Any, path: Path) -> Any:
    """What stands at the end of a path; None if the way isn't there."""
    for step in path:
        try:
            body = body[step]
        except (KeyError, IndexError, TypeError):
            return None
    return body


def put_at(body: Any, path: Path, new: Any) -> Any:
    """A copy with something else at the end of a path."""
    if not path:
        return new
    copy = body.copy()
    copy[path[0]] = put_at(body[path[0]], path[1:], new) if path[1:] else new
    return copy


def plain(
    looks_like: Callable[[JSON, WireEvent], bool],
    text: str,
    reason: str,
    *,
    holder: str = "",
    going_on: Any = None,
    counts: str = "",
) -> Traits:
    """A format with a text and a reason under these keys, in the event or in the objects of a list."""

    def holders(body: JSON) -> list[JSON]:
        return objects_in(body, holder) if holder else [body]

    def each(body: JSON, change: Callable[[JSON], JSON]) -> JSON:
        return with_choices(body, change, key=holder) if holder else change(body)

    def ended(one: JSON) -> bool:
        return bool(one.get(reason)) and one.get(reason) != going_on

    def unfinish(body: JSON) -> JSON:
        return each(body, lambda one: {**one, reason: going_on} if ended(one) else one)

    def only_finish(body: JSON) -> JSON:
        kept = without(body, *counts.split())
        return each(kept, lambda one: {**one, text: ""} if one.get(text) else one)

    return Traits(
        looks_like,
        lambda body, _: any(one.get(text) for one in holders(body)),
        lambda body, _: any(map(ended, holders(body))),
        unfinish,
        only_finish,
        texts=((holder, 0, text),) if holder else ((text,),),
    )
