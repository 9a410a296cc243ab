"""The output items of a stream, from their start to their end, and what they say to a chunk's delta."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unspool.providers.openai_responses.calls import Calls
from unspool.providers.openai_responses.texts import FIELD_OF_PART, Texts
from unspool.providers.payload import JSON
from unspool.providers.shape import number_in, object_in, objects_in, present, text_in

_Deltas = Iterator[JSON]


class OutputItems:
    """The items of a stream. What they say comes as the fields of one `Delta` each, and logprobs.

    Every event names its item by its place in the output, but for some servers' that leave it out.
    """

    def __init__(self) -> None:
        # These last as long as the stream: several responses in one become one.
        self._kept: list[JSON] = []
        self._images = 0
        self._texts, self._calls = Texts(0), Calls(0)
        self._numbered = 0
        self.begin_response()

    def begin_response(self) -> None:
        """Forget the items of the response before; what the stream has counted and kept stays."""
        self._numbered += len(self._calls)
        self._texts, self._calls = Texts(self._texts.length), Calls(self._numbered)
        self._index_of_id: dict[str, int] = {}
        self._phases: set[int] = set()
        self._ended: set[int] = set()

    @property
    def has_calls(self) -> bool:
        """Whether the response has a call that the caller is to answer."""
        return bool(self._calls)

    def start(self, event: JSON) -> _Deltas:
        item = object_in(event, "item")
        return _STARTS.get(text_in(item, "type"), _say_nothing)(self, self._index(event, item), item)

    def end(self, event: JSON) -> _Deltas:
        item = object_in(event, "item")
        return self._end(self._index(event, item), item)

    def end_response(self, response: JSON) -> _Deltas:
        """What the response says as a whole, and no event has said before."""
        for index, item in enumerate(objects_in(response, "output")):
            yield from self._end(index, item)

    def _end(self, index: int, item: JSON) -> _Deltas:
        if index not in self._ended:
            self._ended.add(index)
            yield from _ENDS.get(text_in(item, "type"), OutputItems._end_other)(self, index, item)

    # -- texts ---------------------------------------------------------------------------------------

    def add_text(self, kind: str, event: JSON) -> _Deltas:
        logprobs = objects_in(event, "logprobs")
        return self._texts.add(self._part(kind, event), text_in(event, "delta"), logprobs)

    def complete_text(self, kind: str, event: JSON) -> _Deltas:
        return self._texts.end(self._part(kind, event), event)

    def annotate(self, event: JSON) -> _Deltas:
        return self._texts.annotate(self._part("output_text", event), object_in(event, "annotation"))

    def end_part(self, event: JSON) -> _Deltas:
        part = object_in(event, "part")
        kind = text_in(part, "type")
        return self._texts.end(self._part(kind, event), part) if kind in FIELD_OF_PART else iter(())

    def _part(self, kind: str, event: JSON) -> tuple[int, str, int]:
        place = number_in(event, "summary_index" if kind == "summary_text" else "content_index")
        return self._index(event, event), kind, place

    def _start_message(self, index: int, item: JSON) -> _Deltas:
        if item.get("phase") and index not in self._phases:
            self._phases.add(index)
            yield {"provider_specific_fields": present(item, "phase")}

    def _end_message(self, index: int, item: JSON) -> _Deltas:
        yield from self._start_message(index, item)
        yield from self._end_parts(index, objects_in(item, "content"))

    def _end_reasoning(self, index: int, item: JSON) -> _Deltas:
        yield from self._end_parts(index, objects_in(item, "summary"))
        yield from self._end_parts(index, objects_in(item, "content"))
        yield {"reasoning_items": [item]}

    def _end_parts(self, index: int, parts: list[JSON]) -> _Deltas:
        for place, part in enumerate(parts):
            kind = text_in(part, "type")
            if kind in FIELD_OF_PART:
                yield from self._texts.end((index, kind, place), part)
            else:
                yield self._keep(part)

    # -- calls and everything else -------------------------------------------------------------------

    def add_arguments(self, kind: str, event: JSON) -> _Deltas:
        return self._calls.add(self._index(event, event), kind, text_in(event, "delta"))

    def complete_arguments(self, kind: str, event: JSON) -> _Deltas:
        whole = text_in(event, "input" if kind == "custom_tool_call" else "arguments")
        return self._calls.complete(self._index(event, event), kind, whole)

    def _start_call(self, index: int, item: JSON) -> _Deltas:
        return self._calls.open(index, item)

    def _end_call(self, index: int, item: JSON) -> _Deltas:
        return self._calls.end(index, item)

    def _end_image(self, _: int, item: JSON) -> _Deltas:
        data = text_in(item, "result")
        if data:
            url = f"data:image/{text_in(item, 'output_format') or 'png'};base64,{data}"
            yield {"images": [{"type": "image_url", "image_url": {"url": url}, "index": self._images}]}
            self._images += 1
        yield self._keep({key: value for key, value in item.items() if key != "result"})

    def _end_other(self, _: int, item: JSON) -> _Deltas:
        yield self._keep(item)

    def _keep(self, item: JSON) -> JSON:
        self._kept = [*self._kept, item]  # a new list: the old one is in a chunk
        return {"provider_specific_fields": {"output_items": self._kept}}

    def _index(self, event: JSON, named: JSON) -> int:
        item_id = text_in(named, "item_id") or text_in(named, "id")
        if event.get("output_index") is None:
            return self._index_of_id.setdefault(item_id, len(self._index_of_id))
        index = number_in(event, "output_index")
        if item_id:
            self._index_of_id[item_id] = index
        return index


def _say_nothing(_: OutputItems, __: int, ___: JSON) -> _Deltas:
    return iter(())


_OnItem = Callable[[OutputItems, int, JSON], _Deltas]

_STARTS: dict[str, _OnItem] = {
    "custom_tool_call": OutputItems._start_call,
    "function_call": OutputItems._start_call,
    "message": OutputItems._start_message,
}
# An item of any other type says nothing until it has ended, and then it is kept as it is.
_ENDS: dict[str, _OnItem] = {
    "custom_tool_call": OutputItems._end_call,
    "function_call": OutputItems._end_call,
    "image_generation_call": OutputItems._end_image,
    "message": OutputItems._end_message,
    "reasoning": OutputItems._end_reasoning,
}
