"""What a stream says, in a shape in which a naive reading, Unspool's and an SDK's can be compared."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from unspool.models import (
    ChatCompletionDeltaToolCall,
    ChatCompletionMessageToolCall,
    Message,
    ModelResponse,
    ModelResponseStream,
)

Usage = dict[str, int]
"""The counts of prompt, completion and all tokens."""

PARTS = ("prompt_tokens", "completion_tokens")
TOKENS = (*PARTS, "total_tokens")

REASONS = {
    "length": "length max_tokens MAX_TOKENS LENGTH compaction ERROR_LIMIT time_limit token_limit",
    "tool_calls": "tool_calls tool_use TOOL_CALL",
    "function_call": "function_call",
    "content_filter": "content_filter content_filtered refusal guardrail_intervened sensitive ERROR_TOXIC"
    " SAFETY RECITATION LANGUAGE OTHER BLOCKLIST PROHIBITED_CONTENT SPII IMAGE_SAFETY CONTENT_FILTERED",
}
"""OpenAI's finish reasons and what else stands for them; whatever is nowhere here is a `stop`."""


def settle_reason(native: str | None) -> str:
    """OpenAI's word for a finish reason, and for its absence."""
    return next((reason for reason, names in REASONS.items() if native in names.split()), "stop")


def settle_finish(said: Said, native: str | None) -> str:
    """OpenAI's word for how a choice ended: `tool_calls` for a `stop` after calls."""
    reason = settle_reason(native)
    return "tool_calls" if reason == "stop" and said.calls else reason


@dataclass
class Call:
    """A tool call."""

    id: str = ""
    name: str = ""
    arguments: str = ""

    @property
    def parsed(self) -> Any:
        """The arguments as data; as they are if they aren't JSON."""
        try:
            return json.loads(self.arguments)
        except ValueError:
            return self.arguments

    @property
    def is_json(self) -> bool:
        return not isinstance(self.parsed, str)


@dataclass
class Said:
    """What one choice amounts to."""

    content: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: list[Call] = field(default_factory=list)
    function: Call = field(default_factory=Call)
    """OpenAI's older way to call one."""
    finish: str | None = None


@dataclass
class Reading:
    """What a whole stream amounts to."""

    choices: defaultdict[int, Said] = field(default_factory=lambda: defaultdict(Said))
    usage: Usage | None = None

    def calls_by_choice(self) -> dict[int, list[Call]]:
        return {index: said.calls for index, said in self.choices.items()}


class CallFragments:
    """Fragments of tool calls, joined by one rule for whoever sent them.

    A fragment begins a call if its index is new, or if it brings an id and a name of its own. Without an
    index either of the two is enough.
    """

    def __init__(self, calls: list[Call]) -> None:
        self._calls = calls
        self._of_index: dict[int | None, Call] = {}

    def add(self, index: int | None, call_id: str, name: str, arguments: str) -> None:
        call = self._of_index.get(index)
        named = (call_id and name) if index is not None else (call_id or name)
        if call is None or (named and call.id != call_id) or (index is None and name and not call_id):
            call = self._of_index[index] = Call(id=call_id)
            self._calls.append(call)
        call.id = call_id or call.id
        call.name = name or call.name
        call.arguments += arguments


def read_chunks(chunks: Iterable[ModelResponseStream]) -> Reading:
    """The emitted chunks, added up by hand: what a user would do who doesn't know the builder."""
    reading = Reading()
    fragments: dict[int, CallFragments] = {}
    for chunk in chunks:
        usage = chunk.get("usage")
        if usage is not None:
            reading.usage = read_usage(usage)
            continue
        for choice in chunk.choices:
            said = reading.choices[choice.index]
            said.content += choice.delta.content or ""
            said.reasoning += choice.delta.get("reasoning_content") or ""
            said.refusal += choice.delta.get("refusal") or ""
            said.finish = choice.finish_reason or said.finish
            if choice.delta.function_call is not None:
                said.function.name += choice.delta.function_call.name or ""
                said.function.arguments += choice.delta.function_call.arguments
            for call in choice.delta.tool_calls or ():
                _add_fragment(fragments.setdefault(choice.index, CallFragments(said.calls)), call)
    return reading


def _add_fragment(fragments: CallFragments, call: ChatCompletionDeltaToolCall) -> None:
    name, arguments = _called(call)
    fragments.add(call.index, call.id or "", name, arguments)


def _called(call: ChatCompletionDeltaToolCall | ChatCompletionMessageToolCall) -> tuple[str, str]:
    """What a call calls, and with what; a custom one with mere text."""
    if call.function is None:
        return call.custom.name or "", call.custom.input
    return call.function.name or "", call.function.arguments


def read_response(response: ModelResponse) -> Reading:
    reading = Reading(usage=read_usage(response.usage))
    for choice in response.choices:
        message = choice.message
        reading.choices[choice.index] = Said(
            content=message.content or "",
            reasoning=message.get("reasoning_content") or "",
            refusal=message.get("refusal") or "",
            calls=[Call(call.id or "", *_called(call)) for call in message.tool_calls or ()],
            function=_read_function(message),
            finish=choice.finish_reason,
        )
    return reading


def _read_function(message: Message) -> Call:
    call = message.function_call
    return Call() if call is None else Call(name=call.name or "", arguments=call.arguments)


def read_counts(usage: dict[str, Any]) -> Usage:
    """The counts in a usage of OpenAI's, as JSON. A total that isn't there is the sum of its parts."""
    counts = {key: usage.get(key) or 0 for key in PARTS}
    return {**counts, "total_tokens": usage.get("total_tokens") or sum(counts.values())}


def read_usage(usage: Any) -> Usage:
    return {key: getattr(usage, key) for key in TOKENS}


def rebuilt(said: Said) -> Said:
    """The same as a whole message says it: a call without arguments has an empty object for them.

    Unless `length` cut it off before they came.
    """
    if said.finish == "length":
        return said
    return replace(said, calls=[replace(call, arguments=call.arguments or "{}") for call in said.calls])
