"""Agents of several turns, judged: a right one, and one for each thing that may be wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest

from unspool.script import FOREVER, call, error, finish, text, turn
from unspool.verdict import AGENT_FINDINGS, AgentVerdict, examine_agent

CHAT = "https://api.openai.com/v1/chat/completions"
Tools = Mapping[str, Callable[..., Any]]


def get_weather(city: str = "?") -> str:
    return f"{city}: rain"


class Agent:
    """A small agent; each flag is a bug."""

    def __init__(self, *bugs: str, most: int = 10_000) -> None:
        self.bugs, self.most = bugs, most

    def __call__(self, tools: Tools) -> str:
        messages: list[Any] = [{"role": "user", "content": "Weather?"}]
        for _ in range(self.most):
            answer = self.ask(messages)
            message = answer["message"]
            calls = message.get("tool_calls") or []
            if answer["finish_reason"] == "length" and "cut" not in self.bugs:
                raise ValueError("the answer was cut")
            if not calls:
                return str(message["content"])
            results = [self.run(tools, one["function"]) for one in calls]
            if "retry" in self.bugs:
                self.ask(messages)
            if "crossed" in self.bugs:
                results.reverse()
            if "lost" in self.bugs:
                results.pop()
            messages.append(message)
            for one, result in zip(calls, results, strict=False):
                messages.append({"role": "tool", "tool_call_id": one["id"], "content": result})
        raise RuntimeError("too many turns")

    def ask(self, messages: list[Any]) -> Any:
        response = httpx.post(CHAT, json={"model": "gpt-4o", "messages": messages})
        response.raise_for_status()
        return response.json()["choices"][0]

    def run(self, tools: Tools, function: Any) -> str:
        try:
            arguments = json.loads(function["arguments"])
        except ValueError:
            arguments = {}
        for _ in range(1 + ("twice" in self.bugs)):
            result = tools[function["name"]](**arguments)
        return str(result)


BOTH = call("get_weather", city="Oslo") + call("get_weather", city="Rome")


def examined(agent: Callable[[Tools], Any], *turns: Any) -> AgentVerdict:
    return examine_agent(agent, *turns, tools={"get_weather": get_weather}, most_turns=20)


def test_nothing_is_found_in_a_right_agent() -> None:
    verdict = examined(Agent(), BOTH, "Rain.")
    assert (verdict.kinds, verdict.returned, len(verdict.runs)) == ((), "Rain.", 2)


def test_an_agent_that_refuses_a_cut_call_is_right() -> None:
    verdict = examined(Agent(), call("get_weather", '{"city": "Os') + finish("length"))
    assert (verdict.kinds, type(verdict.error)) == ((), ValueError)


def test_an_agent_with_a_limit_is_right() -> None:
    verdict = examined(Agent(most=5), turn(call("get_weather"), repeat=FOREVER))
    assert (verdict.kinds, type(verdict.error)) == ((), RuntimeError)


def test_an_async_agent_is_examined() -> None:
    async def agent(tools: Tools) -> str:
        return Agent()(tools)

    assert examined(agent, BOTH, "Rain.").returned == "Rain."


def test_an_async_tool_notes_its_run() -> None:
    async def look_up(city: str) -> str:
        return city

    async def agent(tools: Tools) -> str:
        return str(await tools["look_up"]("Oslo"))

    verdict = examine_agent(agent, turn("Hi", repeat=FOREVER), tools={"look_up": look_up})
    assert [(run.name, run.arguments, run.result) for run in verdict.runs] == [
        ("look_up", {"city": "Oslo"}, "Oslo")
    ]


@pytest.mark.parametrize(
    ("bug", "turns", "kind"),
    [
        ("retry", [call("get_weather", city="Oslo"), "Rain."], "retried-after-tool"),
        ("twice", [call("get_weather", city="Oslo"), "Rain."], "tool-run-twice"),
        ("cut", [call("get_weather", '{"city": "Os') + finish("length"), "Rain."], "executed-cut-call"),
        ("crossed", [BOTH, "Rain."], "crossed-result"),
        ("lost", [BOTH, "Rain."], "lost-result"),
        ("none", [turn(call("get_weather"), repeat=FOREVER)], "no-turn-limit"),
    ],
)
def test_a_bug_is_found(bug: str, turns: list[Any], kind: str) -> None:
    verdict = examined(Agent(bug), *turns)
    assert verdict.kinds == (kind,)
    assert kind in AGENT_FINDINGS
    assert kind in str(verdict)


def test_a_provider_error_is_no_finding() -> None:
    assert examined(Agent(), error(500)).kinds == ()
    assert text("x").parts
