"""What a model says in one turn: it comes in parts, and is put together here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Message = dict[str, Any]
"""A message of the conversation, as OpenAI's API has it; other backends translate."""


@dataclass(frozen=True)
class CallPart:
    """A part of a tool call: the first has its id and name, the arguments are JSON in pieces."""

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""


@dataclass
class ToolCall:
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass
class Turn:
    text: str = ""
    calls: dict[int, ToolCall] = field(default_factory=dict)

    def gather(self, parts: Iterable[str | CallPart]) -> Iterator[str]:
        """Hands on what is text, as it comes, and keeps all."""
        for part in parts:
            if isinstance(part, CallPart):
                self._gather_call(part)
            else:
                self.text += part
                yield part

    def _gather_call(self, part: CallPart) -> None:
        call = self.calls.setdefault(part.index, ToolCall())
        call.id = part.id or call.id
        call.name = part.name or call.name
        call.arguments += part.arguments

    def message(self) -> Message:
        """The turn as a message of the conversation."""
        message: Message = {"role": "assistant", "content": self.text or None}
        if self.calls:
            message["tool_calls"] = [
                {
                    "id": call.id,
                    "type": "function",
                    "function": {"name": call.name, "arguments": call.arguments},
                }
                for call in self.calls.values()
            ]
        return message
