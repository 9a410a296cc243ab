"""Which output item an event is about.

An item has an id, a call its `call_id` too, and an event repeats the id beside the item's place in the
output. Gateways get one or the other wrong: some give every item place 0, some list the items at the end in
another order, Copilot gives an item another id in each event. So an item is found by its id and its kind
first and by its place last; and an item that the response lists at its end is matched by what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from unspool.providers.json_events import JSON, text_in

CALLS = frozenset({"custom_tool_call", "function_call"})
"""The items that the caller answers, by their `call_id`. Another item may share it with its result."""


@dataclass(eq=False, slots=True)
class Item:
    """An output item of the stream.

    Attributes:
        kind: its type, such as `message`.
        index: its place in the output, by the event that showed it first; None if that had none.
        call_id: a call's; empty for all else, and where the server gives none.
        ids: those that events which open or end it have given it.
        is_ended: whether an event has shown it as a whole.
        repeats: the ended item with the same id that this one may send again.
    """

    kind: str
    index: int | None
    call_id: str = ""
    ids: list[str] = field(default_factory=list)
    is_ended: bool = False
    repeats: Item | None = None

    def has_alias(self, item_id: str) -> bool:
        """Whether this is an id of it, but not its first."""
        return item_id in self.ids[1:]


class Items:
    """The items of one response, in the order in which they were first seen."""

    def __init__(self) -> None:
        self._items: list[Item] = []
        self._by_id: dict[tuple[str, str], Item] = {}

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def opened(self, index: int | None, body: JSON) -> Item:
        """Return the item that `output_item.added` opens: a new one, unless it has been seen already."""
        kind = text_in(body, "type")
        known = self._known(kind, body)
        if known is not None and known.is_ended:
            return self._new(kind, index, body, repeats=known)
        if known is None and not _names(kind, body) and index is not None:
            known = self._open_at(kind, index, "")
        return self._new(kind, index, body) if known is None else self._named(known, body)

    def ended(self, index: int | None, body: JSON) -> Item:
        """Return the item that `output_item.done` shows as a whole."""
        kind = text_in(body, "type")
        known = self._known(kind, body) or self._open_at(kind, index, text_in(body, "call_id"))
        return self._new(kind, index, body) if known is None else self._named(known, body)

    def about(self, kind: str, index: int | None, item_id: str) -> Item:
        """Return the item that a piece, or a whole text, belongs to."""
        known = self._by_id.get((kind, item_id)) if item_id else None
        known = known or self._open_at(kind, index, "")
        if known is None and not item_id:
            known = self._latest_at(kind, index)
        return known or self._new(kind, index, {"id": item_id})

    def listed(
        self, output: list[JSON], says_same: Callable[[Item, JSON], bool]
    ) -> Iterator[tuple[Item, JSON]]:
        """Pair what the response lists at its end with the items.

        Args:
            output: the list.
            says_same: whether a listed item begins with all that this one has said so far.
        """
        found = [self._known(text_in(body, "type"), body) for body in output]
        left = [item for item in self._items if item not in found]
        for index, (item, body) in enumerate(zip(found, output, strict=True)):
            matched = item or _nearest(left, index, body, says_same)
            if matched in left:
                left.remove(matched)
            yield matched or self._new(text_in(body, "type"), index, body), body

    def _known(self, kind: str, body: JSON) -> Item | None:
        """By its `call_id` or its id; another `call_id` is another call, whatever the id."""
        call_id = text_in(body, "call_id")
        for name in _names(kind, body):
            item = self._by_id.get(name)
            if item is not None and not _differ(item.call_id, call_id):
                return item
        return None

    def _open_at(self, kind: str, index: int | None, call_id: str) -> Item | None:
        """The latest of its kind at that place, or anywhere if no place is given, that hasn't ended."""
        for item in reversed(self._items):
            is_there = index is None or item.index == index
            if item.kind == kind and is_there and not item.is_ended and not _differ(item.call_id, call_id):
                return item
        return None

    def _latest_at(self, kind: str, index: int | None) -> Item | None:
        there = (item for item in reversed(self._items) if index is None or item.index == index)
        return next((item for item in there if item.kind == kind), None)

    def _new(self, kind: str, index: int | None, body: JSON, *, repeats: Item | None = None) -> Item:
        item = Item(kind, index, repeats=repeats)
        self._items.append(item)
        return self._named(item, body)

    def _named(self, item: Item, body: JSON) -> Item:
        item.call_id = item.call_id or text_in(body, "call_id")
        item_id = text_in(body, "id")
        if item_id and item_id not in item.ids:
            item.ids.append(item_id)
        for name in _names(item.kind, body):
            self._by_id[name] = item
        return item


def _nearest(
    left: list[Item], index: int, body: JSON, says_same: Callable[[Item, JSON], bool]
) -> Item | None:
    kind, call_id = text_in(body, "type"), text_in(body, "call_id")
    fitting = [item for item in left if item.kind == kind and not _differ(item.call_id, call_id)]
    # Of equal ones `min` takes the first: what is left is matched in order.
    return min(fitting, key=lambda item: (not says_same(item, body), item.index != index), default=None)


def _names(kind: str, body: JSON) -> list[tuple[str, str]]:
    """By what it is found again: a call that the caller answers by its `call_id` too."""
    call_id, item_id = text_in(body, "call_id") if kind in CALLS else "", text_in(body, "id")
    calls = [("call_id", call_id)] if call_id else []
    return [*calls, (kind, item_id)] if item_id else calls


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)
