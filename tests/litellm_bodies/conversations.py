"""The canonical conversations: what is asked of every provider, in OpenAI's shape."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]

_PNG = "data:image/png;base64,iVBORw0KGgo="

_WEATHER: JSON = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "The weather in a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
_TIME: JSON = {
    "type": "function",
    "function": {"name": "get_time", "parameters": {"type": "object", "properties": {}}},
}
_POINT: JSON = {
    "type": "json_schema",
    "json_schema": {
        "name": "point",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {"x": {"type": "number"}, "y": {"type": "number"}},
            "required": ["x", "y"],
            "additionalProperties": False,
        },
    },
}


def _user(content: Any) -> JSON:
    return {"role": "user", "content": content}


def _call(call_id: str, name: str, arguments: str) -> JSON:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _asking(*calls: JSON, content: str | None = None) -> JSON:
    return {"role": "assistant", "content": content, "tool_calls": list(calls)}


def _result(call_id: str, content: str) -> JSON:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


HELLO = [{"role": "system", "content": "Be brief."}, _user("Say hello.")]

CONVERSATIONS: dict[str, JSON] = {
    "text": {"messages": HELLO},
    "no stream": {"messages": HELLO, "stream": None},
    "turns": {"messages": [*HELLO, {"role": "assistant", "content": "Hello."}, _user("And in French?")]},
    "text in parts": {
        "messages": [_user([{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}])]
    },
    "image": {
        "messages": [
            _user(
                [
                    {"type": "text", "text": "What is on it?"},
                    {"type": "image_url", "image_url": {"url": _PNG}},
                ]
            )
        ]
    },
    "tool offered": {"messages": HELLO, "tools": [_WEATHER], "tool_choice": "auto"},
    "tool demanded": {
        "messages": HELLO,
        "tools": [_WEATHER, _TIME],
        "tool_choice": {"type": "function", "function": {"name": "get_time"}},
    },
    "tool round trip": {
        "messages": [
            *HELLO,
            _asking(_call("call_1", "get_weather", '{"city": "Oslo"}')),
            _result("call_1", "Rain."),
        ],
        "tools": [_WEATHER],
    },
    "parallel tools": {
        "messages": [
            _user("The weather in Oslo, and the time?"),
            _asking(
                _call("call_1", "get_weather", '{"city": "Oslo"}'),
                _call("call_2", "get_time", "{}"),
                content="I'll look.",
            ),
            _result("call_1", "Rain."),
            _result("call_2", "Noon."),
        ],
        "tools": [_WEATHER, _TIME],
        "tool_choice": "required",
        "parallel_tool_calls": True,
    },
    "earlier answer": {
        "messages": [
            _user("Two and two?"),
            {
                "role": "assistant",
                "content": "Four.",
                "reasoning_content": "Easy.",
                "thinking_blocks": [{"type": "thinking", "thinking": "Easy.", "signature": "c2ln"}],
                "provider_specific_fields": {"citations": None},
            },
            _user("And three?"),
        ]
    },
    "structured output": {"messages": HELLO, "response_format": _POINT},
    "any JSON": {"messages": HELLO, "response_format": {"type": "json_object"}},
    "reasoning effort": {"messages": HELLO, "reasoning_effort": "low"},
    "sampling": {"messages": HELLO, "temperature": 0.5, "top_p": 0.9, "max_tokens": 50, "stop": ["END"]},
    "one stop": {"messages": HELLO, "stop": "END", "max_completion_tokens": 50},
    "seed": {"messages": HELLO, "seed": 7},
    "penalties": {"messages": HELLO, "frequency_penalty": 0.5, "presence_penalty": 0.25},
    "choices": {"messages": HELLO, "n": 2, "logprobs": True, "top_logprobs": 3, "logit_bias": {"50": -100}},
    "user": {"messages": HELLO, "user": "someone"},
    "usage": {"messages": HELLO, "stream_options": {"include_usage": True}},
}
"""What is passed beside the model, by name. All but one as a stream, and all with `drop_params=True`."""
