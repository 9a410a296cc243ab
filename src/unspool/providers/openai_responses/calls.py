"""Calls of functions and of custom tools, as the fragments of tool calls."""

from __future__ import annotations

from collections.abc import Iterator

from unspool.providers.payload import JSON
from unspool.providers.shape import present, text_in
from unspool.providers.told import Told

# By the item's type: the call's type, and what its arguments are called in the item and in the call.
_KINDS = {"custom_tool_call": ("custom", "input"), "function_call": ("function", "arguments")}

# What is in the call itself, or says no more than that the call is whole.
_TOLD_OTHERWISE = frozenset({"arguments", "call_id", "id", "input", "name", "status", "type"})


class Calls:
    """The calls of a response, each under its item's output index.

    Args:
        first: the number of the first one: a stream may hold several responses.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._numbers: dict[int, int] = {}
        self._opened: set[int] = set()
        self._told = Told()

    def __len__(self) -> int:
        return len(self._numbers)

    def open(self, index: int, item: JSON) -> Iterator[JSON]:
        """Id and name, once, and the arguments that come with them, as far as they weren't told."""
        if index in self._opened:
            return
        self._opened.add(index)
        kind, arguments = _KINDS[text_in(item, "type")]
        called = {"name": text_in(item, "name"), arguments: self._told.rest(index, text_in(item, arguments))}
        head = {"id": text_in(item, "call_id") or text_in(item, "id"), kind: called}
        yield self._fragment(index, kind, {**head, **_fields_of(item)})

    def add(self, index: int, item_type: str, piece: str) -> Iterator[JSON]:
        """Some more of its arguments."""
        if piece:
            kind, arguments = _KINDS[item_type]
            yield self._fragment(index, kind, {kind: {arguments: self._told.add(index, piece)}})

    def complete(self, index: int, item_type: str, whole: str) -> Iterator[JSON]:
        """What the whole arguments say beyond the pieces."""
        kind, arguments = _KINDS[item_type]
        rest = self._told.rest(index, whole)
        if rest:
            yield self._fragment(index, kind, {kind: {arguments: rest}})

    def end(self, index: int, item: JSON) -> Iterator[JSON]:
        """The item as a whole: all of it, if there was nothing before."""
        yield from self.open(index, item)
        item_type = text_in(item, "type")
        yield from self.complete(index, item_type, text_in(item, _KINDS[item_type][1]))

    def _fragment(self, index: int, kind: str, call: JSON) -> JSON:
        number = self._numbers.setdefault(index, self._first + len(self._numbers))
        return {"tool_calls": [{"index": number, "type": kind, **call}]}


def _fields_of(item: JSON) -> JSON:
    others = present(item, *sorted(item.keys() - _TOLD_OTHERWISE))
    named = {"item_id": item["id"]} if item.get("id") else {}
    fields = {**named, **others}
    return {"provider_specific_fields": fields} if fields else {}
