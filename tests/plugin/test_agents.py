"""`@pytest.mark.stream_torture` over agents of several turns, made with the providers' own SDKs."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from tests.plugin.project import Outcome, Project

OPENAI = """
import json, threading
import openai, pytest, unspool

TOOLS = {"weather": lambda city: f"rain in {city}"}

def turn(sdk, messages):
    calls, text = {}, ""
    stream = sdk.chat.completions.create(model="gpt-4o", messages=messages, stream=True)
    for chunk in stream:
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for call in choice.delta.tool_calls or []:
                known = calls.setdefault(call.index, ["", "", ""])
                known[0] += call.id or ""
                known[1] += call.function.name or ""
                known[2] += call.function.arguments or ""
    return text, list(calls.values())

def ask(results=map, url="https://api.openai.example/v1"):
    messages = [{"role": "user", "content": "How is the weather?"}]
    http = openai.DefaultHttpxClient(verify=False)  # it reads no certificates, which takes a while
    with openai.OpenAI(api_key="any", base_url=url, max_retries=2, http_client=http) as sdk:
        for _ in range(4):
            text, calls = turn(sdk, messages)
            if not calls:
                return text
            said = results(lambda call: TOOLS[call[1]](**json.loads(call[2])), calls)
            messages.append({"role": "assistant", "content": text or None, "tool_calls": [
                {"id": id, "type": "function", "function": {"name": name, "arguments": arguments}}
                for id, name, arguments in calls]})
            messages += [{"role": "tool", "tool_call_id": call[0], "content": one}
                         for call, one in zip(calls, said)]
    return "too many turns"
"""

ANTHROPIC = """
import anthropic, pytest, unspool

def ask(url="https://api.anthropic.example"):
    messages = [{"role": "user", "content": "How is the weather?"}]
    http = anthropic.DefaultHttpxClient(verify=False)  # reads no certificates
    with anthropic.Anthropic(api_key="any", base_url=url, max_retries=2, http_client=http) as sdk:
        for _ in range(4):
            with sdk.messages.stream(model="claude-test", max_tokens=99, messages=messages) as stream:
                answer = stream.get_final_message()
            calls = [block for block in answer.content if block.type == "tool_use"]
            if not calls:
                return "".join(block.text for block in answer.content if block.type == "text")
            messages.append({"role": "assistant", "content": [block.to_dict() for block in answer.content]})
            messages.append({"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": call.id, "content": f"rain in {call.input['city']}"}
                for call in calls]})
    return "too many turns"
"""

GUARDED = """
def guarded(ask, **options):
    try:
        return ask(**options)
    except Exception as error:
        seen, one = [], error
        while one is not None and one not in seen:
            assert not isinstance(one, unspool.UnspoolError), repr(one)
            seen.append(one)
            one = one.__cause__ or one.__context__
        return type(error).__name__
"""
"""Any error is the agent's own affair, but none of them may be Unspool's."""


def cassette(url: str, *answers: str) -> str:
    """A hand-made cassette, as vcrpy writes them."""
    return yaml.safe_dump(
        {
            "version": 1,
            "interactions": [
                {
                    "request": {"method": "POST", "uri": url, "body": "{}", "headers": {}},
                    "response": {
                        "status": {"code": 200, "message": "OK"},
                        "headers": {"content-type": ["text/event-stream"]},
                        "body": {"string": answer},
                    },
                }
                for answer in answers
            ],
        }
    )


def chunk(finish: str | None = None, **delta: Any) -> str:
    said = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return f"data: {json.dumps(said)}\n\n"


def call(index: int, city: str) -> str:
    function = {"name": "weather", "arguments": ""}
    begun = chunk(
        tool_calls=[{"index": index, "id": f"call_{index}", "type": "function", "function": function}]
    )
    return begun + "".join(
        chunk(tool_calls=[{"index": index, "function": {"arguments": piece}}])
        for piece in ('{"city": ', f'"{city}"}}')
    )


def openai_cassette() -> str:
    first = chunk(role="assistant", content="") + call(0, "Bergen") + call(1, "Münster") + chunk("tool_calls")
    then = chunk(role="assistant", content="") + "".join(
        chunk(content=word) for word in ("It ", "rains ", "☂.")
    )
    done = "data: [DONE]\n\n"
    return cassette(
        "https://api.openai.example/v1/chat/completions", first + done, then + chunk("stop") + done
    )


def event(kind: str, **said: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **said})}\n\n"


def block(index: int, begun: dict[str, Any], *deltas: dict[str, Any]) -> str:
    return (
        event("content_block_start", index=index, content_block=begun)
        + "".join(event("content_block_delta", index=index, delta=delta) for delta in deltas)
        + event("content_block_stop", index=index)
    )


def message(reason: str, *blocks: str) -> str:
    begun = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-test",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": 9, "output_tokens": 1},
    }
    stop = {"stop_reason": reason, "stop_sequence": None}
    return (
        event("message_start", message=begun)
        + "".join(blocks)
        + event("message_delta", delta=stop, usage={"output_tokens": 12})
        + event("message_stop")
    )


def anthropic_cassette() -> str:
    def use(index: int, city: str) -> str:
        begun = {"type": "tool_use", "id": f"toolu_{index}", "name": "weather", "input": {}}
        pieces = ('{"city": ', f'"{city}"}}')
        return block(index, begun, *({"type": "input_json_delta", "partial_json": one} for one in pieces))

    words = ({"type": "text_delta", "text": one} for one in ("It ", "rains ", "☂."))
    return cassette(
        "https://api.anthropic.example/v1/messages",
        message("tool_use", use(0, "Bergen"), use(1, "Münster")),
        message("end_turn", block(0, {"type": "text", "text": ""}, *words)),
    )


AGENTS = {"openai": (OPENAI, openai_cassette), "anthropic": (ANTHROPIC, anthropic_cassette)}
CASSETTE = '@pytest.mark.stream_cassette("agent", match_on=["method"])'


def agents(project: Project, sdk: str, tests: str, *options: str) -> Outcome:
    code, recorded = AGENTS[sdk]
    project.write("tests/cassettes/test_it/agent.yaml", recorded())
    project.write("tests/test_it.py", code + GUARDED + tests)
    return project.run("--unspool-record=none", *options)


@pytest.mark.parametrize("sdk", AGENTS)
def test_a_back_off_under_torture_takes_virtual_time(project: Project, sdk: str) -> None:
    tests = f"""
from unspool.faults import Refuse
LEAST = {{"rate-limited-once": 7, "overloaded-twice": 1, "refused-once": .3}}

@pytest.mark.stream_torture(only=["rate-limited-once", "overloaded-twice"])
{CASSETTE}
def test_refused(unspool_fault, unspool_clock):
    assert ask() == "It rains ☂."
    assert unspool_clock.elapsed >= LEAST[unspool_fault.name]

@pytest.mark.parametrize("unspool_fault", [Refuse().on(1)])
{CASSETTE}
def test_no_connection(unspool_fault, unspool_clock):
    assert ask() == "It rains ☂."
    assert unspool_clock.elapsed >= LEAST["refused-once"]
"""
    outcome = agents(project, sdk, tests)
    assert outcome.counts == {"passed": 3}, outcome


FEW = ["unbroken", "reset-in-mid-answer", "cut-in-an-event", "no-answer", "bad-key", "shredded"]
"""A scenario of each kind; `nox -s torture` runs all (`--exhaustive`)."""


@pytest.mark.parametrize("sdk", AGENTS)
def test_no_failure_of_an_agent_is_unspools(project: Project, sdk: str, pytestconfig: pytest.Config) -> None:
    is_exhaustive = pytestconfig.getoption("--exhaustive")
    only = "" if is_exhaustive else f"(only={FEW})"
    tests = f"""
@pytest.mark.stream_torture{only}
{CASSETTE}
def test_agent(unspool_fault):
    said = guarded(ask)
    assert unspool_fault is not None or said == "It rains ☂."
"""
    outcome = agents(project, sdk, tests)
    assert outcome.counts.keys() <= {"passed", "skipped"}, outcome
    assert outcome.counts["passed"] > 50 if is_exhaustive else outcome.counts["passed"] >= 5, outcome


def test_nor_is_one_of_an_agent_with_threads(project: Project) -> None:
    tests = f"""
from concurrent.futures import ThreadPoolExecutor

def in_threads():
    with ThreadPoolExecutor(2) as pool:
        return pool.submit(ask, lambda *args: list(pool.map(*args))).result()

@pytest.mark.stream_torture(only=["unbroken", "rate-limited-once", "Hang", "Break", "Stall"])
{CASSETTE}
def test_agent(unspool_fault):
    said = guarded(in_threads)
    assert unspool_fault is not None or said == "It rains ☂."
"""
    outcome = agents(project, "openai", tests)
    assert outcome.counts.keys() <= {"passed", "skipped"}, outcome
    assert outcome.counts["passed"] >= 7
