"""openai-agents under scripts: its own testing recipes, redone at the wire, give the same run items.

Each recipe runs twice: with the framework's `ScriptedModel`, above its parser, and with a script at the wire.
The items of both runs are compared in all but their ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from agents import (
    Agent,
    MaxTurnsExceeded,
    OutputGuardrailTripwireTriggered,
    Runner,
    SQLiteSession,
    function_tool,
    set_tracing_disabled,
)
from agents.guardrail import GuardrailFunctionOutput, output_guardrail
from agents.testing import ScriptedModel, assistant_message, function_call
from pydantic import BaseModel

from unspool.faults import ErrorEvent
from unspool.script import FOREVER, agent, call, error, finish, structured, text, turn, use_script, with_id
from unspool.verdict import examine_agent

set_tracing_disabled(True)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")


@function_tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return "rain" if city == "Oslo" else "sun"


@function_tool
def failing(city: str) -> str:
    """A tool that fails."""
    raise ValueError(f"no station in {city}")


class City(BaseModel):
    """What an agent is asked for."""

    name: str
    people: int


@dataclass(frozen=True)
class Recipe:
    """One recipe.

    Attributes:
        build: makes the agent that starts, with this model for each of its agents.
        above: the framework's steps.
        wire: the same as turns.
    """

    build: Callable[[Any], Agent[Any]]
    above: Callable[[], list[Any]]
    wire: Callable[[], list[Any]]


def weather(model: Any) -> Agent[Any]:
    return Agent(name="Weather", model=model, tools=[get_weather, failing])


def with_handoff(model: Any) -> Agent[Any]:
    return Agent(name="Triage", model=model, handoffs=[weather(model)])


def with_agent_as_tool(model: Any) -> Agent[Any]:
    tool = weather(model).as_tool("ask_weather", "Ask about the weather.")
    return Agent(name="Chief", model=model, tools=[tool])


def with_output(model: Any) -> Agent[Any]:
    return Agent(name="City", model=model, output_type=City)


def stopping_at_its_tool(model: Any) -> Agent[Any]:
    return Agent(name="Weather", model=model, tools=[get_weather], tool_use_behavior="stop_on_first_tool")


RECIPES: dict[str, Recipe] = {
    "a text": Recipe(weather, lambda: [[assistant_message("Hello.")]], lambda: [text("Hello.")]),
    "a tool": Recipe(
        weather,
        lambda: [
            [function_call("get_weather", {"city": "Oslo"}, call_id="call_1")],
            [assistant_message("Rain ☔ in Oslo.")],
        ],
        lambda: [with_id(call("get_weather", city="Oslo"), "call_1"), text("Rain ☔ in Oslo.")],
    ),
    "parallel tools": Recipe(
        weather,
        lambda: [
            [
                function_call("get_weather", {"city": "Oslo"}, call_id="call_1"),
                function_call("get_weather", {"city": "Rome"}, call_id="call_2"),
            ],
            [assistant_message("Rain and sun.")],
        ],
        lambda: [
            with_id(call("get_weather", city="Oslo") + call("get_weather", city="Rome"), "call_1", "call_2"),
            text("Rain and sun."),
        ],
    ),
    "a text and a tool": Recipe(
        weather,
        lambda: [
            [
                assistant_message("I look it up."),
                function_call("get_weather", {"city": "Oslo"}, call_id="call_1"),
            ],
            [assistant_message("Rain.")],
        ],
        lambda: [
            text("I look it up.") + with_id(call("get_weather", city="Oslo"), "call_1"),
            text("Rain."),
        ],
    ),
    "a tool that fails": Recipe(
        weather,
        lambda: [
            [function_call("failing", {"city": "Oslo"}, call_id="call_1")],
            [assistant_message("I don't know.")],
        ],
        lambda: [with_id(call("failing", city="Oslo"), "call_1"), text("I don't know.")],
    ),
    "a handoff": Recipe(
        with_handoff,
        lambda: [
            [function_call("transfer_to_weather", {}, call_id="call_1")],
            [function_call("get_weather", {"city": "Oslo"}, call_id="call_2")],
            [assistant_message("Rain.")],
        ],
        lambda: [
            with_id(call("transfer_to_weather"), "call_1"),
            with_id(call("get_weather", city="Oslo"), "call_2"),
            text("Rain."),
        ],
    ),
    "an agent as a tool": Recipe(
        with_agent_as_tool,
        lambda: [
            [function_call("ask_weather", {"input": "Oslo?"}, call_id="call_1")],
            [function_call("get_weather", {"city": "Oslo"}, call_id="call_2")],
            [assistant_message("Rain.")],
            [assistant_message("It rains in Oslo.")],
        ],
        lambda: [
            with_id(call("ask_weather", input="Oslo?"), "call_1"),
            text("It rains in Oslo."),
            agent(
                with_id(call("get_weather", city="Oslo"), "call_2"), text("Rain."), when={"tool": "failing"}
            ),
        ],
    ),
    "a structured value": Recipe(
        with_output,
        lambda: [[assistant_message('{"name":"Oslo","people":700000}')]],
        lambda: [structured({"name": "Oslo", "people": 700_000})],
    ),
    "a tool that ends the run": Recipe(
        stopping_at_its_tool,
        lambda: [[function_call("get_weather", {"city": "Oslo"}, call_id="call_1")]],
        lambda: [with_id(call("get_weather", city="Oslo"), "call_1")],
    ),
}


async def run(asked: Agent[Any], question: Any, *, streamed: bool, **options: Any) -> Any:
    if not streamed:
        return await Runner.run(asked, question, **options)
    result = Runner.run_streamed(asked, question, **options)
    async for _ in result.stream_events():
        pass
    return result


def plain(result: Any) -> list[Any]:
    """A run's items in all but their ids, which are the provider's own."""
    return [
        [type(item).__name__, item.agent.name, _without_ids(item.to_input_item())]
        for item in result.new_items
    ]


def _without_ids(item: Any) -> Any:
    if isinstance(item, list):
        return [_without_ids(one) for one in item]
    if not isinstance(item, dict):
        return item
    empty = ([], None)
    return {
        key: _without_ids(value)
        for key, value in item.items()
        if key not in {"id", "status"} and value not in empty
    }


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_at_the_wire_gives_the_same_items(name: str, streamed: bool) -> None:
    recipe = RECIPES[name]
    above = ScriptedModel(recipe.above())
    expected = asyncio.run(run(recipe.build(above), "Weather in Oslo?", streamed=streamed))
    above.assert_complete()

    with use_script(*recipe.wire()) as script:
        found = asyncio.run(run(recipe.build("gpt-5"), "Weather in Oslo?", streamed=streamed))

    assert plain(found) == plain(expected)
    assert found.final_output == expected.final_output
    assert found.last_agent.name == expected.last_agent.name
    assert len(script.calls) == len(above.calls)


def test_an_error_is_raised_by_both() -> None:
    with pytest.raises(RuntimeError):
        asyncio.run(run(weather(ScriptedModel([RuntimeError("boom")])), "Weather?", streamed=False))
    with use_script(error(400, "boom")), pytest.raises(Exception, match="boom"):
        asyncio.run(run(weather("gpt-5"), "Weather?", streamed=False))


def test_a_limit_on_turns_stops_both() -> None:
    endless = [[function_call("get_weather", {"city": "Oslo"}, call_id=f"call_{n}")] for n in range(3)]
    with pytest.raises(MaxTurnsExceeded):
        asyncio.run(run(weather(ScriptedModel(endless)), "Weather?", streamed=False, max_turns=2))
    with (
        use_script(turn(call("get_weather", city="Oslo"), repeat=FOREVER)),
        pytest.raises(MaxTurnsExceeded),
    ):
        asyncio.run(run(weather("gpt-5"), "Weather?", streamed=False, max_turns=2))


@output_guardrail
async def no_rain(_context: Any, _agent: Any, output: Any) -> GuardrailFunctionOutput:
    return GuardrailFunctionOutput(None, tripwire_triggered="rain" in str(output).lower())


def test_a_guardrail_trips_on_both() -> None:
    def guarded(model: Any) -> Agent[Any]:
        return Agent(name="Guarded", model=model, output_guardrails=[no_rain])

    with pytest.raises(OutputGuardrailTripwireTriggered):
        asyncio.run(run(guarded(ScriptedModel([[assistant_message("Rain.")]])), "Hi", streamed=False))
    with use_script("Rain."), pytest.raises(OutputGuardrailTripwireTriggered):
        asyncio.run(run(guarded("gpt-5"), "Hi", streamed=False))


def test_a_session_goes_on() -> None:
    async def talk(model: Any) -> list[Any]:
        session = SQLiteSession("one")
        asked = weather(model)
        await run(asked, "Weather in Oslo?", streamed=False, session=session)
        await run(asked, "And tomorrow?", streamed=False, session=session)
        return [_without_ids(item) for item in await session.get_items()]

    steps = [
        [function_call("get_weather", {"city": "Oslo"}, call_id="call_1")],
        [assistant_message("Rain.")],
        [assistant_message("Sun.")],
    ]
    expected = asyncio.run(talk(ScriptedModel(steps)))
    with use_script(with_id(call("get_weather", city="Oslo"), "call_1"), "Rain.", "Sun.") as script:
        found = asyncio.run(talk("gpt-5"))

    assert found == expected
    assert {seen.conversation for seen in script.calls} == {1}


def test_a_run_goes_on_from_its_latest_response() -> None:
    async def talk() -> str:
        asked = weather("gpt-5")
        first = await run(asked, "Weather in Oslo?", streamed=True)
        after = await run(asked, "And tomorrow?", streamed=True, previous_response_id=first.last_response_id)
        return str(after.final_output)

    with use_script(call("get_weather", city="Oslo"), "Rain.", "Sun.") as script:
        assert asyncio.run(talk()) == "Sun."
    assert [message.text for message in script.calls[2].messages if message.role == "user"] == [
        "Weather in Oslo?",
        "And tomorrow?",
    ]


def test_twenty_runs_at_once_each_get_their_own_turns() -> None:
    async def ask() -> list[str]:
        runs = [run(weather("gpt-5"), f"City {place}", streamed=True) for place in range(20)]
        return [str(result.final_output) for result in await asyncio.gather(*runs)]

    with use_script(call("get_weather", city="Oslo"), lambda seen: f"{seen.user}: rain", repeat=FOREVER):
        assert asyncio.run(ask()) == [f"City {place}: rain" for place in range(20)]


def test_a_run_that_is_stopped_leaves_its_turn_used() -> None:
    async def ask() -> str:
        result = Runner.run_streamed(weather("gpt-5"), "Tell me all.")
        async for event in result.stream_events():
            if event.type == "raw_response_event" and event.data.type == "response.output_text.delta":
                result.cancel()
                break
        return str((await run(weather("gpt-5"), "Only Oslo.", streamed=True)).final_output)

    with use_script("A long story. " * 20, "Rain.") as script:
        assert asyncio.run(ask()) == "Rain."
    assert [seen.turn for seen in script.calls] == [0, 1]


# -- what ScriptedModel can't show -------------------------------------------------------------------------


def test_an_error_event_in_turn_2_is_raised() -> None:
    with use_script(call("get_weather", city="Oslo"), text("Rain in Oslo.")) as script:
        script[1] |= ErrorEvent(after=2)
        with pytest.raises(Exception, match="overloaded"):
            asyncio.run(run(weather("gpt-5"), "Weather?", streamed=True))


def cut_call(tools: Any) -> Any:
    @function_tool
    def get_weather(city: str = "nowhere") -> str:
        """The weather in a city."""
        return str(tools["get_weather"](city=city))

    asked = Agent(name="Weather", model="gpt-5", tools=[get_weather])
    return asyncio.run(run(asked, "Weather?", streamed=True)).final_output


def test_a_call_cut_by_max_tokens_is_not_executed() -> None:
    verdict = examine_agent(
        cut_call,
        call("get_weather", '{"city": "Os') + finish("length"),
        tools={"get_weather": lambda city: "rain"},
    )
    assert "executed-cut-call" not in verdict.kinds, verdict
