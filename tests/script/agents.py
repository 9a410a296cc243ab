"""An agent of a page, over each provider's own SDK: it asks, calls the tools, and asks again."""

from __future__ import annotations

import json
from typing import Any

import anthropic
import openai

TOOLS = {"get_weather": lambda city: "rain" if city == "Oslo" else "sun", "get_time": lambda city: "noon"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def run_tool(name: str, arguments: dict[str, Any]) -> str:
    return TOOLS[name](**arguments)


def openai_agent(question: str, *, stream: bool = True, system: str = "", most: int = 8) -> str:
    client = openai.OpenAI(api_key="none")
    messages: list[Any] = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": question})
    tools: Any = [{"type": "function", "function": {"name": name, "parameters": SCHEMA}} for name in TOOLS]
    for _ in range(most):
        if stream:
            with client.chat.completions.stream(model="gpt-4o", messages=messages, tools=tools) as events:
                for _event in events:
                    pass
                message: Any = events.get_final_completion().choices[0].message
        else:
            answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=tools)
            message = answer.choices[0].message
        if not message.tool_calls:
            return message.content or ""
        calls = [
            {
                "id": one.id,
                "type": "function",
                "function": one.function.model_dump(include={"name", "arguments"}),
            }
            for one in message.tool_calls
        ]
        messages.append({"role": "assistant", "content": message.content, "tool_calls": calls})
        for one in message.tool_calls:
            result = run_tool(one.function.name, json.loads(one.function.arguments))
            messages.append({"role": "tool", "tool_call_id": one.id, "content": result})
    raise RuntimeError("too many turns")


def responses_agent(question: str, *, stream: bool = True) -> str:
    client = openai.OpenAI(api_key="none")
    tools: Any = [{"type": "function", "name": name, "parameters": SCHEMA, "strict": False} for name in TOOLS]
    given: Any = question
    previous: str | None = None
    for _ in range(8):
        asked: Any = {"model": "gpt-5", "input": given, "tools": tools, "previous_response_id": previous}
        if stream:
            with client.responses.stream(**asked) as events:
                response: Any = events.get_final_response()
        else:
            response = client.responses.create(**asked)
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            return str(response.output_text)
        previous = response.id
        given = [
            {
                "type": "function_call_output",
                "call_id": one.call_id,
                "output": run_tool(one.name, json.loads(one.arguments)),
            }
            for one in calls
        ]
    raise RuntimeError("too many turns")


def anthropic_agent(question: str, *, stream: bool = True) -> str:
    client = anthropic.Anthropic(api_key="none")
    messages: list[Any] = [{"role": "user", "content": question}]
    tools: Any = [{"name": name, "input_schema": SCHEMA} for name in TOOLS]
    for _ in range(8):
        asked: Any = {"model": "claude-test", "max_tokens": 100, "messages": messages, "tools": tools}
        if stream:
            with client.messages.stream(**asked) as events:
                message = events.get_final_message()
        else:
            message = client.messages.create(**asked)
        used: list[Any] = [block for block in message.content if block.type == "tool_use"]
        if not used:
            return "".join(block.text for block in message.content if block.type == "text")
        messages.append({"role": "assistant", "content": [block.model_dump() for block in message.content]})
        results = [
            {"type": "tool_result", "tool_use_id": one.id, "content": run_tool(one.name, one.input)}
            for one in used
        ]
        messages.append({"role": "user", "content": results})
    raise RuntimeError("too many turns")


AGENTS = {"openai": openai_agent, "responses": responses_agent, "anthropic": anthropic_agent}
