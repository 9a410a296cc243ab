"""The content blocks of a stream, from start to end, as the fields of deltas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from unspool.providers.anthropic.mapping import arguments_of, list_for, tool_call, with_supported_text
from unspool.providers.chunk_factory import OwnFields, nothing
from unspool.providers.json_events import JSON, object_in, objects_in, text_in
from unspool.providers.retold_text import RunningText

_Deltas = Iterator[JSON]


_MOST_PARTS = 10_000
"""How many deltas of a text are stored for its citations: a text with citations isn't longer than a
sentence."""


@dataclass(slots=True)
class _OpenBlock:
    """A content block that hasn't ended."""

    block: JSON
    index: int | None = None  # None where a delta has no block to belong to
    call: int = 0  # its index among the tool calls, if it is one
    parts: list[str] = field(default_factory=list)  # of its text, or of its input's JSON
    has_input: bool = False  # as a tool call whose input has begun to come
    citations: list[JSON] = field(default_factory=list)
    deltas: list[JSON] = field(default_factory=list)  # those of an unknown type
    running: RunningText = field(default_factory=RunningText)  # its text, or its thinking

    @property
    def kind(self) -> str:
        return text_in(self.block, "type")


class OpenBlocks:
    """The open blocks of a stream. Their content is emitted as the fields of one `Delta` each.

    Gateways number blocks wrongly: a delta goes to the block of its index if that is of its kind, else to the
    latest open one that is.
    """

    def __init__(self) -> None:
        # These two last as long as the stream: several messages in one become one response.
        self._calls = 0
        self._own = OwnFields()
        self.begin_message()

    def begin_message(self) -> None:
        """Reset the blocks of the previous message; the call numbers and the stored lists stay."""
        self.has_thinking = False
        self._open: list[_OpenBlock] = []
        self._without_input: list[_OpenBlock] = []

    def start(self, index: int, block: JSON) -> _Deltas:
        yield from self.end_calls(was_cut=False)
        opened = _OpenBlock(block, index)
        self._open.append(opened)
        begin: _OnBlock = _STARTS.get(opened.kind, nothing)
        yield from begin(self, opened)

    def add(self, index: int, delta: JSON) -> _Deltas:
        kind = text_in(delta, "type")
        # A delta without its block's start can still say something.
        opened = self._find(index, _BLOCKS_OF.get(kind)) or _OpenBlock({})
        return _DELTAS.get(kind, OpenBlocks._add_unknown)(self, opened, delta)

    def stop(self, index: int) -> _Deltas:
        opened = self._find(index, None)
        if opened is None:
            return iter(())
        self._open.remove(opened)
        return _STOPS.get(opened.kind, OpenBlocks._stop_other)(self, opened)

    def end_calls(self, *, was_cut: bool) -> _Deltas:
        """Give calls without any input the `{}` that this means, unless the answer was cut there."""
        ended, self._without_input = self._without_input, []
        for opened in ended:
            if not was_cut:
                yield _arguments_fragment(opened, arguments_of(opened.block))

    def _find(self, index: int, kinds: frozenset[str] | None) -> _OpenBlock | None:
        fitting = [opened for opened in self._open if kinds is None or opened.kind in kinds]
        there = [opened for opened in fitting if opened.index == index]
        return next(reversed(there or fitting), None)

    def _start_text(self, opened: _OpenBlock) -> _Deltas:
        for citation in objects_in(opened.block, "citations"):
            yield from self._cite(opened, citation)
        yield from self._say(opened, text_in(opened.block, "text"))

    def _start_call(self, opened: _OpenBlock) -> _Deltas:
        opened.call = self._calls
        self._calls += 1
        yield _fragment(opened, tool_call(opened.block, arguments=""))

    def _start_thinking(self, opened: _OpenBlock) -> _Deltas:
        return self._think(opened, text_in(opened.block, "thinking"), text_in(opened.block, "signature"))

    def _start_redacted(self, opened: _OpenBlock) -> _Deltas:
        self.has_thinking = True
        # With no reasoning_content at all the chunk would count as empty and be dropped.
        yield {"reasoning_content": "", "thinking_blocks": [opened.block]}

    def _add_text(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        return self._say(opened, text_in(delta, "text"))

    def _add_input(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        part = text_in(delta, "partial_json")
        if opened.kind != "tool_use":
            opened.parts.append(part)
            return
        opened.has_input = opened.has_input or bool(part)
        yield _arguments_fragment(opened, part)

    def _add_thinking(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        # Some servers send the signature with all of the thinking again.
        return self._think(opened, text_in(delta, "thinking"), text_in(delta, "signature"))

    def _add_signature(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        return self._think(opened, text_in(delta, "thinking"), text_in(delta, "signature"))

    def _add_citation(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        return self._cite(opened, object_in(delta, "citation"))

    def _add_compaction(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        # Mostly one delta holds the whole summary: https://docs.anthropic.com/en/docs/build-with-claude/compaction
        given = {key: value for key, value in delta.items() if value is not None}
        content = text_in(opened.block, "content") + text_in(delta, "content")
        opened.block = {**opened.block, **given, "type": "compaction", "content": content or None}
        return iter(())

    def _add_unknown(self, opened: _OpenBlock, delta: JSON) -> _Deltas:
        opened.deltas.append(delta)
        return iter(())

    def _stop_text(self, opened: _OpenBlock) -> _Deltas:
        if opened.citations:
            yield self._own.add("citations", with_supported_text(opened.citations, "".join(opened.parts)))

    def _stop_call(self, opened: _OpenBlock) -> _Deltas:
        # A call without arguments streams none; a call that Anthropic's own code makes has them in
        # the block's start (vercel/ai's "programmatic-tool-calling"). LiteLLM says "{}" to both. But if
        # `max_tokens` has cut the call it lacks its input, and only what comes next tells.
        if not opened.has_input and object_in(opened.block, "input"):
            yield _arguments_fragment(opened, arguments_of(opened.block))
        elif not opened.has_input:
            self._without_input.append(opened)

    def _stop_other(self, opened: _OpenBlock) -> _Deltas:
        yield self._own.add(list_for(opened.kind), _whole(opened))

    def _say(self, opened: _OpenBlock, text: str) -> _Deltas:
        if text and not opened.running.is_repeated_by(text):
            opened.running.add(text)
            if len(opened.parts) < _MOST_PARTS:
                opened.parts.append(text)
            yield {"content": text}

    def _think(self, opened: _OpenBlock, text: str, signature: str) -> _Deltas:
        self.has_thinking = True
        if opened.running.is_repeated_by(text):
            text = ""
        opened.running.add(text)
        if text or signature:
            block = {"type": "thinking", "thinking": text}
            signed = {**block, "signature": signature} if signature else block
            yield {"reasoning_content": text, "thinking_blocks": [signed]}

    def _cite(self, opened: _OpenBlock, citation: JSON) -> _Deltas:
        opened.citations.append(citation)
        yield {"provider_specific_fields": {"citation": citation}}


_OnBlock = Callable[[OpenBlocks, _OpenBlock], _Deltas]
_OnDelta = Callable[[OpenBlocks, _OpenBlock, JSON], _Deltas]

# A block of any other type is stored unchanged when it has ended.
_STARTS: dict[str, _OnBlock] = {
    "redacted_thinking": OpenBlocks._start_redacted,
    "text": OpenBlocks._start_text,
    "thinking": OpenBlocks._start_thinking,
    "tool_use": OpenBlocks._start_call,
}
_STOPS: dict[str, _OnBlock] = {
    "redacted_thinking": nothing,
    "text": OpenBlocks._stop_text,
    "thinking": nothing,
    "tool_use": OpenBlocks._stop_call,
}
_DELTAS: dict[str, _OnDelta] = {
    "citations_delta": OpenBlocks._add_citation,
    "compaction_delta": OpenBlocks._add_compaction,
    "input_json_delta": OpenBlocks._add_input,
    "signature_delta": OpenBlocks._add_signature,
    "text_delta": OpenBlocks._add_text,
    "thinking_delta": OpenBlocks._add_thinking,
}

# The blocks that a delta of some type may belong to.
_BLOCKS_OF = {
    "citations_delta": frozenset({"text"}),
    "compaction_delta": frozenset({"compaction"}),
    "signature_delta": frozenset({"thinking"}),
    "text_delta": frozenset({"text"}),
    "thinking_delta": frozenset({"thinking"}),
}


def _fragment(opened: _OpenBlock, call: JSON) -> JSON:
    return {"tool_calls": [{"index": opened.call, **call}]}


def _arguments_fragment(opened: _OpenBlock, arguments: str) -> JSON:
    return _fragment(opened, {"type": "function", "function": {"arguments": arguments}})


def _whole(opened: _OpenBlock) -> JSON:
    block = opened.block
    if any(opened.parts):
        block = {**block, "input": _input("".join(opened.parts))}
    return {**block, "deltas": opened.deltas} if opened.deltas else block


def _input(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError:
        return text  # cut off, as by max_tokens: better as it came than not at all
