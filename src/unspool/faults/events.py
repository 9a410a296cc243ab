"""Events that are lost, doubled, in the wrong order, broken, or that tell of an error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Any

from pydantic_core import to_json

from unspool.cassette.model import Interaction
from unspool.errors import FaultError
from unspool.faults.dialects import dialect_of, finishes, speaks, unfinished
from unspool.faults.fault import Fault, Feed, nothing_to_break
from unspool.faults.frames import JSON, Frame
from unspool.faults.parts import Part, Stop
from unspool.faults.provider_errors import AWS_EXCEPTIONS, BODIES, TEXTS, known
from unspool.faults.settings import check_settings
from unspool.faults.stages import at_event, each_frame, missing, where
from unspool.wire.event import WireEvent


@dataclass(frozen=True, repr=False)
class Drop(Fault):
    """An event is lost.

    Args:
        after: events before it.
    """

    after: int = 0

    def feed(self) -> Feed:
        return at_event(self, self.after, lambda _frame: ())


@dataclass(frozen=True, repr=False)
class Duplicate(Fault):
    """An event comes twice.

    Args:
        after: events before it.
        times: how often it comes in all.
    """

    after: int = 0
    times: int = 2

    def feed(self) -> Feed:
        return at_event(self, self.after, lambda frame: (frame,) * self.times)


@dataclass(frozen=True, repr=False)
class Swap(Fault):
    """An event comes after the one that should follow it.

    Args:
        after: events before the two.
    """

    after: int = 0

    def feed(self) -> Feed:
        seen = 0
        held: list[Frame] = []

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal seen
            seen += frame.event is not None
            if seen == self.after + 1 and frame.event is not None:
                held.append(frame)
                return ()
            if held and frame.event is not None:
                return frame, replace(held.pop(), at=frame.at)
            return (frame,)

        def stop(stop: Stop) -> Iterable[Part]:
            if held or seen <= self.after:
                raise nothing_to_break(self, f"{self.after + 2} events", f"{seen}")
            return (stop,)

        return each_frame(change, at_stop=stop)


@dataclass(frozen=True, repr=False)
class Loop(Fault):
    """The model repeats itself: some events come again and again, then the stream goes on.

    Args:
        after: events that say something before those that repeat.
        period: how many repeat; events that say nothing don't count, and don't.
        times: how often they come in all; `math.inf` never ends, and takes a transport or a script.
    """

    after: int = 1
    period: int = 1
    times: float = 200

    def __post_init__(self) -> None:
        check_settings(self, endless="times")
        if self.period < 1 or self.times < 1:
            raise FaultError(f"expected a loop of at least 1 event and 1 time, got {self!r}")
        if self.times != inf and self.times != int(self.times):
            raise FaultError(f"expected times to be a whole number or math.inf, got {self.times!r}")

    def feed(self) -> Feed:
        seen = 0
        held: list[Frame] = []

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal seen
            if not speaks(frame):
                return (frame,)
            seen += 1
            if not self.after < seen <= self.after + self.period:
                return (frame,)
            held.append(frame)
            return self._rounds(held) if len(held) == self.period else ()

        def stop(stop: Stop) -> Iterable[Part]:
            if len(held) < self.period:
                raise nothing_to_break(
                    self, f"{self.after + self.period} events that say something", f"{seen}"
                )
            return (stop,)

        return each_frame(change, at_stop=stop)

    def _rounds(self, held: list[Frame]) -> Iterator[Frame]:
        at = held[-1].at
        done = 0
        while done < self.times:
            done += 1
            yield from (replace(frame, at=at) for frame in held)

    def apply(self, interaction: Interaction, *, attempt: int = 1) -> Interaction:
        if self.times == inf:
            raise FaultError(f"{self!r} never ends: break it behind a FaultTransport, or in a script")
        return super().apply(interaction, attempt=attempt)


@dataclass(frozen=True, repr=False)
class Malformed(Fault):
    """An event whose JSON is broken, in a whole frame.

    Args:
        after: events before it.
    """

    after: int = 0

    def feed(self) -> Feed:
        return at_event(self, self.after, self._broken)

    def _broken(self, frame: Frame) -> Iterable[Frame]:
        if frame.event is None or ":" not in frame.event.data:
            raise nothing_to_break(self, f"JSON with a colon in event {self.after + 1}")
        return (frame.with_text(frame.event.data.replace(":", ";", 1)),)


@dataclass(frozen=True, repr=False)
class NoFinish(Fault):
    """Nobody says why the answer ended, though it ends as it should."""

    def feed(self) -> Feed:
        def change(frame: Frame) -> Iterable[Frame] | None:
            if not finishes(frame):
                return None
            rest = unfinished(frame)
            return () if rest is None else (rest,)

        return where(self, "a finish reason", change)


@dataclass(frozen=True, repr=False)
class RepeatFinish(Fault):
    """The event that says why the answer ended comes twice."""

    def feed(self) -> Feed:
        return where(self, "a finish reason", lambda frame: (frame, frame) if finishes(frame) else None)


@dataclass(frozen=True, repr=False)
class EarlyFinish(Fault):
    """The finish reason comes before the last event that says something, not after it."""

    def feed(self) -> Feed:
        held: list[Frame] = []  # from the last event that says something on
        done = False

        def change(frame: Frame) -> Iterable[Frame]:
            nonlocal done
            if done:
                return (frame,)
            if finishes(frame) and held:
                done = True
                return (frame, *(replace(one, at=frame.at) for one in held))
            passed = list(held) if speaks(frame) else []
            if speaks(frame):
                held[:] = [frame]
            elif held:
                held.append(frame)
            else:
                passed = [frame]
            return passed

        def stop(stop: Stop) -> Iterable[Part]:
            return (stop,) if done else missing(self, "a finish reason after some text")(stop)

        return each_frame(change, at_stop=stop)


@dataclass(frozen=True, repr=False)
class ErrorEvent(Fault):
    """The provider reports an error in the stream, as it would, and ends it: status 200, then this.

    Args:
        after: events that say something before it, tokens so to speak.
        status: what kind of error.
        provider: whose: openai, anthropic, azure, bedrock, cohere, gemini, groq, mistral, ollama,
            openrouter or vllm; None takes it from the events.
        message: the text; by default one that fits the status.
    """

    after: int = 0
    status: int = 503
    provider: str | None = None
    message: str | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        known(self.provider or "openai")

    def feed(self) -> Feed:
        said = 0
        dialect: str | None = None

        def change(frame: Frame) -> Iterator[Frame | Part]:
            nonlocal said, dialect
            dialect = dialect or dialect_of(frame)
            ends = finishes(frame) and said == self.after
            if ends or (speaks(frame) and said == self.after):
                yield frame.saying(self._event(dialect or "", frame))
                yield Stop(frame.at)
            said += speaks(frame)
            yield frame

        return each_frame(change, at_stop=missing(self, f"{self.after} events that say something"))

    def _event(self, dialect: str, frame: Frame) -> WireEvent:
        provider = self.provider or _PROVIDERS.get(dialect, "openai")
        text = self.message or TEXTS.get(self.status, "The request failed.")
        body = BODIES[provider](self.status, text)
        write = _ENVELOPES.get(self.provider or dialect, _plain)
        return write(body, self.status, frame)


_PROVIDERS: dict[str, str] = {
    "anthropic-complete": "anthropic",
    "anthropic-messages": "anthropic",
    "bedrock-converse": "bedrock",
    "bedrock-invoke": "bedrock",
    "cohere-v1": "cohere",
    "cohere-v2": "cohere",
    "gemini-generate": "gemini",
    "gemini-interactions": "gemini",
    "ollama-ndjson": "ollama",
}


def _event(body: JSON, name: str = "message", headers: Any = None) -> WireEvent:
    return WireEvent(name=name, data=to_json(body).decode(), headers=headers or {})


def _plain(body: JSON, _status: int, _frame: Frame) -> WireEvent:
    return _event(body)


def _anthropic(body: JSON, _status: int, _frame: Frame) -> WireEvent:
    return _event({key: body[key] for key in ("type", "error")}, "error")


def _responses(body: JSON, _status: int, frame: Frame) -> WireEvent:
    number = (frame.json or {}).get("sequence_number", 0)
    return _event({"type": "error", "sequence_number": number, **body}, "error")


def _bedrock(body: JSON, status: int, _frame: Frame) -> WireEvent:
    name = AWS_EXCEPTIONS.get(status, "InternalServerException")
    name = name[0].lower() + name[1:]
    headers = {":exception-type": name, ":content-type": "application/json", ":message-type": "exception"}
    return _event(body, name, headers)


def _cohere_v2(body: JSON, _status: int, frame: Frame) -> WireEvent:
    name = "message-end"
    end = {"type": name, "delta": {"finish_reason": "ERROR", "error": body["message"]}}
    return _event(end, name if frame.event and frame.event.name != "message" else "message")


def _cohere_v1(body: JSON, _status: int, _frame: Frame) -> WireEvent:
    return _event({"is_finished": True, "event_type": "stream-end", "finish_reason": "ERROR", **body})


def _interactions(body: JSON, _status: int, _frame: Frame) -> WireEvent:
    return _event({"event_type": "error", **body}, "error")


def _groq(body: JSON, status: int, _frame: Frame) -> WireEvent:
    return _event({"error": {**body["error"], "status_code": status}}, "error")


def _openrouter(body: JSON, status: int, frame: Frame) -> WireEvent:
    """A chunk as any other, with `error` beside `choices`: https://openrouter.ai/docs/api-reference/streaming."""
    chunk = {key: value for key, value in (frame.json or {}).items() if key not in {"choices", "usage"}}
    choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}
    error = {"code": status, "message": body["error"]["message"]}
    return _event({**chunk, "error": error, "choices": [choice]})


_ENVELOPES: dict[str, Callable[[JSON, int, Frame], WireEvent]] = {
    "anthropic": _anthropic,
    "anthropic-complete": _anthropic,
    "anthropic-messages": _anthropic,
    "bedrock": _bedrock,
    "bedrock-converse": _bedrock,
    "bedrock-invoke": _bedrock,
    "cohere": _cohere_v2,
    "cohere-v1": _cohere_v1,
    "cohere-v2": _cohere_v2,
    "gemini-interactions": _interactions,
    "groq": _groq,
    "openai-responses": _responses,
    "openrouter": _openrouter,
}
