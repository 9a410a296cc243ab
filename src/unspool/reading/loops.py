"""Find the loop in a recording: its start, its repetitions, and the shortest prefix that shows it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from unspool.cassette.content_coding import decoded
from unspool.cassette.model import Interaction
from unspool.clock import VirtualClock
from unspool.errors import CassetteError, RepetitionError, UnspoolError
from unspool.faults.frames import Frame, framing_of
from unspool.faults.model_event import format_of_body
from unspool.guards.calls import CALL, Calls
from unspool.guards.cycle import CycleGuard
from unspool.models import Delta, ModelResponseStream
from unspool.providers import FORMATS, pipeline_for
from unspool.streaming.wrapper import CustomStreamWrapper

_NEVER = 10**9


@dataclass(frozen=True)
class LoopGuard:
    """A guard to search with, and the options of `stream_wrapper` that set it up."""

    name: str
    options: str
    limit: int = _NEVER
    cycle: Callable[[], CycleGuard | None] = lambda: None


def _guards(repeats: int | None) -> tuple[LoopGuard, ...]:
    """Return LiteLLM's guard and ours, with their own thresholds or with a number of copies as the only
    one.
    """
    limit = 100 if repeats is None else repeats
    said: dict[str, Any] = (
        {} if repeats is None else {"min_repeats": repeats, "min_chars": 64, "padding_chars": 64}
    )
    arguments = ", ".join(f"{name}={value}" for name, value in said.items())
    return (
        LoopGuard("LiteLLM's rule", f"limit={limit}", limit=limit),
        LoopGuard(
            "CycleGuard",
            f"limit={limit}, cycle_guard=unspool.CycleGuard({arguments})",
            cycle=lambda: CycleGuard(**said),
        ),
    )


@dataclass(frozen=True)
class FoundLoop:
    """A loop in a recording.

    Attributes:
        index: the interaction with the loop.
        wire_format: the response's format.
        guard: the one that stops it first.
        error: its error, with the period and the first chunk, and the channel.
        count: the number of repetitions, to the recording's end.
        events: after how many events the guard raises: the shortest prefix.
        of: the number of events.
        chunks: how many chunks those events are, before the wrapper drops any.
    """

    index: int
    wire_format: str
    guard: LoopGuard
    error: RepetitionError
    count: int
    events: int
    of: int
    chunks: int


def find_loop(
    interactions: Sequence[Interaction], *, repeats: int | None = None, wire_format: str | None = None
) -> FoundLoop | None:
    """Return the first loop in any of the responses; None if there is none.

    Args:
        interactions: the recordings.
        repeats: how many copies make a loop; None for the guards' own thresholds.
        wire_format: the responses' format; None to try all of them.

    Raises:
        CassetteError: for repeats below 2.
    """
    if repeats is not None and repeats < 2:
        raise CassetteError(f"expected at least 2 repeats, got {repeats}: one copy is no loop")
    for index, interaction in enumerate(interactions):
        body = _body(interaction)
        for name in [wire_format] if wire_format else _formats(body):
            found = [_found(index, name, body, guard) for guard in _guards(repeats)]
            loops = [loop for loop in found if loop is not None]
            if loops:
                return min(loops, key=lambda loop: loop.events)
    return None


def _body(interaction: Interaction) -> bytes:
    try:
        return decoded(interaction.response).body
    except CassetteError:  # compressed with an unsupported coding
        return b""


def _formats(body: bytes) -> Iterator[str]:
    """Yield the format that the events look like, then all others: reading in a wrong one finds no loop."""
    if not body:
        return
    likely = format_of_body(body)
    yield from sorted(FORMATS, key=lambda name: name != likely)


def _found(index: int, wire_format: str, body: bytes, guard: LoopGuard) -> FoundLoop | None:
    frames = _frames(body)
    reader = _Reader(wire_format, frames)
    try:
        list(reader.open(guard.limit, guard.cycle()))
    except RepetitionError as error:
        count = max(error.count, _count(error, _Reader(wire_format, frames)))
        of = sum(frame.event is not None for frame in frames)
        return FoundLoop(index, wire_format, guard, error, count, reader.events, of, reader.chunks)
    except UnspoolError:  # the recording ends in an error, or is in another format
        pass
    return None


def _frames(body: bytes) -> list[Frame]:
    framing = framing_of(body)
    return [*framing.split(body, 0.0), *framing.rest()]


class _Reader:
    """A reader of frames like a client's, which counts the events."""

    def __init__(self, wire_format: str, frames: Sequence[Frame]) -> None:
        self._pipeline = pipeline_for(wire_format)
        self._frames = frames
        self.events = 0
        self.chunks = 0

    def open(self, limit: int = _NEVER, cycle: CycleGuard | None = None) -> CustomStreamWrapper:
        return CustomStreamWrapper(
            self._chunks(), "", repeated_chunk_limit=limit, cycle_guard=cycle, clock=VirtualClock()
        )

    def _chunks(self) -> Iterator[ModelResponseStream]:
        for frame in self._frames:
            self.events += frame.event is not None
            for chunk in self._pipeline.feed(frame.data):
                self.chunks += 1
                yield chunk
        yield from self._pipeline.flush()


def _count(error: RepetitionError, reader: _Reader) -> int:
    """Count the consecutive copies of the text, up to the end of the recording."""
    said: list[str] = []
    speak = _SPEAKERS[error.channel](Calls())
    with suppress(UnspoolError):  # the recording may end in an error: up to there
        said.extend("".join(map(speak, _deltas(chunk))) for chunk in reader.open())
    text = "".join(said[error.first_chunk :]).replace(CALL, "\n")
    place, count = text.find(error.repeated), 0
    while error.repeated and text.startswith(error.repeated, place):
        place, count = place + len(error.repeated), count + 1
    return count


def _deltas(chunk: ModelResponseStream) -> Iterator[Delta]:
    return (choice.delta for choice in chunk.choices)


_SPEAKERS: dict[str, Callable[[Calls], Callable[[Delta], str]]] = {
    "content": lambda _: lambda delta: delta.content or "",
    "reasoning": lambda _: lambda delta: delta.get("reasoning_content") or "",
    "tool_calls": lambda calls: calls.spell,
}
