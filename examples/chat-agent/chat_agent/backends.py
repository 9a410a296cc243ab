"""Models to ask: through OpenAI's SDK, Anthropic's, or LiteLLM. Each gives the same kind of parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Any

import anthropic
import litellm
import openai

from chat_agent.agent import Backend
from chat_agent.anthropic_form import messages_of, parts_of_events, tools_of
from chat_agent.errors import BROKEN_OFF, ModelError, told_to_users
from chat_agent.tools import SPECS
from chat_agent.turn import CallPart, Message


def openai_backend(client: openai.OpenAI, model: str = "gpt-4o-mini") -> Backend:
    def ask(conversation: list[Message]) -> Iterator[str | CallPart]:
        with (
            told_to_users(),
            client.chat.completions.create(
                model=model, messages=conversation, tools=SPECS, stream=True
            ) as chunks,
        ):
            yield from parts_of_chunks(chunks)

    return ask


def litellm_backend(model: str) -> Backend:
    def ask(conversation: list[Message]) -> Iterator[str | CallPart]:
        with told_to_users():
            chunks = litellm.completion(
                model=model,
                messages=conversation,
                tools=SPECS,
                stream=True,
                stream_options={"include_usage": True},
            )
            with closing(chunks):
                yield from parts_of_chunks(chunks)

    return ask


def anthropic_backend(client: anthropic.Anthropic, model: str = "claude-haiku-4-5") -> Backend:
    def ask(conversation: list[Message]) -> Iterator[str | CallPart]:
        with (
            told_to_users(),
            client.messages.create(
                model=model,
                max_tokens=1024,
                messages=messages_of(conversation),
                tools=tools_of(SPECS),
                stream=True,
            ) as events,
        ):
            yield from parts_of_events(events)

    return ask


def parts_of_chunks(chunks: Iterable[Any]) -> Iterator[str | CallPart]:
    """What OpenAI's chunks say, and LiteLLM's.

    Raises:
        ModelError: they end without a finish reason. Nothing else tells that an answer was cut.
    """
    finished = None
    for chunk in chunks:
        for choice in chunk.choices:
            if choice.delta.content:
                yield choice.delta.content
            yield from map(_call_part, choice.delta.tool_calls or ())
            finished = finished or choice.finish_reason
    if not finished:
        raise ModelError(BROKEN_OFF)


def _call_part(call: Any) -> CallPart:
    function = call.function
    return CallPart(call.index, call.id, function and function.name, (function and function.arguments) or "")
