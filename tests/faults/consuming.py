"""Our own client under a fault: over both libraries, sync and async, in virtual time."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

import unspool
from unspool.cassette.cassette import Cassette
from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults import Fault
from unspool.transports.transport import FaultTransport, ReplayTransport

MODELS = {"api.anthropic.com": "anthropic/claude-haiku-4-5"}
READ_TIMEOUT = 30.0


@dataclass(frozen=True)
class Outcome:
    """What a consumer saw: text, tool calls' arguments, the error's class, and when it was over."""

    text: str = ""
    arguments: str = ""
    error: str = ""
    finish: str | None = None
    seconds: float = 0.0


class Recorder:
    """Takes chunks in, and says what came of them."""

    def __init__(self) -> None:
        self.clock = unspool.VirtualClock()
        self._text, self._arguments, self._finish = "", "", None

    def take(self, chunk: Any) -> None:
        for choice in chunk.choices:
            self._text += choice.delta.content or ""
            self._finish = choice.finish_reason or self._finish
            for one in choice.delta.tool_calls or ():
                self._arguments += one.function.arguments or ""

    def outcome(self, error: Exception | None = None) -> Outcome:
        if isinstance(getattr(error, "original_exception", error), FaultError):
            raise error
        name = type(error).__name__ if error else ""
        return Outcome(self._text, self._arguments, name, self._finish, round(self.clock.elapsed, 3))


def _call(recorded: Interaction, fault: Fault, recorder: Recorder, family: str | None) -> dict[str, Any]:
    cassette = Cassette.of([recorded], match_on=["path"], allow_playback_repeats=True)
    replay = ReplayTransport(cassette, timing="recorded", clock=recorder.clock)
    transport = FaultTransport(replay, fault, clock=recorder.clock)
    host = recorded.request.uri.split("/")[2]
    call = {
        "model": MODELS.get(host, "openai/gpt-4o-mini"),
        "messages": [{"role": "user", "content": "How is the weather?"}],
        "stream": True,
        "timeout": READ_TIMEOUT,
    }
    if family is None:
        return {**call, "transport": transport}
    return {**call, "http_client": import_module(family).Client(transport=transport)}


def consume(recorded: Interaction, fault: Fault, *, family: str | None = None) -> Outcome:
    """`completion` to the stream's end."""
    recorder = Recorder()
    try:
        for chunk in unspool.completion(**_call(recorded, fault, recorder, family)):
            recorder.take(chunk)
    except Exception as error:  # noqa: BLE001 - whichever it is, it's what the test asks for
        return recorder.outcome(error)
    return recorder.outcome()


async def aconsume(recorded: Interaction, fault: Fault) -> Outcome:
    """`acompletion` to the stream's end."""
    recorder = Recorder()
    try:
        async for chunk in await unspool.acompletion(**_call(recorded, fault, recorder, None)):
            recorder.take(chunk)
    except Exception as error:  # noqa: BLE001 - whichever it is, it's what the test asks for
        return recorder.outcome(error)
    return recorder.outcome()
