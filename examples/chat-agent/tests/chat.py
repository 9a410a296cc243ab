"""What the user has of it all."""

from __future__ import annotations

from chat_agent import answer
from chat_agent.agent import Backend
from chat_agent.turn import Message


def chat(ask: Backend, question: str, conversation: list[Message] | None = None) -> str:
    conversation = [] if conversation is None else conversation
    conversation.append({"role": "user", "content": question})
    return "".join(answer(ask, conversation))
