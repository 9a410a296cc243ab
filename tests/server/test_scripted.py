"""A script over a socket."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import anthropic
import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from unspool.errors import ScriptError
from unspool.faults import Break, ErrorEvent
from unspool.script import FOREVER, Script, call, text
from unspool.server.scripted import only, script_in
from unspool.server.serving import Server, running


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def serve(stack: ExitStack, *turns: object, **options: object) -> tuple[Server, Script]:
    script = Script(*turns, **options)
    return stack.enter_context(running(Server(only(script)))), script


def said(server: Server, question: str = "Weather in Oslo?") -> str:
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none", max_retries=0)
    stream = client.chat.completions.create(
        model="gpt-5", messages=[{"role": "user", "content": question}], stream=True
    )
    return "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)


def test_an_agent_s_turns(stack: ExitStack) -> None:
    server, script = serve(stack, call("get_weather", city="Oslo"), text("Rain ☔ in Oslo."))
    client = openai.OpenAI(base_url=f"{server.url}/v1", api_key="none")
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Weather in Oslo?"}]
    tool = {"type": "function", "function": {"name": "get_weather", "parameters": {"type": "object"}}}

    first = client.chat.completions.create(model="gpt-5", messages=messages, tools=[tool])  # type: ignore[list-item]
    message = first.choices[0].message
    assert message.tool_calls
    messages += [
        message.model_dump(exclude_none=True),  # type: ignore[list-item]
        {"role": "tool", "tool_call_id": message.tool_calls[0].id, "content": "rain"},
    ]
    second = client.chat.completions.create(model="gpt-5", messages=messages, tools=[tool])  # type: ignore[list-item]

    assert second.choices[0].message.content == "Rain ☔ in Oslo."
    assert script.calls[1].tool_results == {"get_weather": "rain"}
    script.assert_complete()
    assert server.problems() == []


def test_the_format_is_that_of_the_path(stack: ExitStack) -> None:
    server, _ = serve(stack, text("Hei."))
    client = anthropic.Anthropic(base_url=server.url, api_key="none")

    with client.messages.stream(
        model="claude-opus-4-5", max_tokens=100, messages=[{"role": "user", "content": "Hi"}]
    ) as stream:
        assert stream.get_final_text() == "Hei."


def test_a_turn_s_fault_reaches_the_socket(stack: ExitStack) -> None:
    server, _ = serve(stack, text("One two three.") | Break(after=2))

    with pytest.raises((httpx.ReadError, openai.APIConnectionError)):
        said(server)


def test_an_error_event_in_mid_stream(stack: ExitStack) -> None:
    server, _ = serve(stack, text("One two three.") | ErrorEvent(after=2))

    with pytest.raises(openai.APIError):
        said(server)


def test_a_request_without_a_turn_says_what_would_be_next(stack: ExitStack) -> None:
    server, script = serve(stack, text("Hei."))
    assert said(server) == "Hei."

    with pytest.raises(openai.NotFoundError, match="has no turn left"):
        said(server, "And tomorrow?")

    assert len(server.problems()) == 1
    assert script.misses


def test_a_turn_that_was_left_over_is_a_problem(stack: ExitStack) -> None:
    server, _ = serve(stack, text("Hei."), text("Ha det."))
    said(server)

    assert server.problems() == ["turn 1 was not asked for: text('Ha det.')"]


def test_twenty_clients_at_once_each_play_it_all(stack: ExitStack) -> None:
    server, script = serve(stack, text("Hei."), repeat=FOREVER)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda number: said(server, f"question {number}"), range(20)))

    assert answers == ["Hei."] * 20
    assert len({seen.conversation for seen in script.calls}) == 20


FILE = """
from unspool.script import Script, text
weather = Script(text("Rain."))
turns = [text("Rain."), text("Sun.")]
def make():
    return text("Made.")
"""


@pytest.mark.parametrize(("name", "count"), [("weather", 1), ("turns", 2), ("make", 1)])
def test_a_file_s_script(tmp_path: Path, name: str, count: int) -> None:
    (tmp_path / "script.py").write_text(FILE)

    assert len(script_in(tmp_path / "script.py", name).script) == count


def test_a_changed_file_is_played_anew(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(FILE)
    source = script_in(path, "turns")
    path.write_text(FILE.replace('text("Sun.")', 'text("Sun."), text("Snow.")'))
    os.utime(path, (1, 1))

    assert source.has_changed()
    source.reset()
    assert len(source.script) == 3
    assert not source.has_changed()


def test_what_is_no_script(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(FILE)

    with pytest.raises(ScriptError, match="its scripts are: weather"):
        script_in(tmp_path / "script.py", "none")
    with pytest.raises(ScriptError, match="there is no script"):
        script_in(tmp_path / "none.py", "weather")
