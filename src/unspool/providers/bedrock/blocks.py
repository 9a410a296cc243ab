"""The content blocks of a Converse stream, from their start to their end, as the fields of deltas.

A block of text usually has no start: the first delta opens it. What kind of block it is says the one key
of its start or of its first delta.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from unspool.joins import join_base64
from unspool.providers.anthropic.mapping import with_supported_text
from unspool.providers.chunk_factory import OwnFields
from unspool.providers.json_events import JSON, json_or_text, object_in, objects_in, text_in
from unspool.providers.retold_text import RunningText

_Deltas = Iterator[JSON]


@dataclass(slots=True)
class _OpenBlock:
    """A content block that hasn't ended."""

    start: JSON
    index: int
    kind: str  # the one key of its start or of its first delta
    call: int | None = None  # its number among the tool calls, if it is one
    parts: list[str] = field(default_factory=list)  # of its text, or of its input's JSON
    citations: list[JSON] = field(default_factory=list)
    results: list[JSON] = field(default_factory=list)
    deltas: list[JSON] = field(default_factory=list)  # those of an unknown kind
    redacted: list[str] = field(default_factory=list)  # reasoning, in base64
    running: RunningText = field(default_factory=RunningText)  # its text, or its reasoning

    @property
    def is_server_s(self) -> bool:
        return object_in(self.start, "toolUse").get("type") == "server_tool_use"


class OpenBlocks:
    """The open blocks of a stream. Their content is emitted as the fields of one `Delta` each.

    A delta goes to the block of its index if that is of its kind, else to the latest open one that is.
    """

    def __init__(self) -> None:
        self.has_reasoning = False
        self._open: list[_OpenBlock] = []
        self._without_input: list[_OpenBlock] = []
        self._calls = 0
        self._own = OwnFields()

    def start(self, index: int, start: JSON) -> _Deltas:
        yield from self.end_calls(was_cut=False)
        opened = self._new(index, start, next(iter(start), ""))
        if "toolUse" in start and not opened.is_server_s:
            tool = object_in(start, "toolUse")
            named = {"name": text_in(tool, "name"), "arguments": ""}
            yield self._fragment(opened, id=text_in(tool, "toolUseId"), function=named)
        if "reasoningContent" in start:  # redacted reasoning may be here already
            yield from self._reason(opened, start)

    def add(self, index: int, delta: JSON) -> _Deltas:
        for kind in delta:
            opened = self._find(index, kind) or self._new(index, {}, _BLOCK_OF.get(kind, kind))
            yield from _DELTAS.get(kind, OpenBlocks._add_unknown)(self, opened, delta)

    def stop(self, index: int) -> _Deltas:
        opened = self._find(index, None)
        if opened is None:
            return
        self._open.remove(opened)
        if opened.call is not None and not any(opened.parts):
            self._without_input.append(opened)
        if opened.redacted:
            # With no reasoning_content at all the chunk would count as empty and be dropped.
            block = {"type": "redacted_thinking", "data": join_base64(opened.redacted)}
            yield {"reasoning_content": "", "thinking_blocks": [block]}
        if opened.is_server_s:
            whole = {**object_in(opened.start, "toolUse"), "input": json_or_text("".join(opened.parts))}
            yield self._own.add("server_tool_use", whole)
        if "toolResult" in opened.start or opened.results:
            whole = {**object_in(opened.start, "toolResult"), "content": opened.results}
            yield self._own.add("tool_results", whole)
        if opened.citations:
            yield self._own.add("citations", with_supported_text(opened.citations, "".join(opened.parts)))
        if opened.deltas or not opened.start.keys() <= _KNOWN_STARTS:
            deltas = {"deltas": opened.deltas} if opened.deltas else {}
            yield self._own.add("other_blocks", {**opened.start, **deltas})

    def end_calls(self, *, was_cut: bool) -> _Deltas:
        """Give the calls that ended without any input LiteLLM's `{}`, unless the answer was cut there."""
        ended, self._without_input = self._without_input, []
        for opened in ended:
            if not was_cut:
                yield self._fragment(opened, function={"arguments": "{}"})

    def _new(self, index: int, start: JSON, kind: str) -> _OpenBlock:
        opened = _OpenBlock(start, index, kind)
        self._open.append(opened)
        return opened

    def _find(self, index: int, kind: str | None) -> _OpenBlock | None:
        kind = _BLOCK_OF.get(kind or "", kind)
        fitting = [opened for opened in self._open if kind is None or opened.kind == kind]
        there = [opened for opened in fitting if opened.index == index]
        # A text has no start, so that an unknown index may well be a new one's.
        return next(reversed(there or ([] if kind == "text" else fitting)), None)

    def _say(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        text = text_in(delta, "text")
        if text and not opened.running.is_repeated_by(text):
            opened.running.add(text)
            opened.parts.append(text)
            yield {"content": text}

    def _call(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        part = text_in(object_in(delta, "toolUse"), "input")
        opened.parts.append(part)
        if part and not opened.is_server_s:
            yield self._fragment(opened, function={"arguments": part})

    def _reason(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        self.has_reasoning = True
        reasoning = object_in(delta, "reasoningContent")
        text, signature = text_in(reasoning, "text"), text_in(reasoning, "signature")
        opened.redacted += filter(None, [text_in(reasoning, "redactedContent")])
        if opened.running.is_repeated_by(text):
            text = ""
        opened.running.add(text)
        if text or signature:
            block = {"type": "thinking", "thinking": text}
            signed = {**block, "signature": signature} if signature else block
            yield {"reasoning_content": text, "thinking_blocks": [signed]}

    def _cite(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        citation = object_in(delta, "citation")
        opened.citations.append(citation)
        yield {"provider_specific_fields": {"citation": citation}}

    def _add_result(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        opened.results += objects_in(delta, "toolResult")
        return iter(())

    def _add_unknown(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        if delta not in opened.deltas:  # one that has two unknown keys comes here twice
            opened.deltas.append(delta)
        return iter(())

    def _fragment(self, opened: _OpenBlock, **call: Any) -> JSON:
        if opened.call is None:
            opened.call = self._calls
            self._calls += 1
        return {"tool_calls": [{"index": opened.call, "type": "function", **call}]}


_KNOWN_STARTS = frozenset({"reasoningContent", "toolResult", "toolUse"})

# Deltas that belong to a block of another name.
_BLOCK_OF = {"citation": "text"}

_DELTAS: dict[str, Callable[[OpenBlocks, _OpenBlock, JSON], _Deltas]] = {
    "citation": OpenBlocks._cite,
    "reasoningContent": OpenBlocks._reason,
    "text": OpenBlocks._say,
    "toolResult": OpenBlocks._add_result,
    "toolUse": OpenBlocks._call,
}
