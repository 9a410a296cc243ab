"""The steps of an interaction, and what they say to a chunk's delta."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from unspool.providers.annotations import sort_annotations
from unspool.providers.chunk_factory import OwnFields
from unspool.providers.json_events import JSON, object_in, objects_in, text_in

_Deltas = Iterator[JSON]


@dataclass(slots=True)
class _Step:
    """A step whose end hasn't come."""

    step: JSON
    call: int = 0  # its index among the tool calls, if it is one
    has_arguments: bool = False
    is_ours: bool = True  # it says something to the deltas by itself

    @property
    def kind(self) -> str:
        return text_in(self.step, "type")

    @property
    def is_call(self) -> bool:
        return self.kind == "function_call" and bool(self.step.get("name"))


@dataclass(slots=True)
class Steps:
    """The steps of a stream. Their content is emitted as the fields of one `Delta` each."""

    calls: int = 0
    _images: int = 0
    _open: dict[int, _Step] = field(default_factory=dict)
    _own: OwnFields = field(default_factory=OwnFields)

    def start(self, index: int, step: JSON) -> _Deltas:
        """A step; what it holds from the beginning, older streams and whole answers, is as good as deltas."""
        opened = self._open[index] = _Step(step)
        opened.is_ours = opened.kind in _KINDS
        if opened.is_call:
            yield from self._start_call(opened)
        elif opened.kind == "thought":
            for summary in objects_in(step, "summary"):
                yield from self._think(text_in(summary, "text"))
            yield from self._sign(text_in(step, "signature"))
        else:
            yield from self._hold(opened)

    def add(self, index: int, delta: JSON) -> _Deltas:
        opened = self._open.setdefault(index, _Step({"type": "model_output"}))
        if opened.is_ours:
            yield from _DELTAS.get(text_in(delta, "type"), Steps._add_other)(self, opened, delta)
        else:
            given = {key: value for key, value in delta.items() if key != "type"}
            opened.step = {**opened.step, **given}

    def stop(self, index: int) -> _Deltas:
        opened = self._open.pop(index, None)
        if opened is None:
            return
        if not opened.is_ours:
            yield self._own.add("server_side_steps", opened.step)
        elif opened.is_call and not opened.has_arguments:
            yield self._fragment(opened, {"arguments": "{}"})

    def _hold(self, opened: _Step) -> _Deltas:
        if not opened.is_ours:
            return
        is_content = opened.kind in _CONTENTS
        for content in [opened.step] if is_content else objects_in(opened.step, "content"):
            yield from self._add_content(opened, content)

    def _add_content(self, opened: _Step, content: JSON) -> _Deltas:
        """A whole content; its annotations come apart from its text in a stream."""
        yield from _DELTAS.get(text_in(content, "type"), Steps._add_other)(self, opened, content)
        if content.get("annotations"):
            yield from self._add_annotations(opened, content)

    def _start_call(self, opened: _Step) -> _Deltas:
        opened.call = self.calls
        self.calls += 1
        step = opened.step
        signature = text_in(step, "signature")
        signed = {"provider_specific_fields": {"thought_signature": signature}} if signature else {}
        named = {"name": text_in(step, "name"), "arguments": ""}
        yield {"tool_calls": [{"index": opened.call, "id": text_in(step, "id"), "function": named, **signed}]}
        given = object_in(step, "arguments")
        if given:
            yield self._say_arguments(opened, json.dumps(given, ensure_ascii=False))

    def _fragment(self, opened: _Step, function: JSON) -> JSON:
        return {"tool_calls": [{"index": opened.call, "function": function}]}

    def _say_arguments(self, opened: _Step, text: str) -> JSON:
        opened.has_arguments = True
        return self._fragment(opened, {"arguments": text})

    def _add_text(self, _: _Step, delta: JSON) -> _Deltas:
        text = text_in(delta, "text")
        if text:
            yield {"content": text}

    def _add_arguments(self, opened: _Step, delta: JSON) -> _Deltas:
        text = text_in(delta, "arguments") or text_in(delta, "partial_arguments")
        if text:
            yield self._say_arguments(opened, text)

    def _add_call(self, opened: _Step, delta: JSON) -> _Deltas:
        """A whole call, as older streams send it."""
        opened.step = {**opened.step, **delta}
        return self._start_call(opened)

    def _add_summary(self, _: _Step, delta: JSON) -> _Deltas:
        return self._think(text_in(object_in(delta, "content"), "text"))

    def _add_signature(self, _: _Step, delta: JSON) -> _Deltas:
        return self._sign(text_in(delta, "signature"))

    def _think(self, text: str) -> _Deltas:
        if text:
            yield {"reasoning_content": text, "thinking_blocks": [{"type": "thinking", "thinking": text}]}

    def _sign(self, signature: str) -> _Deltas:
        if signature:
            block = {"type": "thinking", "thinking": "", "signature": signature}
            # With no reasoning_content at all the chunk would count as empty and be dropped.
            yield {"reasoning_content": "", "thinking_blocks": [block]}

    def _add_image(self, _: _Step, delta: JSON) -> _Deltas:
        data = text_in(delta, "data")
        url = f"data:{text_in(delta, 'mime_type')};base64,{data}" if data else text_in(delta, "uri")
        if not url:
            return
        image = {"type": "image_url", "image_url": {"url": url, "detail": "auto"}, "index": self._images}
        self._images += 1
        yield {"images": [image]}

    def _add_sound(self, opened: _Step, delta: JSON) -> _Deltas:
        beside = {key: value for key, value in delta.items() if key != "type"}
        if delta.get("data"):
            yield {"audio": {"transcript": "", **beside}}
        elif beside:
            yield from self._add_other(opened, delta)

    def _add_annotations(self, _: _Step, delta: JSON) -> _Deltas:
        links, others = sort_annotations(objects_in(delta, "annotations"))  # their places are in bytes
        if links:
            yield {"annotations": links}
        for other in others:
            yield self._own.add("citations", other)

    def _add_other(self, _: _Step, delta: JSON) -> _Deltas:
        yield self._own.add("other_deltas", delta)


# Older streams have no steps but contents, and each is of the type that its deltas are of.
_CONTENTS = frozenset({"audio", "image", "text"})
# Steps that speak for themselves. Any other one is kept as it is when it has ended.
_KINDS = frozenset({*_CONTENTS, "function_call", "model_output", "thought"})

_DELTAS: dict[str, Callable[[Steps, _Step, JSON], _Deltas]] = {
    "arguments_delta": Steps._add_arguments,
    "audio": Steps._add_sound,
    "function_call": Steps._add_call,
    "image": Steps._add_image,
    "text": Steps._add_text,
    "text_annotation": Steps._add_annotations,
    "text_annotation_delta": Steps._add_annotations,
    "thought_signature": Steps._add_signature,
    "thought_summary": Steps._add_summary,
}
