"""The same agent in each SDK and framework: `python weather.py NAME` runs it under a script.

Each function is what a user would write: it asks about the weather, has `get_weather` as a tool, and returns
what the model says at last. None knows of Unspool.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

QUESTION = "Weather in Oslo?"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"type": "function", "function": {"name": "get_weather", "parameters": SCHEMA}}
KEYS = (
    *("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "CO_API_KEY", "MISTRAL_API_KEY"),
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
)


def get_weather(city: str) -> str:
    """The weather in a city.

    Args:
        city: its name.
    """
    return "rain" if city == "Oslo" else "sun"


def openai_sdk() -> str:
    import openai

    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        asked: Any = {"model": "gpt-4o", "messages": messages, "tools": [FUNCTION]}
        with openai.OpenAI().chat.completions.stream(**asked) as events:
            message: Any = events.get_final_completion().choices[0].message
        if not message.tool_calls:
            return str(message.content)
        calls = [one.model_dump(include={"id", "type", "function"}) for one in message.tool_calls]
        messages.append({"role": "assistant", "tool_calls": calls})
        for one in message.tool_calls:
            result = get_weather(**json.loads(one.function.arguments))
            messages.append({"role": "tool", "tool_call_id": one.id, "content": result})


def anthropic_sdk() -> str:
    import anthropic

    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    tools: Any = [{"name": "get_weather", "input_schema": SCHEMA}]
    while True:
        asked: Any = {"model": "claude", "max_tokens": 99, "messages": messages, "tools": tools}
        with anthropic.Anthropic().messages.stream(**asked) as events:
            content: Any = events.get_final_message().content
        used = [block for block in content if block.type == "tool_use"]
        if not used:
            return str(content[0].text)
        messages.append({"role": "assistant", "content": content})
        results = [
            {"type": "tool_result", "tool_use_id": one.id, "content": get_weather(**one.input)}
            for one in used
        ]
        messages.append({"role": "user", "content": results})


def google_genai() -> str:
    from google import genai

    client = genai.Client()  # it closes when nothing refers to it any more
    chat = client.chats.create(model="gemini-2.5-flash", config={"tools": [get_weather]})
    return "".join(chunk.text or "" for chunk in chat.send_message_stream(QUESTION))


def mistralai() -> str:
    from mistralai.client import Mistral

    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    client = Mistral(api_key="none")
    while True:
        said, calls = "", []
        for event in client.chat.stream(model="mistral-large-latest", messages=messages, tools=[FUNCTION]):
            delta = event.data.choices[0].delta
            said += delta.content or ""
            calls += delta.tool_calls or []
        if not calls:
            return said
        messages.append({"role": "assistant", "tool_calls": [one.model_dump() for one in calls]})
        for one in calls:
            result = get_weather(**json.loads(one.function.arguments))
            named = {"tool_call_id": one.id, "name": one.function.name}
            messages.append({"role": "tool", **named, "content": result})


def cohere() -> str:
    import cohere as sdk

    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        message = sdk.ClientV2().chat(model="command-a", messages=messages, tools=[FUNCTION]).message
        if not message.tool_calls:
            return str(message.content[0].text)
        messages.append(message)
        for one in message.tool_calls:
            data = json.dumps({"result": get_weather(**json.loads(one.function.arguments))})
            content = [{"type": "document", "document": {"data": data}}]
            messages.append({"role": "tool", "tool_call_id": one.id, "content": content})


def ollama() -> str:
    import ollama as sdk

    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        said, calls = "", []
        for part in sdk.chat(model="llama3.2", messages=messages, tools=[get_weather], stream=True):
            said += part.message.content or ""
            calls += part.message.tool_calls or []
        if not calls:
            return said
        messages.append({"role": "assistant", "tool_calls": [one.model_dump() for one in calls]})
        for one in calls:
            result = get_weather(**one.function.arguments)
            messages.append({"role": "tool", "tool_name": one.function.name, "content": result})


def boto3() -> str:
    import boto3 as sdk

    client = sdk.client("bedrock-runtime", region_name="us-east-1")
    messages: list[Any] = [{"role": "user", "content": [{"text": QUESTION}]}]
    while True:
        message = client.converse(modelId="amazon.nova-lite-v1:0", messages=messages)["output"]["message"]
        used = [block["toolUse"] for block in message["content"] if "toolUse" in block]
        if not used:
            return str(message["content"][0]["text"])
        results = [
            {"toolUseId": one["toolUseId"], "content": [{"text": get_weather(**one["input"])}]}
            for one in used
        ]
        messages += [message, {"role": "user", "content": [{"toolResult": one} for one in results]}]


def litellm() -> str:
    import litellm as sdk

    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        model = "anthropic/claude-3-5-haiku-20241022"
        chunks = list(sdk.completion(model=model, messages=messages, tools=[FUNCTION], stream=True))
        message = sdk.stream_chunk_builder(chunks).choices[0].message
        if not message.tool_calls:
            return str(message.content)
        messages.append(message.model_dump(exclude_none=True))
        for one in message.tool_calls:
            result = get_weather(**json.loads(one.function.arguments))
            messages.append({"role": "tool", "tool_call_id": one.id, "content": result})


def langchain_openai() -> str:
    from langchain.agents import create_agent
    from langchain_openai import ChatOpenAI

    graph = create_agent(ChatOpenAI(model="gpt-4o", streaming=True), [get_weather])
    return str(graph.invoke({"messages": [("user", QUESTION)]})["messages"][-1].content)


def langchain_anthropic() -> str:
    from langchain.agents import create_agent
    from langchain_anthropic import ChatAnthropic

    graph = create_agent(ChatAnthropic(model="claude-sonnet-5", streaming=True), [get_weather])
    said = graph.invoke({"messages": [("user", QUESTION)]})["messages"][-1].content
    return said if isinstance(said, str) else str(said[0]["text"])


def langgraph() -> str:
    from langchain_openai import ChatOpenAI
    from langgraph.graph import START, MessagesState, StateGraph
    from langgraph.prebuilt import ToolNode, tools_condition

    model = ChatOpenAI(model="gpt-4o").bind_tools([get_weather])
    graph = StateGraph(MessagesState)
    graph.add_node("model", lambda state: {"messages": [model.invoke(state["messages"])]})
    graph.add_node("tools", ToolNode([get_weather]))
    graph.add_edge(START, "model")
    graph.add_conditional_edges("model", tools_condition)
    graph.add_edge("tools", "model")
    return str(graph.compile().invoke({"messages": [("user", QUESTION)]})["messages"][-1].content)


def pydantic_ai() -> str:
    from pydantic_ai import Agent

    async def ask() -> str:
        async with Agent("anthropic:claude-sonnet-5", tools=[get_weather]).run_stream(QUESTION) as result:
            return str(await result.get_output())

    return asyncio.run(ask())


def openai_agents() -> str:
    from agents import Agent, Runner, function_tool

    async def ask() -> str:
        agent = Agent(name="Weather", tools=[function_tool(get_weather)], model="gpt-5")
        result = Runner.run_streamed(agent, QUESTION)
        async for _ in result.stream_events():
            pass
        return str(result.final_output)

    return asyncio.run(ask())


def llama_index() -> str:
    from llama_index.core.agent.workflow import FunctionAgent
    from llama_index.llms.openai import OpenAI

    async def ask() -> str:
        return str(await FunctionAgent(tools=[get_weather], llm=OpenAI(model="gpt-4o")).run(QUESTION))

    return asyncio.run(ask())


def haystack() -> str:
    from haystack.components.agents import Agent
    from haystack.components.generators.chat import OpenAIChatGenerator
    from haystack.dataclasses import ChatMessage
    from haystack.tools import create_tool_from_function

    agent = Agent(
        chat_generator=OpenAIChatGenerator(model="gpt-4o"), tools=[create_tool_from_function(get_weather)]
    )
    return str(agent.run(messages=[ChatMessage.from_user(QUESTION)])["last_message"].text)


def strands() -> str:
    from strands import Agent, tool
    from strands.models.openai import OpenAIModel

    agent = Agent(model=OpenAIModel(model_id="gpt-4o"), tools=[tool(get_weather)], callback_handler=None)
    return str(agent(QUESTION)).strip()


def autogen() -> str:
    from autogen_agentchat.agents import AssistantAgent
    from autogen_ext.models.openai import OpenAIChatCompletionClient

    async def ask() -> str:
        client = OpenAIChatCompletionClient(model="gpt-4o")
        agent = AssistantAgent("weather", client, tools=[get_weather], reflect_on_tool_use=True)
        return str((await agent.run(task=QUESTION)).messages[-1].content)

    return asyncio.run(ask())


def google_adk() -> str:
    from google.adk.agents import Agent
    from google.adk.runners import InMemoryRunner
    from google.genai import types

    async def ask() -> str:
        runner = InMemoryRunner(Agent(name="weather", model="gemini-2.5-flash", tools=[get_weather]))
        session = await runner.session_service.create_session(app_name=runner.app_name, user_id="me")
        message = types.Content(role="user", parts=[types.Part(text=QUESTION)])
        said = ""
        async for event in runner.run_async(user_id="me", session_id=session.id, new_message=message):
            parts = event.content.parts if event.content else []
            said = "".join(part.text or "" for part in parts or [])
        return said

    return asyncio.run(ask())


def crewai() -> str:
    from crewai import LLM, Agent
    from crewai.tools import tool

    agent = Agent(
        role="Forecaster",
        goal="Tell the weather",
        backstory="You look out of the window.",
        llm=LLM(model="gpt-4o"),
        tools=[tool(get_weather)],
    )
    result: Any = agent.kickoff(QUESTION)
    return str(result.raw)


def instructor() -> str:
    import instructor as library
    from pydantic import create_model

    tool: Any = create_model("get_weather", city=str)  # its name is the tool's
    client: Any = library.from_provider("openai/gpt-4o")
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    asked, completion = client.create_with_completion(response_model=tool, messages=messages)
    message = completion.choices[0].message
    messages.append({"content": None, **message.model_dump(exclude_none=True)})
    named = {"tool_call_id": message.tool_calls[0].id, "name": "get_weather"}
    messages.append({"role": "tool", **named, "content": get_weather(asked.city)})
    return str(client.create(response_model=None, messages=messages).choices[0].message.content)


def dspy() -> str:
    import dspy as library

    lm = library.LM("openai/gpt-4o", cache=False)
    tool = library.Tool(get_weather)
    messages: list[Any] = [{"role": "user", "content": QUESTION}]
    while True:
        answer: Any = lm(messages=messages, tools=[tool.format_as_litellm_function_call()])[0]
        if isinstance(answer, str) or not answer.get("tool_calls"):
            return answer if isinstance(answer, str) else str(answer["text"])
        calls = [one if isinstance(one, dict) else one.model_dump() for one in answer["tool_calls"]]
        messages.append({"role": "assistant", "content": answer["text"], "tool_calls": calls})
        for one in calls:
            result = tool(**json.loads(one["function"]["arguments"]))
            messages.append({"role": "tool", "tool_call_id": one["id"], "content": result})


AGENTS: dict[str, tuple[Callable[[], str], str]] = {
    "openai": (openai_sdk, "openai"),
    "anthropic": (anthropic_sdk, "anthropic"),
    "google-genai": (google_genai, "google-genai"),
    "mistralai": (mistralai, "mistralai"),
    "cohere": (cohere, "cohere"),
    "ollama": (ollama, "ollama"),
    "boto3": (boto3, "boto3"),
    "litellm": (litellm, "litellm"),
    "langchain-openai": (langchain_openai, "langchain-openai langchain"),
    "langchain-anthropic": (langchain_anthropic, "langchain-anthropic langchain"),
    "langgraph": (langgraph, "langgraph langchain-openai"),
    "pydantic-ai-slim": (pydantic_ai, "pydantic-ai-slim[anthropic]"),
    "openai-agents": (openai_agents, "openai-agents"),
    "llama-index-core": (llama_index, "llama-index-core llama-index-llms-openai"),
    "haystack-ai": (haystack, "haystack-ai"),
    "strands-agents": (strands, "strands-agents[openai]"),
    "autogen-agentchat": (autogen, "autogen-agentchat autogen-ext[openai]"),
    "google-adk": (google_adk, "google-adk"),
    "crewai": (crewai, "crewai"),
    "instructor": (instructor, "instructor"),
    "dspy": (dspy, "dspy"),
}
"""By the package whose version counts: the agent, and what it needs to be installed."""


def main() -> None:
    """Run an agent under a script; what it came to is the last line printed, as JSON."""
    from importlib.metadata import version

    from unspool.script import call, text, use_script

    name = sys.argv[1]
    os.environ.update(dict.fromkeys(KEYS, "none"))
    warnings.simplefilter("ignore")
    with use_script(call("get_weather", city="Oslo"), text("Rain ☔ in Oslo.")) as script:
        said = AGENTS[name][0]()
        assert said == "Rain ☔ in Oslo.", said
        assert script.calls[1].tool_results == {"get_weather": "rain"}, script.calls[1].tool_results
        script.assert_complete()
    made = {"version": version(name), "format": script.calls[0].format, "streamed": script.calls[0].streamed}
    print(json.dumps(made))


if __name__ == "__main__":
    main()
