"""The output items of a stream, from their start to their end, and what they say to a chunk's delta."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unspool.providers.chunk_factory import OwnFields, nothing
from unspool.providers.json_events import JSON, number_in, object_in, objects_in, present, text_in
from unspool.providers.openai.responses.calls import Calls
from unspool.providers.openai.responses.identity import Item, Items
from unspool.providers.openai.responses.texts import FIELD_OF_PART, Texts, text_of

_Deltas = Iterator[JSON]


class OutputItems:
    """The items of a stream. Their content is emitted as the fields of one `Delta` each, and logprobs."""

    def __init__(self) -> None:
        # These last as long as the stream: several responses in one become one.
        self._own = OwnFields()
        self._messages: list[JSON] = []
        self._images = 0
        self._texts, self._calls = Texts(0), Calls(0)
        self._numbered = 0
        self.begin_response()

    def begin_response(self) -> None:
        """Reset the items of the previous response; the stream's counts and lists stay."""
        self._numbered += len(self._calls)
        self._texts = Texts(self._texts.length, self._texts.citations)
        self._calls = Calls(self._numbered)
        self._items = Items()
        self._starts: dict[Item, int] = {}

    @property
    def has_calls(self) -> bool:
        """Whether the response has a call that the caller is to answer."""
        return bool(self._calls)

    def start(self, event: JSON) -> _Deltas:
        body = object_in(event, "item")
        item = self._items.opened(_index_in(event), body)
        begin: _OnItem = _STARTS.get(item.kind, nothing)
        return begin(self, item, body)

    def end(self, event: JSON) -> _Deltas:
        body = object_in(event, "item")
        return self._end(self._items.ended(_index_in(event), body), body, "item")

    def end_response(self, response: JSON) -> _Deltas:
        """Emit the content of the whole response that no event contained."""
        for item, body in self._items.listed(objects_in(response, "output"), self._says_same):
            yield from self._end(item, body, "response")
        yield from self.flush()

    def flush(self) -> _Deltas:
        """Emit the content held back of items without an end."""
        for item in self._items:
            if item.repeats is not None and item.kind in _TEXTS_OF:
                yield from self._texts.release(item, {})

    def _end(self, item: Item, body: JSON, series: str) -> _Deltas:
        is_first = not item.is_ended
        if item.repeats is not None and item.kind in _TEXTS_OF:
            yield from self._texts.release(item, _wholes_of(item.kind, body))
        end: _OnWhole = _ENDS.get(item.kind, nothing)
        yield from end(self, item, body, series)
        if is_first and not item.repeats:
            yield from _KEEPS.get(item.kind, OutputItems._keep_item)(self, item, body)
        item.is_ended = True

    def _says_same(self, item: Item, body: JSON) -> bool:
        if item.kind in _TEXTS_OF:
            return all(self._texts.begins(item, *each) for each in _wholes_of(item.kind, body).items())
        return self._calls.begins(item, body) if item.kind in _STARTS else True

    # -- texts ---------------------------------------------------------------------------------------

    def add_text(self, kind: str, event: JSON) -> _Deltas:
        item, part = self._part(kind, event)
        return self._texts.add(item, kind, part, text_in(event, "delta"), objects_in(event, "logprobs"))

    def complete_text(self, kind: str, event: JSON) -> _Deltas:
        item, part = self._part(kind, event)
        return self._texts.complete(item, kind, part, event, series="text")

    def annotate(self, event: JSON) -> _Deltas:
        item, part = self._part("output_text", event)
        return self._texts.annotate(item, part, object_in(event, "annotation"))

    def start_part(self, event: JSON) -> _Deltas:
        return self._whole_part(event, series="part's start")

    def end_part(self, event: JSON) -> _Deltas:
        return self._whole_part(event, series="part")

    def _whole_part(self, event: JSON, *, series: str) -> _Deltas:
        body = object_in(event, "part")
        kind = text_in(body, "type")
        if kind not in FIELD_OF_PART:
            return iter(())
        item, part = self._part(kind, event)
        return self._texts.complete(item, kind, part, body, series=series)

    def _part(self, kind: str, event: JSON) -> tuple[Item, int]:
        part = number_in(event, "summary_index" if kind == "summary_text" else "content_index")
        item = self._items.about(_ITEM_OF_TEXT[kind], _index_in(event), text_in(event, "item_id"))
        return item, part

    def _start_message(self, item: Item, body: JSON) -> _Deltas:
        if body.get("phase") and item not in self._starts:
            self._starts[item] = self._texts.length
            yield {"provider_specific_fields": present(body, "phase")}

    def _end_message(self, item: Item, body: JSON, series: str) -> _Deltas:
        yield from self._start_message(item, body)
        yield from self._end_parts(item, objects_in(body, "content"), series)

    def _keep_message(self, item: Item, body: JSON) -> _Deltas:
        if item in self._starts:
            place = {"start_index": self._starts[item], "end_index": self._texts.length}
            self._messages = [*self._messages, {**present(body, "id", "phase"), **place}]
            if len(self._messages) > 1:  # the phase of one is said by the delta before it
                yield {"provider_specific_fields": {"messages": self._messages}}

    def _end_reasoning(self, item: Item, body: JSON, series: str) -> _Deltas:
        yield from self._end_parts(item, objects_in(body, "summary"), series)
        yield from self._end_parts(item, objects_in(body, "content"), series)

    def _keep_reasoning(self, _: Item, body: JSON) -> _Deltas:
        yield {"reasoning_items": [body]}

    def _end_parts(self, item: Item, parts: list[JSON], series: str) -> _Deltas:
        for place, part in enumerate(parts):
            kind = text_in(part, "type")
            if kind in FIELD_OF_PART:
                yield from self._texts.complete(item, kind, place, part, series=series)
            elif not item.is_ended:
                yield self._keep(part)

    # -- calls and everything else -------------------------------------------------------------------

    def add_arguments(self, kind: str, event: JSON) -> _Deltas:
        item_id = text_in(event, "item_id")
        return self._calls.add(self._call(kind, event), text_in(event, "delta"), item_id)

    def complete_arguments(self, kind: str, event: JSON) -> _Deltas:
        whole = text_in(event, "input" if kind == "custom_tool_call" else "arguments")
        return self._calls.complete(self._call(kind, event), whole)

    def _call(self, kind: str, event: JSON) -> Item:
        return self._items.about(kind, _index_in(event), text_in(event, "item_id"))

    def _start_call(self, item: Item, body: JSON) -> _Deltas:
        return self._calls.open(item, body)

    def _end_call(self, item: Item, body: JSON, _: str) -> _Deltas:
        return self._calls.end(item, body)

    def _keep_image(self, _: Item, body: JSON) -> _Deltas:
        data = text_in(body, "result")
        if data:
            url = f"data:image/{text_in(body, 'output_format') or 'png'};base64,{data}"
            yield {"images": [{"type": "image_url", "image_url": {"url": url}, "index": self._images}]}
            self._images += 1
        yield self._keep({key: value for key, value in body.items() if key != "result"})

    def _keep_item(self, _: Item, body: JSON) -> _Deltas:
        yield self._keep(body)

    def _keep(self, body: JSON) -> JSON:
        return self._own.add("output_items", body)


def _index_in(event: JSON) -> int | None:
    return None if event.get("output_index") is None else number_in(event, "output_index")


def _wholes_of(kind: str, body: JSON) -> dict[str, str]:
    """The texts of a whole item by kind, each with all of its parts."""
    wholes: dict[str, str] = {}
    for part in (part for key in _TEXTS_OF[kind] for part in objects_in(body, key)):
        part_kind = text_in(part, "type")
        if part_kind in FIELD_OF_PART:
            wholes[part_kind] = wholes.get(part_kind, "") + text_of(part_kind, part)
    return wholes


_TEXTS_OF = {"message": ("content",), "reasoning": ("summary", "content")}
_ITEM_OF_TEXT = {
    "output_text": "message",
    "reasoning_text": "reasoning",
    "refusal": "message",
    "summary_text": "reasoning",
}
_OnItem = Callable[[OutputItems, Item, JSON], _Deltas]
_OnWhole = Callable[[OutputItems, Item, JSON, str], _Deltas]

_STARTS: dict[str, _OnItem] = {
    "custom_tool_call": OutputItems._start_call,
    "function_call": OutputItems._start_call,
    "message": OutputItems._start_message,
}
# What an item says at its end: each time that it is shown as a whole, since one may have more than another.
_ENDS: dict[str, _OnWhole] = {
    "custom_tool_call": OutputItems._end_call,
    "function_call": OutputItems._end_call,
    "message": OutputItems._end_message,
    "reasoning": OutputItems._end_reasoning,
}
# What is kept of it, once. An item of any other type is kept as it is.
_KEEPS: dict[str, _OnItem] = {
    "custom_tool_call": nothing,  # it is in the tool calls
    "function_call": nothing,
    "image_generation_call": OutputItems._keep_image,
    "message": OutputItems._keep_message,
    "reasoning": OutputItems._keep_reasoning,
}
