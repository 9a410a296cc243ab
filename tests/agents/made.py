"""The agents, as code of a test file: each defines `ask`, which returns the text of the last turn."""

from __future__ import annotations

from tests.plugin.test_agents import GUARDED

SHARED = (
    """
import asyncio, json, pytest, unspool

URL = "https://api.openai.example/v1"
QUESTION = "How is the weather in Bergen and in Münster?"
"""
    + GUARDED
)

PYDANTIC_AI = """
import openai
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

async def run():
    async with openai.AsyncOpenAI(api_key="any", base_url=URL) as client:
        agent = Agent(OpenAIChatModel("gpt-4o", provider=OpenAIProvider(openai_client=client)))

        @agent.tool_plain
        async def weather(city: str) -> str:
            return f"rain in {city}"

        async with agent.run_stream(QUESTION) as result:
            return await result.get_output()

def ask():
    return asyncio.run(run())
"""

LANGGRAPH = """
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.prebuilt import create_react_agent

@tool
def weather(city: str) -> str:
    "The weather in a city."
    return f"rain in {city}"

def ask():
    model = ChatOpenAI(model="gpt-4o", api_key="any", base_url=URL, streaming=True, timeout=60)
    agent = create_react_agent(model, [weather])
    said = {}
    asked, limits = {"messages": [("user", QUESTION)]}, {"recursion_limit": 12}
    for message, _ in agent.stream(asked, limits, stream_mode="messages"):
        if type(message).__name__ == "AIMessageChunk" and isinstance(message.content, str):
            said[message.id] = said.get(message.id, "") + message.content
    return list(said.values())[-1]
"""

OPENAI_AGENTS = """
import openai
from agents import Agent, OpenAIChatCompletionsModel, Runner, function_tool, set_tracing_disabled

set_tracing_disabled(True)

@function_tool
def weather(city: str) -> str:
    return f"rain in {city}"

async def run():
    async with openai.AsyncOpenAI(api_key="any", base_url=URL) as client:
        model = OpenAIChatCompletionsModel(model="gpt-4o", openai_client=client)
        result = Runner.run_streamed(Agent(name="it", model=model, tools=[weather]), QUESTION)
        async for _ in result.stream_events():
            pass
        return result.final_output

def ask():
    return asyncio.run(run())
"""

LITELLM = """
import os
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
import litellm

TOOLS = [{"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}}}}]

async def run():
    messages = [{"role": "user", "content": QUESTION}]
    for _ in range(4):
        stream = await litellm.acompletion(
            model="openai/gpt-4o", messages=messages, tools=TOOLS, stream=True, api_key="any", api_base=URL,
            num_retries=2, timeout=60)
        built = litellm.stream_chunk_builder([chunk async for chunk in stream], messages=messages)
        message = built.choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message.model_dump())
        messages += [{"role": "tool", "tool_call_id": call.id,
                      "content": f"rain in {json.loads(call.function.arguments)['city']}"}
                     for call in message.tool_calls]
    return "too many turns"

def ask():
    return asyncio.run(run())
"""

AGENTS: dict[str, tuple[list[str], str]] = {
    "pydantic-ai": (["pydantic-ai-slim[openai]"], PYDANTIC_AI),
    "langgraph": (["langgraph", "langchain-openai"], LANGGRAPH),
    "openai-agents": (["openai-agents"], OPENAI_AGENTS),
    "litellm": (["litellm"], LITELLM),
}
"""By name: what to install, and the code."""

TESTS = """
from concurrent.futures import ThreadPoolExecutor
from unspool.faults import Stall

def in_threads():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(ask).result()

@pytest.mark.stream_torture
@pytest.mark.stream_cassette("agent", match_on=["method"])
def test_agent(unspool_fault):
    said = guarded(ask)
    assert unspool_fault is not None or said == "It rains ☂."

@pytest.mark.stream_torture(only=["unbroken", "rate-limited-once", "Hang", "Break", "Stall"])
@pytest.mark.stream_cassette("agent", match_on=["method"])
def test_in_a_thread(unspool_fault):
    said = guarded(in_threads)
    assert unspool_fault is not None or said == "It rains ☂."

@pytest.mark.stream_cassette("agent", match_on=["method"], fault=Stall(1, 20.0).on(1))
def test_a_stall_that_is_shorter_than_its_patience():
    assert ask() == "It rains ☂."
"""
"""What an agent is put through: any error is its own affair, but none of them may be Unspool's."""
