"""The conversation and the tools as Anthropic's API has them, and what its events say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from chat_agent.errors import BROKEN_OFF, ModelError
from chat_agent.turn import CallPart, Message


def tools_of(specs: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    functions = [spec["function"] for spec in specs]
    return [
        {"name": one["name"], "description": one["description"], "input_schema": one["parameters"]}
        for one in functions
    ]


def messages_of(conversation: Iterable[Message]) -> list[Message]:
    """Results of tools that follow each other are one message of the user's."""
    messages: list[Message] = []
    for message in conversation:
        role, blocks = _ROLES[message["role"]], list(_blocks(message))
        if messages and messages[-1]["role"] == role:
            messages[-1]["content"] += blocks
        else:
            messages.append({"role": role, "content": blocks})
    return messages


_ROLES = {"user": "user", "assistant": "assistant", "tool": "user"}


def _blocks(message: Message) -> Iterator[dict[str, Any]]:
    if message["role"] == "tool":
        yield {"type": "tool_result", "tool_use_id": message["tool_call_id"], "content": message["content"]}
        return
    if message["content"]:
        yield {"type": "text", "text": message["content"]}
    for call in message.get("tool_calls", ()):
        function = call["function"]
        arguments = _object(function["arguments"])
        yield {"type": "tool_use", "id": call["id"], "name": function["name"], "input": arguments}


def _object(arguments: str) -> Any:
    """Only an object may be sent back, and a model that runs out of tokens leaves half of one."""
    try:
        read = json.loads(arguments)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def parts_of_events(events: Iterable[Any]) -> Iterator[str | CallPart]:
    """What the events say.

    Raises:
        ModelError: they end before the message does.
    """
    finished = False
    for event in events:
        if event.type == "content_block_start" and event.content_block.type == "tool_use":
            yield CallPart(event.index, event.content_block.id, event.content_block.name)
        elif event.type == "content_block_delta":
            yield from _delta(event)
        finished = finished or event.type == "message_stop"
    if not finished:
        raise ModelError(BROKEN_OFF)


def _delta(event: Any) -> Iterator[str | CallPart]:
    if event.delta.type == "text_delta":
        yield event.delta.text
    elif event.delta.type == "input_json_delta":
        yield CallPart(event.index, arguments=event.delta.partial_json)
