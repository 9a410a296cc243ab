"""What a reader by the book makes of the bytes that a client was given: our own decoders and normalizers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from unspool.cassette.encoding import decoder_of
from unspool.errors import APIResponseValidationError, CassetteFormatError, ProviderError, WireError
from unspool.faults.dialects import finishes, speaks
from unspool.faults.frames import Frame, framing_of
from unspool.providers import FORMATS, pipeline_for
from unspool.verdict.log import Attempt

_LONGEST_PERIOD = 64


@dataclass(slots=True)
class Reading:
    """What an answer says, as far as the client has pulled it.

    Attributes:
        text: its text; None where the format's events can't be read for text.
        events: how many of its events could be read.
        said: for each chunk that says something, the number of the network chunk that completed it, and
            what it says: text, reasoning, arguments.
        finished: whether it has said why it ended.
        error: the error that the provider reported in the stream.
        broken: why it can't be read on.
    """

    text: str | None = ""
    events: int = 0
    said: list[tuple[int, str]] = field(default_factory=list)
    finished: bool = False
    error: str | None = None
    broken: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong with it as far as it goes."""
        return self.error is None and self.broken is None

    def repetition(self) -> tuple[int, int]:
        """The longest run of chunks that repeat what was said a period before.

        Returns:
            How many there are, and the number of the network chunk with the first of them.
        """
        texts = [text for _, text in self.said]
        runs = (_longest_run(texts, period) for period in range(1, min(_LONGEST_PERIOD, len(texts) - 1) + 1))
        length, start = max(runs, default=(0, 0), key=lambda run: run[0])
        return (length, self.said[start][0]) if length else (0, 0)


def _longest_run(texts: list[str], period: int) -> tuple[int, int]:
    best, length = (0, 0), 0
    for at in range(period, len(texts)):
        length = length + 1 if texts[at] == texts[at - period] else 0
        if length > best[0]:
            best = (length, at - length + 1)
    return best


def read(attempt: Attempt, wire_format: str | None) -> Reading:
    """What an attempt's answer says; nothing, if there was none or the provider refused."""
    reading = Reading()
    if attempt.status is None or attempt.status >= 300:
        return reading
    steps = _chunks if wire_format in FORMATS else _frames
    try:
        for note in steps(_pieces(attempt), wire_format or "", ended=attempt.ended_at is not None):
            note(reading)
    except (APIResponseValidationError, WireError, CassetteFormatError) as error:
        reading.broken = str(error)
    except ProviderError as error:
        reading.error = str(error)
    return reading


_Note = Callable[[Reading], None]


def _pieces(attempt: Attempt) -> Iterator[tuple[int, bytes]]:
    decode = decoder_of(attempt.headers)
    return ((number, decode(pull.data)) for number, pull in enumerate(attempt.pulls))


def _chunks(pieces: Iterable[tuple[int, bytes]], wire_format: str, *, ended: bool) -> Iterator[_Note]:
    pipeline = pipeline_for(wire_format)
    number = 0
    for number, data in pieces:
        yield from (_chunk(number, chunk) for chunk in pipeline.feed(data))
    if ended:
        yield from (_chunk(number, chunk) for chunk in pipeline.flush())


def _chunk(number: int, chunk: Any) -> _Note:
    def note(reading: Reading) -> None:
        reading.events += 1
        for choice in chunk.choices:
            reading.finished = reading.finished or bool(choice.finish_reason)
            said = "".join(_said(choice.delta))
            if said:
                reading.said.append((number, said))
            reading.text = (reading.text or "") + (choice.delta.content or "")

    return note


def _said(delta: Any) -> Iterator[str]:
    yield delta.content or ""
    yield getattr(delta, "reasoning_content", None) or ""
    for call in delta.tool_calls or ():
        yield call.function.arguments or ""


# Formats whose events we can only tell apart


def _frames(pieces: Iterable[tuple[int, bytes]], _wire_format: str, *, ended: bool) -> Iterator[_Note]:
    framing = None
    number = 0
    for number, data in pieces:
        framing = framing or framing_of(data)
        yield from (_frame(number, frame) for frame in framing.split(data, 0.0))
    if framing is not None and ended:
        yield from (_frame(number, frame) for frame in framing.rest(0.0))


def _frame(number: int, frame: Frame) -> _Note:
    def note(reading: Reading) -> None:
        reading.text = None
        reading.events += frame.json is not None
        reading.finished = reading.finished or finishes(frame)
        if frame.event is not None and frame.json is None and frame.event.data != "[DONE]":
            reading.broken = reading.broken or f"no JSON object: {frame.event.data[:60]!r}"
        error = (frame.json or {}).get("error")
        reading.error = reading.error or (str(error) if error else None)
        if speaks(frame) and frame.event is not None:
            reading.said.append((number, frame.event.data))

    return note
