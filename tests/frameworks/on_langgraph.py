"""Agents of LangChain and LangGraph under scripts, and a bug that they have at the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import openai
import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import SummarizationMiddleware
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from langgraph.checkpoint.memory import InMemorySaver

from unspool.faults import ErrorEvent
from unspool.script import FOREVER, agent, call, finish, text, use_script
from unspool.verdict import examine_agent

CUT = call("get_weather", '{"city": "Os') + finish("length")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return "rain" if city == "Oslo" else "sun"


def model(**options: Any) -> ChatOpenAI:
    return ChatOpenAI(model="gpt-4o", streaming=True, max_retries=0, **options)


def ask(graph: Any, question: str, thread: str = "1") -> str:
    config = {"configurable": {"thread_id": thread}}
    return str(graph.invoke({"messages": [("user", question)]}, config)["messages"][-1].content)


def test_twenty_agents_at_once_each_get_their_own_turns() -> None:
    graph = create_agent(model(), [get_weather])

    async def one(question: str) -> str:
        state = await graph.ainvoke({"messages": [("user", question)]})
        return str(state["messages"][-1].content)

    async def ask_all() -> list[str]:
        return await asyncio.gather(*(one(f"City {place}") for place in range(20)))

    with use_script(call("get_weather", city="Oslo"), lambda seen: f"{seen.user}: rain", repeat=FOREVER):
        assert asyncio.run(ask_all()) == [f"City {place}: rain" for place in range(20)]


def test_a_conversation_is_resumed_from_its_checkpoint() -> None:
    saver = InMemorySaver()
    with use_script(call("get_weather", city="Oslo"), "Rain."):
        assert ask(create_agent(model(), [get_weather], checkpointer=saver), "Weather in Oslo?") == "Rain."
    with use_script("Sun.") as script:
        assert ask(create_agent(model(), [get_weather], checkpointer=saver), "And tomorrow?") == "Sun."
    assert len(script.calls[0].messages) == 5


def test_a_summary_uses_up_no_turn_of_the_conversation() -> None:
    middleware = SummarizationMiddleware(model(), trigger=("messages", 4), keep=("messages", 1))
    graph = create_agent(model(), [get_weather], middleware=[middleware], checkpointer=InMemorySaver())
    with use_script(
        call("get_weather", city="Oslo"),
        "Rain.",
        "Sun tomorrow.",
        agent("Oslo had rain.", when=lambda seen: not seen.tools),
    ) as script:
        assert ask(graph, "Weather in Oslo?") == "Rain."
        assert ask(graph, "And tomorrow?") == "Sun tomorrow."
    assert [seen.turn for seen in script.calls] == [0, 1, 3, 2]


def test_an_error_event_in_turn_2_is_raised() -> None:
    with use_script(call("get_weather", city="Oslo"), text("Rain in Oslo.")) as script:
        script[1] |= ErrorEvent(after=2)
        with pytest.raises(openai.APIError):
            ask(create_agent(model(), [get_weather]), "Weather?")


def with_tools(tools: Mapping[str, Any], *, streaming: bool) -> str:
    @tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return str(tools["get_weather"](city=city))

    asked = ChatOpenAI(model="gpt-4o", streaming=streaming, max_retries=0)
    return ask(create_agent(asked, [get_weather]), "Weather?")


def test_a_streamed_call_cut_by_max_tokens_is_executed_and_found() -> None:
    """LangChain completes broken JSON while it streams, so the tool runs for the city of Os."""
    verdict = examine_agent(
        lambda tools: with_tools(tools, streaming=True),
        CUT,
        "Rain.",
        tools={"get_weather": lambda city: f"rain in {city}"},
    )
    assert verdict.kinds == ("executed-cut-call",)
    assert verdict.runs[0].arguments == {"city": "Os"}


def test_a_whole_call_cut_by_max_tokens_is_not_executed() -> None:
    verdict = examine_agent(
        lambda tools: with_tools(tools, streaming=False),
        CUT,
        tools={"get_weather": lambda city: f"rain in {city}"},
    )
    assert verdict.kinds == ()
    assert verdict.runs == ()
