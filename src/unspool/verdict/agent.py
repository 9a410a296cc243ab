"""Judge an agent over several turns: which tools ran, for which calls, and what it sent back.

    verdict = examine_agent(
        lambda tools: my_agent("Weather in Oslo?", tools),
        call("get_weather", '{"city": "Os') + finish("length"),
        tools={"get_weather": get_weather},
    )
    assert verdict.kinds == ()

The agent runs under a script and gets its tools, each of which records its runs.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unspool.counts import counted
from unspool.errors import UnspoolError
from unspool.script.choose import Asker, Given
from unspool.script.echo import Broken
from unspool.script.playing import use_script
from unspool.script.script import Answer, Script
from unspool.script.seen import Seen
from unspool.verdict.verdict import Finding

AGENT_FINDINGS: dict[str, str] = {
    "retried-after-tool": "repeated the request for a turn whose tool had already run",
    "tool-run-twice": "ran a tool more often than the model called it",
    "executed-cut-call": "ran a tool for a call that was cut off or followed by an error",
    "lost-result": "sent the next request without a call's result, or without the call",
    "crossed-result": "sent a result for the wrong call, or twice",
    "changed-signature": "changed or omitted signed reasoning",
    "no-turn-limit": "never stopped with a model that always calls tools",
}
"""The findings in a conversation, with their meaning."""

MOST_TURNS = 50
"""An agent that makes more requests than this is stopped."""


@dataclass(frozen=True, slots=True)
class Run:
    """A tool's run.

    Attributes:
        name: the tool's name.
        arguments: the arguments of the call.
        result: its return value, as text; the error's text, if it raised.
        after: how many requests the agent had made before.
    """

    name: str
    arguments: Any
    result: str
    after: int


@dataclass(frozen=True)
class AgentVerdict:
    """A verdict on an agent.

    Attributes:
        returned: what the agent returned; None if it raised.
        error: its exception; None if it returned.
        calls: its requests to the model.
        runs: its tools' runs.
        findings: the errors of the agent; empty if there are none.
    """

    returned: Any
    error: BaseException | None
    calls: tuple[Seen, ...]
    runs: tuple[Run, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of the findings, each once."""
        return tuple(dict.fromkeys(finding.kind for finding in self.findings))

    def __str__(self) -> str:
        head = f"{counted(len(self.calls), 'request')}, {counted(len(self.runs), 'run')} of tools"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])


@dataclass(frozen=True)
class Story:
    """The record of a run, to be judged.

    Attributes:
        given: the turns that the agent received.
        calls: its requests.
        runs: its tools' runs.
        broken: errors in the histories that it sent.
        was_stopped: whether it exceeded the limit of requests.
    """

    given: tuple[Given, ...]
    calls: tuple[Seen, ...]
    runs: tuple[Run, ...]
    broken: tuple[Broken, ...] = ()
    was_stopped: bool = False


def examine_agent(
    agent: Callable[[Mapping[str, Callable[..., Any]]], Any],
    *turns: Any,
    tools: Mapping[str, Callable[..., Any]],
    most_turns: int = MOST_TURNS,
    **options: Any,
) -> AgentVerdict:
    """Run an agent under a script, and judge what it does.

    Args:
        agent: called with its tools; it may be async.
        turns: the model's turns, or one `Script`.
        tools: by name, sync or async; they are called by keyword.
        most_turns: an agent that makes more requests is stopped.
        options: those of `Script`.

    Raises:
        ScriptError: the script is wrong.
    """
    script = _Watched(*turns, **options)
    script.most = most_turns
    runs: list[Run] = []
    wrapped = {name: _noting(name, tool, runs, script) for name, tool in tools.items()}
    returned, error = None, None
    context = use_script(script)
    context.checks = False
    with context:
        try:
            returned = agent(wrapped)
            if inspect.isawaitable(returned):
                returned = asyncio.run(_awaited(returned))
        except _StoppedError:
            script.was_stopped = True
        except (Exception, UnspoolError) as problem:  # noqa: BLE001 - it's part of the verdict
            error = problem
    story = Story(
        tuple(script._given), tuple(script.calls), tuple(runs), tuple(script.broken), script.was_stopped
    )
    return AgentVerdict(returned, error, story.calls, story.runs, tuple(judge_agent(story)))


class _StoppedError(BaseException):
    """Raised to stop the agent; no SDK's client handles it."""


class _Watched(Script):
    """A script that stops an agent that never stops by itself."""

    most = MOST_TURNS
    was_stopped = False

    def answer(self, request: Any, asker: Asker) -> Answer:
        if len(self.calls) >= self.most:
            self.was_stopped = True
            raise _StoppedError
        return super().answer(request, asker)


async def _awaited(given: Any) -> Any:
    return await given


def _noting(name: str, tool: Callable[..., Any], runs: list[Run], script: Script) -> Callable[..., Any]:
    def note(arguments: Mapping[str, Any], result: Any) -> None:
        runs.append(Run(name, dict(arguments), _text(result), len(script.calls)))

    if inspect.iscoroutinefunction(tool):

        @functools.wraps(tool)
        async def arun(*args: Any, **named: Any) -> Any:
            try:
                result = await tool(*args, **named)
            except Exception as error:
                note(_bound(tool, args, named), str(error))
                raise
            note(_bound(tool, args, named), result)
            return result

        return arun

    @functools.wraps(tool)
    def run(*args: Any, **named: Any) -> Any:
        try:
            result = tool(*args, **named)
        except Exception as error:
            note(_bound(tool, args, named), str(error))
            raise
        note(_bound(tool, args, named), result)
        return result

    return run


def _bound(tool: Callable[..., Any], args: tuple[Any, ...], named: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return inspect.signature(tool).bind(*args, **named).arguments
    except (TypeError, ValueError):
        return named


def _text(result: Any) -> str:
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False, default=str)


# -- the judge -----------------------------------------------------------------------------------------


def judge_agent(story: Story) -> Iterator[Finding]:
    """Yield the findings about an agent."""
    for kind, look in _LOOKS.items():
        yield from (Finding(kind, evidence) for evidence in dict.fromkeys(look(story)))


def _calls_of(given: Given) -> list[tuple[str, Any]]:
    calls = given.message.calls if given.message is not None else ()
    return [(call.name, _parsed(call.arguments)) for call in calls]


def _parsed(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def _retried(story: Story) -> Iterator[str]:
    for seen in story.calls:
        if seen.attempt == 1:
            continue
        given = next(one for one in reversed(story.given) if one.slot.index == seen.turn)
        first = next(one.index for one in story.calls if one.turn == seen.turn)
        ran = [run for run in story.runs if first < run.after <= seen.index and _is_of(run, given)]
        if ran:
            yield f"request {seen.index} asks for turn {seen.turn} again, whose {ran[0].name} had run by then"


def _is_of(run: Run, given: Given) -> bool:
    return any(run.name == name for name, _ in _calls_of(given))


def _twice(story: Story) -> Iterator[str]:
    called = Counter(name for given in story.given for name, _ in _calls_of(given))
    for name, count in Counter(run.name for run in story.runs).items():
        if count > called[name]:
            yield f"{name} ran {count} times, and the model called it {called[name]} times"


def _cut(story: Story) -> Iterator[str]:
    """A call is cut if its arguments are no JSON, its turn was cut, or an error followed it."""
    for given in story.given:
        is_cut = (
            given.turn.finish in {"length", "max_tokens", "content_filter"} or given.turn.failure is not None
        )
        for name, arguments in _calls_of(given):
            ran = [run for run in story.runs if run.name == name and run.after > given.seen.index]
            if ran and (is_cut or isinstance(arguments, str)):
                yield f"{name} ran with {ran[0].arguments!r}, and its call in turn {given.slot.index} was cut"


def _lost(story: Story) -> Iterator[str]:
    return (one.text for one in story.broken if one.kind in {"lost-result", "lost-call"})


def _signatures(story: Story) -> Iterator[str]:
    return (one.text for one in story.broken if one.kind == "changed-signature")


def _crossed(story: Story) -> Iterator[str]:
    yield from (one.text for one in story.broken if one.kind == "crossed-result")
    for seen in story.calls:
        made = {call.id: call for message in seen.messages for call in message.calls if call.id}
        for result in seen.results:
            call = made.get(result.id)
            if call is not None:
                yield from _of_another(call.name, _parsed(call.arguments), result.text, story.runs)


def _of_another(name: str, arguments: Any, text: str, runs: tuple[Run, ...]) -> Iterator[str]:
    own = [run.result for run in runs if run.name == name and run.arguments == arguments]
    others = [run for run in runs if run.result == text and (run.name, run.arguments) != (name, arguments)]
    if own and text not in own and others:
        yield f"{name}({arguments!r}) is answered with {text!r:.100}, the result of {others[0].arguments!r}"


def _unlimited(story: Story) -> Iterator[str]:
    if story.was_stopped:
        yield f"it was stopped after {counted(len(story.calls), 'request')}"


_LOOKS: dict[str, Callable[[Story], Iterator[str]]] = {
    "retried-after-tool": _retried,
    "tool-run-twice": _twice,
    "executed-cut-call": _cut,
    "lost-result": _lost,
    "crossed-result": _crossed,
    "changed-signature": _signatures,
    "no-turn-limit": _unlimited,
}
