"""Scripts, played to the providers' own SDKs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import httpx
import httpx2
import openai
import pytest
from tests.script.agents import AGENTS, openai_agent

from unspool import ScriptError, UnplayedTurnsError, UnscriptedRequestError
from unspool.faults import Break, ErrorEvent, Stall
from unspool.script import FOREVER, Script, ScriptTransport, agent, call, error, text, turn, use_script

CHAT = "https://api.openai.com/v1/chat/completions"


def question(words: str, **more: Any) -> dict[str, Any]:
    return {"model": "gpt-4o", "messages": [{"role": "user", "content": words}], **more}


def said(response: Any) -> str:
    return str(response.json()["choices"][0]["message"]["content"])


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_calls_its_tool_and_answers(name: str, stream: bool) -> None:
    with use_script(call("get_weather", city="Oslo"), text("Rain ☔ in Oslo.")) as script:
        assert AGENTS[name]("Weather in Oslo?", stream=stream) == "Rain ☔ in Oslo."
        assert script.calls[1].tool_results == {"get_weather": "rain"}
        assert [seen.conversation for seen in script.calls] == [1, 1]
        assert script.calls[0].streamed is stream
        assert script.calls[0].tool_names == ("get_weather", "get_time")
        script.assert_complete()


@pytest.mark.parametrize("name", AGENTS)
def test_parallel_calls_get_their_own_results(name: str) -> None:
    both = call("get_weather", city="Oslo") + call("get_weather", city="Rome") + call("get_time", city="Rome")
    with use_script(both, text("Done.")) as script:
        assert AGENTS[name]("Weather?") == "Done."
        assert script.calls[1].tool_results == {"get_weather": ["rain", "sun"], "get_time": "noon"}


@pytest.mark.parametrize("library", [httpx, httpx2])
def test_a_transport_serves_both_libraries(library: Any) -> None:
    with library.Client(transport=ScriptTransport("Hi.")) as client:
        assert said(client.post(CHAT, json=question("Hello"))) == "Hi."


@pytest.mark.anyio
@pytest.mark.parametrize("library", [httpx, httpx2])
async def test_an_async_client_is_answered(library: Any) -> None:
    async with use_script("Hi."), library.AsyncClient() as client:
        assert said(await client.post(CHAT, json=question("Hello"))) == "Hi."


def test_a_decorated_function_has_a_script_of_its_own_each_time() -> None:
    @use_script("Hi.")
    def ask() -> str:
        return openai_agent("Hello")

    assert [ask(), ask()] == ["Hi.", "Hi."]


def test_a_turn_left_over_fails_the_block() -> None:
    with pytest.raises(UnplayedTurnsError, match=r"turn 1: text\('B'\)"), use_script("A", "B"):
        openai_agent("Hello")


def test_a_script_that_ran_out_fails_the_block_though_the_client_swallows_it() -> None:
    def ask_twice() -> None:
        with use_script("A"), httpx.Client() as client:
            client.post(CHAT, json=question("one"))
            with suppress(Exception):
                client.post(CHAT, json=question("two"))

    with pytest.raises(UnscriptedRequestError, match="no turn left"):
        ask_twice()


def test_the_same_request_gets_the_same_turn_again() -> None:
    with use_script("A", "B") as script, httpx.Client() as client:
        answers = [said(client.post(CHAT, json=question(words))) for words in ("one", "one", "two")]
        assert answers == ["A", "A", "B"]
        assert [seen.attempt for seen in script.calls] == [1, 2, 1]


def test_after_an_error_a_retry_gets_the_next_turn() -> None:
    with use_script(error(429), error(529), "A") as script:
        assert openai_agent("Hello") == "A"
        assert [seen.turn for seen in script.calls] == [0, 1, 2]


def test_a_fault_of_one_attempt_spares_the_retry() -> None:
    with use_script(text("Hello there, you.") | Break(after=2).on(1)) as script, httpx.Client() as client:
        with pytest.raises(httpx.TransportError):
            client.post(CHAT, json=question("Hi", stream=True))
        assert "you" in client.post(CHAT, json=question("Hi", stream=True)).text
        assert [seen.attempt for seen in script.calls] == [1, 2]


def test_a_fault_may_be_put_on_a_turn_of_a_script() -> None:
    script = Script("A", "One two three four.")
    script[1] |= ErrorEvent(after=2)
    with use_script(script):
        assert openai_agent("first") == "A"
        with pytest.raises(openai.APIError, match="overloaded"):
            openai_agent("second")


def test_a_fault_that_finds_nothing_to_break_is_reported() -> None:
    with pytest.raises(Exception, match=r"broke nothing|needs"), use_script(text("A") | ErrorEvent(after=50)):
        openai_agent("first")


def test_a_stall_takes_virtual_time_only() -> None:
    with use_script(text("One two three.") | Stall(after=2, seconds=3600)), httpx.Client(timeout=5) as client:
        for _ in range(2):
            with pytest.raises(httpx.ReadTimeout):
                client.post(CHAT, json=question("Hi", stream=True))


def test_text_and_an_error_is_an_error_in_mid_stream() -> None:
    with use_script(text("It rai") + error(529)), pytest.raises(openai.APIError):
        openai_agent("Hello")


def test_an_agent_that_never_stops_is_fed_for_ever() -> None:
    with use_script(call("get_weather", city="Oslo"), repeat=FOREVER) as script:
        with pytest.raises(RuntimeError, match="too many turns"):
            openai_agent("Hello", most=5)
        ids = {one.id for seen in script.calls for message in seen.messages for one in message.calls}
        assert len(ids) == 4  # of the fifth call nobody has heard
        assert len(script.calls) == 5


def test_twenty_agents_at_once_get_their_own_turns() -> None:
    places = [f"City{place}!" for place in range(20)]
    turns = [agent(text(f"Sun in {place}"), when={"user": place}) for place in places]

    async def ask(client: httpx.AsyncClient, place: str) -> str:
        return said(await client.post(CHAT, json=question(f"Weather in {place}")))

    async def ask_all() -> list[str]:
        async with httpx.AsyncClient() as client:
            return await asyncio.gather(*(ask(client, place) for place in reversed(places)))

    with use_script(*turns):
        assert asyncio.run(ask_all()) == [f"Sun in {place}" for place in reversed(places)]


def test_two_conversations_at_once_over_one_list_fail_with_advice() -> None:
    async def ask_both() -> None:
        async with httpx.AsyncClient() as client:
            await asyncio.gather(*(client.post(CHAT, json=question(words, stream=True)) for words in "ab"))

    with pytest.raises(UnscriptedRequestError, match=r"agent\(…, when=…\)"), use_script("A", "B"):
        asyncio.run(ask_both())


def test_a_function_makes_a_turn_of_the_request() -> None:
    with use_script(
        lambda seen: f"You said {seen.user}.", turn(lambda seen: call("get_time", city="Rome")), "Z"
    ):
        assert openai_agent("one") == "You said one."
        assert openai_agent("two") == "Z"


def test_an_unknown_address_is_an_error_that_names_the_known_ones() -> None:
    with use_script("A") as script, httpx.Client() as client:
        with pytest.raises(UnscriptedRequestError, match=r"/chat/completions.*format="):
            client.post("https://example.com/ask", json={})
        assert said(client.post(CHAT, json=question("one"))) == "A"
        assert len(script.calls) == 1


def test_a_format_serves_an_unknown_address() -> None:
    with use_script("A", format="openai-chat"), httpx.Client() as client:
        assert said(client.post("https://example.com/ask", json=question("one"))) == "A"


@pytest.mark.parametrize("wrong", [7, None, {"role": "user"}, dict])
def test_what_is_no_turn_is_refused_where_it_is_written(wrong: Any) -> None:
    with pytest.raises(ScriptError, match="expected a turn"):
        use_script(wrong)


def test_what_libraries_send_on_their_own_account_is_sunk_and_listed() -> None:
    with use_script("A") as script, httpx.Client() as client:
        assert client.post("https://api.openai.com/v1/traces/ingest", json={}).status_code == 200
        prices = "https://raw.githubusercontent.com/BerriAI/litellm/main/prices.json"
        assert client.get(prices).status_code == 404
        assert [one.kind for one in script.side_requests] == ["traces", "traces"]
        assert said(client.post(CHAT, json=question("one"))) == "A"


def test_a_stream_that_another_task_has_stopped_is_over() -> None:
    async def stop_and_ask() -> str:
        async with httpx.AsyncClient() as client:

            async def begin() -> None:
                async with client.stream("POST", CHAT, json=question("one", stream=True)) as response:
                    async for _ in response.aiter_raw():
                        break
                await asyncio.sleep(3600)

            begun = asyncio.create_task(begin())
            while not script.calls:
                await asyncio.sleep(0)
            for _ in range(20):
                await asyncio.sleep(0)
            answer = said(await client.post(CHAT, json=question("two")))
            begun.cancel()
            return answer

    with use_script("A long story of rain.", "B") as script:
        assert asyncio.run(stop_and_ask()) == "B"
