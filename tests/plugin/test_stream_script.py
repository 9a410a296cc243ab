"""`stream_script`, from outside."""

from __future__ import annotations

import pytest
from tests.plugin.project import Outcome, Project

TESTS = """
import json
import openai
from unspool.script import call, error, finish, text, with_id

TOOLS = [{"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}]

def agent(question):
    client = openai.OpenAI(api_key="none")
    messages = [{"role": "user", "content": question}]
    while True:
        answer = client.chat.completions.create(model="gpt-4o", messages=messages, tools=TOOLS)
        message = answer.choices[0].message
        if not message.tool_calls:
            return message.content
        messages.append(message.model_dump(exclude_none=True))
        for one in message.tool_calls:
            messages.append({"role": "tool", "tool_call_id": one.id, "content": "rain"})

def careless(question):
    client = openai.OpenAI(api_key="none", max_retries=0)
    messages = [{"role": "user", "content": question}]
    while True:
        calls, said, last = {}, "", None
        asked = {"model": "gpt-4o", "messages": messages, "tools": TOOLS, "stream": True}
        try:
            for chunk in client.chat.completions.create(**asked):
                for choice in chunk.choices:
                    said += choice.delta.content or ""
                    for one in choice.delta.tool_calls or ():
                        last = one.id or last
                        made = calls.setdefault(last, {"name": "", "arguments": ""})
                        made["name"] += one.function.name or ""
                        made["arguments"] += one.function.arguments or ""
        except openai.APIError:
            pass
        if not calls:
            return said
        named = [{"id": key, "type": "function", "function": one} for key, one in calls.items()]
        messages.append({"role": "assistant", "tool_calls": named})
        messages += [{"role": "tool", "tool_call_id": key, "content": "rain"} for key in calls]

def test_answered(stream_script):
    script = stream_script(call("get_weather", city="Oslo"), text("Rain in Oslo."))
    assert agent("Weather in Oslo?") == "Rain in Oslo."
    assert script.calls[1].tool_results == {"get_weather": "rain"}
    script.assert_complete()

def test_retries_take_no_time(stream_script):
    stream_script(error(429, retry_after=30), error(529), "Rain.")
    assert agent("Weather?") == "Rain."

def test_expected(stream_script):
    stream_script("A")
    agent("one")
    with pytest.raises(unspool.UnscriptedRequestError):
        httpx.post("https://api.openai.com/v1/chat/completions", json={"messages": []})

def test_left_over(stream_script):
    stream_script("A", "B")
    assert agent("one") == "A"

@pytest.mark.xfail(strict=False)
def test_swallowed(stream_script):
    stream_script("A")
    assert agent("one") == "A"
    try:
        agent("two")
    except BaseException:
        pass

def test_missed(stream_script):
    stream_script("A")
    agent("three")
    agent("four")

def test_a_call_cut_by_max_tokens(stream_script):
    stream_script(call("get_weather", '{"city": "Os') + finish("length"))
    assert careless("Weather?") == ""

def test_an_error_event_in_turn_2(stream_script):
    stream_script(call("get_weather", city="Oslo"), text("It rains cats") + error(529))
    assert careless("Weather?") == "It rains cats and dogs."

def test_a_repeated_call_id(stream_script):
    both = call("get_weather", city="Oslo") + call("get_weather", city="Rome")
    stream_script(with_id(both, "call_1", "call_1"), text("Rain."))
    assert careless("Weather?") == "Rain."
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    project = Project(tmp_path_factory.mktemp("project"), "http://127.0.0.1:9/")
    project.write_tests(TESTS)
    return project.run("-rA")


def passed(outcome: Outcome, name: str) -> bool:
    assert f"::{name}" in outcome.text
    return f"PASSED tests/test_it.py::{name}" in outcome.text


@pytest.mark.parametrize("name", ["test_answered", "test_retries_take_no_time", "test_expected"])
def test_what_is_right_passes(outcome: Outcome, name: str) -> None:
    assert passed(outcome, name)


def test_a_turn_left_over_fails_the_test_and_not_its_teardown(outcome: Outcome) -> None:
    assert not passed(outcome, "test_left_over")
    assert "ERROR tests" not in outcome.text
    assert "1 of 2 turns were not asked for" in outcome.text
    assert "another exception occurred" not in outcome.text


def test_a_script_that_ran_out_fails_the_test_though_the_client_swallows_all(outcome: Outcome) -> None:
    assert "FAILED tests/test_it.py::test_swallowed" in outcome.text


def test_a_miss_shows_the_conversation(outcome: Outcome) -> None:
    assert not passed(outcome, "test_missed")
    assert "has no turn left" in outcome.text
    assert "call 0 (conversation 1): user 'three' → turn 0: text('A')" in outcome.text


@pytest.mark.parametrize(
    "name", ["test_a_call_cut_by_max_tokens", "test_an_error_event_in_turn_2", "test_a_repeated_call_id"]
)
def test_an_agent_with_a_bug_at_the_wire_fails(outcome: Outcome, name: str) -> None:
    assert not passed(outcome, name)
