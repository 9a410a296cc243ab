"""The tools that a model may call, each a function and what the model is told of it."""

from __future__ import annotations

import json
from collections.abc import Callable

from chat_agent.turn import Message, ToolCall


def get_weather(city: str) -> str:
    """The weather in a city, now."""
    return {"Paris": "18 degrees, sunny", "Oslo": "4 degrees, rain"}[city]


def get_time(city: str) -> str:
    """The local time in a city."""
    return {"Paris": "09:41", "Oslo": "09:41"}[city]


FUNCTIONS: dict[str, Callable[[str], str]] = {tool.__name__: tool for tool in (get_weather, get_time)}

SPECS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": tool.__doc__,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}},
                "required": ["city"],
            },
        },
    }
    for name, tool in FUNCTIONS.items()
]
"""As OpenAI's API has them; other backends translate."""


def run(call: ToolCall) -> Message:
    """The result as a message; what goes wrong is told to the model, which may well know better then."""
    try:
        result = FUNCTIONS[call.name](**json.loads(call.arguments))
    except (KeyError, TypeError, ValueError) as error:
        result = f"Error: {call.name}({call.arguments}) can't be had: {error!r}"
    return {"role": "tool", "tool_call_id": call.id, "content": result}
