"""Calls of functions and of custom tools, as the fragments of tool calls."""

from __future__ import annotations

from collections.abc import Iterator

from unspool.providers.json_events import JSON, present, text_in
from unspool.providers.openai.responses.identity import Item
from unspool.providers.retold_text import Told

# By the item's type: the call's type, and what its arguments are called in the item and in the call.
_KINDS = {"custom_tool_call": ("custom", "input"), "function_call": ("function", "arguments")}

# What is in the call itself, or says no more than that the call is whole.
_TOLD_OTHERWISE = frozenset({"arguments", "call_id", "id", "input", "name", "status", "type"})


class Calls:
    """The calls of a response: one for each item, and never two with one `call_id`.

    Args:
        first: the number of the first one: a stream may hold several responses.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._numbers: dict[Item, int] = {}
        self._opened: dict[Item, str] = {}
        self._told = Told()

    def __len__(self) -> int:
        return len(self._numbers)

    def open(self, item: Item, body: JSON) -> Iterator[JSON]:
        """Emit id and name, once, and the arguments that come with them, as far as they are new.

        Raises:
            ValueError: another call has the same `call_id`.
        """
        name = text_in(body, "name")
        call = _first_of(item)
        if call in self._opened:
            if name and self._opened[call] and name != self._opened[call]:
                raise ValueError(
                    f"two calls, {self._opened[call]!r} and {name!r}, have the id {item.call_id!r}"
                )
            return
        self._opened[call] = name
        kind, arguments = _KINDS[item.kind]
        called = {"name": name, arguments: self._told.rest(call, text_in(body, arguments))}
        head = {"id": text_in(body, "call_id") or text_in(body, "id"), kind: called}
        yield self._fragment(call, kind, {**head, **_fields_of(body)})

    def add(self, item: Item, piece: str, item_id: str) -> Iterator[JSON]:
        """Emit some more of its arguments, unless the call is sent a second time."""
        if piece and not (item.is_ended or item.repeats or item.has_alias(item_id)):
            kind, arguments = _KINDS[item.kind]
            yield self._fragment(item, kind, {kind: {arguments: self._told.add(item, piece)}})

    def complete(self, item: Item, whole: str) -> Iterator[JSON]:
        """Emit what the whole arguments have beyond the pieces.

        Raises:
            ValueError: the call was sent a second time, with other arguments.
        """
        call = _first_of(item)
        if item is not call and whole and not self._told[call].says(whole):
            raise ValueError(f"two calls of {self._opened.get(call)!r} have the id {item.call_id!r}")
        kind, arguments = _KINDS[item.kind]
        rest = self._told.rest(call, whole)
        if rest:
            yield self._fragment(call, kind, {kind: {arguments: rest}})

    def end(self, item: Item, body: JSON) -> Iterator[JSON]:
        """Emit the item as a whole: all of it, if there was nothing before."""
        yield from self.open(item, body)
        yield from self.complete(item, text_in(body, _KINDS[item.kind][1]))

    def begins(self, item: Item, body: JSON) -> bool:
        """Whether a listed call has this one's name, and begins with what was emitted of its arguments."""
        name = self._opened.get(item, "")
        whole = text_in(body, _KINDS[item.kind][1])
        return name in ("", text_in(body, "name")) and self._told[item].begins(whole)

    def _fragment(self, item: Item, kind: str, call: JSON) -> JSON:
        number = self._numbers.setdefault(item, self._first + len(self._numbers))
        return {"tool_calls": [{"index": number, "type": kind, **call}]}


def _first_of(item: Item) -> Item:
    """The item itself, or the ended one that it repeats."""
    while item.repeats is not None:
        item = item.repeats
    return item


def _fields_of(item: JSON) -> JSON:
    others = present(item, *sorted(item.keys() - _TOLD_OTHERWISE))
    named = {"item_id": item["id"]} if item.get("id") else {}
    fields = {**named, **others}
    return {"provider_specific_fields": fields} if fields else {}
