"""Agents of pydantic-ai under scripts, as its users write them: nothing in them knows of Unspool."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError, ModelMessagesTypeAdapter
from pydantic_ai.exceptions import ModelAPIError, UnexpectedModelBehavior, UsageLimitExceeded

from unspool import UnscriptedRequestError
from unspool.faults import ErrorEvent
from unspool.script import (
    FOREVER,
    Seen,
    agent,
    call,
    error,
    finish,
    structured,
    text,
    turn,
    use_script,
    with_id,
)

MODELS = ("anthropic:claude-sonnet-5", "openai:gpt-5", "openai-chat:gpt-4o")
MODEL = MODELS[0]


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANTHROPIC_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.setenv(name, "none")


class City(BaseModel):
    """What an agent is asked for."""

    name: str
    people: int


def get_weather(city: str) -> str:
    """The weather in a city."""
    return "rain" if city == "Oslo" else "sun"


def weather_agent(model: str = MODEL, **options: Any) -> Agent[None, Any]:
    return Agent(model, tools=[get_weather], **options)


def run(asked: Agent[None, Any], question: str, **options: Any) -> Any:
    """As `run_sync`, which leaves its event loop and a thread behind."""
    return asyncio.run(asked.run(question, **options))


async def streamed(asked: Agent[None, Any], question: str, **options: Any) -> str:
    async with asked.run_stream(question, **options) as result:
        return str(await result.get_output())


@pytest.mark.parametrize("model", MODELS)
def test_the_agent_of_the_page_passes(model: str) -> None:
    with use_script(call("get_weather", city="Oslo"), text("Rain ☔ in Oslo.")) as script:
        said = asyncio.run(streamed(weather_agent(model), "Weather in Oslo?"))

    assert said == "Rain ☔ in Oslo."
    assert script.calls[1].tool_results == {"get_weather": "rain"}
    assert [seen.streamed for seen in script.calls] == [True, True]


@pytest.mark.parametrize("model", MODELS[1:2])
def test_twenty_agents_at_once_each_get_their_own_turns(model: str) -> None:
    """Each plays the script for itself, whichever asks first."""

    def answer(seen: Seen) -> str:
        return f"{seen.user}: {seen.tool_results['get_weather']}"

    async def ask() -> list[str]:
        asked = weather_agent(model)
        return await asyncio.gather(*(streamed(asked, f"City {place}") for place in range(20)))

    with use_script(call("get_weather", city="Oslo"), answer, repeat=FOREVER) as script:
        said = asyncio.run(ask())

    assert said == [f"City {place}: rain" for place in range(20)]
    assert len({seen.conversation for seen in script.calls}) == 20


def test_a_sub_agent_has_turns_of_its_own() -> None:
    researcher = weather_agent(instructions="You are a researcher.")
    chief = Agent(MODEL, instructions="You are the chief.")

    @chief.tool_plain
    async def research(question: str) -> str:
        """Have a question answered."""
        return str((await researcher.run(question)).output)

    with use_script(
        call("research", question="Weather in Oslo?") + call("research", question="Weather in Rome?"),
        text("Rain and sun."),
        agent(
            call("get_weather", city="Oslo"), text("It rains."), when={"system": "researcher", "user": "Oslo"}
        ),
        agent(
            call("get_weather", city="Rome"),
            text("The sun shines."),
            when={"system": "researcher", "user": "Rome"},
        ),
    ) as script:
        assert run(chief, "Weather?").output == "Rain and sun."

    assert script.calls[-1].tool_results == {"research": ["It rains.", "The sun shines."]}


def test_a_stopped_answer_counts_as_used_and_the_conversation_goes_on() -> None:
    """The stop button: the stream is closed after its first words, and the user asks something else."""

    async def ask() -> str:
        asked = weather_agent()
        async with asked.run_stream("Tell me all of it.") as result:
            async for _ in result.stream_text(delta=True, debounce_by=None):
                break
            history = result.all_messages()
        return await streamed(asked, "Stop. Only Oslo.", message_history=history)

    with use_script(text("It is a long story. " * 20), text("Rain.")) as script:
        assert asyncio.run(ask()) == "Rain."

    assert [seen.turn for seen in script.calls] == [0, 1]


@pytest.mark.parametrize("model", MODELS[:2])
def test_an_invalid_value_is_asked_for_again(model: str) -> None:
    with use_script(
        structured({"name": "Oslo", "people": "many"}, valid=False),
        structured({"name": "Oslo", "people": 700_000}),
    ) as script:
        found = run(Agent(model, output_type=City), "Which city?").output

    assert found == City(name="Oslo", people=700_000)
    assert [seen.turn for seen in script.calls] == [0, 1]
    assert "valid integer" in str(script.calls[1].request.body)


def test_an_agent_without_retries_fails_at_an_invalid_value() -> None:
    with (
        use_script(structured({"name": "Oslo", "people": "many"}, valid=False)),
        pytest.raises(UnexpectedModelBehavior),
    ):
        run(Agent(MODEL, output_type=City, retries=0), "Which city?")


def test_a_summary_uses_up_no_turn_of_the_conversation() -> None:
    """Compaction: before its second question the agent has the history summed up by another model call."""
    summarizer = Agent(MODEL, instructions="Summarize the conversation.")

    async def talk() -> str:
        asked = weather_agent(instructions="You are a forecaster.")
        first = await asked.run("Weather in Oslo?")
        summary = await summarizer.run("Sum it up.", message_history=first.all_messages()[1:])
        return str((await asked.run(f"So far: {summary.output} And tomorrow?")).output)

    with use_script(
        call("get_weather", city="Oslo"),
        text("Rain in Oslo."),
        text("Sun tomorrow."),
        agent(text("Oslo had rain."), when={"system": "Summarize"}),
    ) as script:
        assert asyncio.run(talk()) == "Sun tomorrow."

    assert [seen.turn for seen in script.calls] == [0, 1, 3, 2]
    assert "Oslo had rain." in script.calls[-1].user


@pytest.mark.parametrize("model", MODELS[1:2])
def test_a_resumed_conversation_goes_on(model: str) -> None:
    """Its history was saved as JSON and loaded by another process, so to its agent the script is new."""
    with use_script(call("get_weather", city="Oslo"), text("Rain.")):
        saved = run(weather_agent(model), "Weather in Oslo?").all_messages_json()

    with use_script(call("get_weather", city="Rome"), text("Sun.")) as script:
        history = ModelMessagesTypeAdapter.validate_json(saved)
        assert run(weather_agent(model), "And in Rome?", message_history=history).output == "Sun."

    assert script.calls[0].user == "And in Rome?"
    assert script.calls[1].tool_results == {"get_weather": "sun"}


# -- bugs that no double above the parser can show -------------------------------------------------------


@pytest.mark.parametrize("model", MODELS[:2])
def test_a_call_cut_by_max_tokens_is_not_executed(model: str) -> None:
    cities: list[str] = []
    asked = Agent(model, retries=0)

    @asked.tool_plain
    def look_up(city: str) -> str:
        cities.append(city)
        return "rain"

    with (
        use_script(call("look_up", '{"city": "Os') + finish("length")),
        pytest.raises(UnexpectedModelBehavior),
    ):
        asyncio.run(streamed(asked, "Weather?"))
    assert cities == []


@pytest.mark.parametrize("model", MODELS[1:2])
def test_an_error_event_in_turn_2_is_raised(model: str) -> None:
    with use_script(call("get_weather", city="Oslo"), text("Rain in Oslo.")) as script:
        script[1] |= ErrorEvent(after=2)
        with pytest.raises((ModelAPIError, ModelHTTPError, UnexpectedModelBehavior)):
            asyncio.run(streamed(weather_agent(model), "Weather?"))


def test_an_agent_that_hides_an_error_event_fails() -> None:
    """It shows what came before the error as if it were whole."""

    async def hiding(question: str) -> str:
        said = ""
        try:
            async with weather_agent().run_stream(question) as result:
                async for piece in result.stream_text(delta=True, debounce_by=None):
                    said += piece
        except ModelAPIError:
            pass
        return said

    with use_script(text("Rain in Oslo.") | ErrorEvent(after=1)):
        assert asyncio.run(hiding("Weather?")) != "Rain in Oslo."


@pytest.mark.parametrize("model", MODELS[1:2])
def test_a_repeated_call_id_is_noticed(model: str) -> None:
    """Two calls with one id, as some servers send them: their results can't be told apart."""
    both = with_id(call("get_weather", city="Oslo") + call("get_weather", city="Rome"), "call_1", "call_1")
    with use_script(both), pytest.raises(UnexpectedModelBehavior, match="call_1"):
        asyncio.run(streamed(weather_agent(model), "Weather?"))


def test_an_error_is_the_framework_s_own() -> None:
    with use_script(error(400, "No such model.")), pytest.raises(ModelHTTPError, match="No such model"):
        run(weather_agent(), "Weather?")


def test_a_model_that_never_stops_meets_the_agent_s_limit() -> None:
    endless = turn(call("get_weather", city="Oslo"), repeat=FOREVER)
    with use_script(endless), pytest.raises(UsageLimitExceeded):
        run(weather_agent(), "Weather?")


def asking_twice() -> None:
    run(weather_agent(), "Weather?")
    with suppress(Exception):
        run(weather_agent(), "And tomorrow?")


def test_an_agent_that_asks_too_often_fails_though_it_swallows_all() -> None:
    asking = use_script(text("Rain."))(asking_twice)
    with pytest.raises(UnscriptedRequestError, match="no turn left"):
        asking()
