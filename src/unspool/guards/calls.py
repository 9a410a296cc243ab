"""Tool calls as text, so that the guard finds a loop of them like any other."""

from __future__ import annotations

from unspool.models import ChatCompletionDeltaToolCall, CustomToolCallPayload, Delta

CALL = "\x1e"
"""Marks the start of each tool call in the text of the channel: a period that contains it repeats whole
calls."""


class Calls:
    """Tool calls as text: each call's name, then its arguments as they arrive."""

    def __init__(self) -> None:
        self._index: int | None = None
        self._id: str | None = None

    def spell(self, delta: Delta) -> str:
        text = "".join(map(self._fragment, delta.tool_calls or ()))
        function = delta.function_call
        return f"{text}{function.name or ''}{function.arguments}" if function is not None else text

    def _fragment(self, call: ChatCompletionDeltaToolCall) -> str:
        name, said = _name_and_input(call)
        return f"{CALL}{name} {said}" if name and self._is_new(call) else said

    def _is_new(self, call: ChatCompletionDeltaToolCall) -> bool:
        # Not by the name alone: some servers repeat it with every fragment.
        new = call.index != self._index or (call.id is not None and call.id != self._id)
        self._index = call.index
        self._id = call.id if call.id is not None else self._id
        return new


def _name_and_input(call: ChatCompletionDeltaToolCall) -> tuple[str | None, str]:
    if call.function is not None:
        return call.function.name, call.function.arguments
    custom: CustomToolCallPayload | None = call.get("custom")
    return (None, "") if custom is None else (custom.name, custom.input)
