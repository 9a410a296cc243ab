"""The agent: it asks a model, runs the tools that this calls, and asks again until it has an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

from chat_agent.errors import ModelError
from chat_agent.repetition import stop_repetition
from chat_agent.tools import run
from chat_agent.turn import CallPart, Message, Turn

Backend = Callable[[list[Message]], Iterator[str | CallPart]]
"""Asks a model to go on with a conversation, and gives what it says as it comes; raises ModelError."""

MAX_TURNS = 5


def answer(ask: Backend, conversation: list[Message]) -> Iterator[str]:
    """The answer to the conversation's last message, piece by piece; the conversation grows by it.

    What goes wrong is told to the user, in square brackets.
    """
    for _ in range(MAX_TURNS):
        turn = Turn()
        try:
            with closing(ask(conversation)) as parts:
                yield from turn.gather(stop_repetition(parts))
        except ModelError as error:
            yield from _give_up(turn, error, conversation)
            return
        conversation.append(turn.message())
        if not turn.calls:
            return
        conversation.extend(run(call) for call in turn.calls.values())
    yield f"[I have no answer after {MAX_TURNS} turns.]"


def _give_up(turn: Turn, error: ModelError, conversation: list[Message]) -> Iterator[str]:
    """Only the text is kept: a tool call that nobody answers makes a provider refuse the next question."""
    if turn.text:
        conversation.append(Turn(turn.text).message())
        yield " "
    yield f"[{error}]"
