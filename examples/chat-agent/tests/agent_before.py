"""The agent's loop as it was before its bug was found: the model alone says when it's done."""

from __future__ import annotations

from collections.abc import Iterator

from chat_agent.agent import Backend
from chat_agent.tools import run
from chat_agent.turn import Message, Turn


def answer(ask: Backend, conversation: list[Message]) -> Iterator[str]:
    while True:
        turn = Turn()
        yield from turn.gather(ask(conversation))
        conversation.append(turn.message())
        if not turn.calls:
            return
        conversation.extend(run(call) for call in turn.calls.values())
