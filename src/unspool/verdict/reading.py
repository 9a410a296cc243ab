"""The correct reading of the bytes that a client received, by our own decoders and normalizers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from unspool.cassette.content_coding import decoder_of
from unspool.errors import APIResponseValidationError, CassetteFormatError, ProviderError, WireError
from unspool.pipeline import Chain
from unspool.providers import pipeline_for
from unspool.verdict.log import Attempt

_LONGEST_PERIOD = 64


@dataclass(slots=True)
class Reading:
    """The content of a response, as far as the client has pulled it.

    Attributes:
        text: its text.
        events: how many of its events could be read.
        said: for each chunk with content, the number of the network chunk that completed it, and the content:
            text, reasoning, arguments.
        finished: whether it has a finish reason.
        unended: whether its last event never ended, so that by the specification of server-sent events a
            reader discards it. The other fields include it.
        text_without_unended, finished_without_unended: `text` and `finished` without that event.
        error: the error that the provider reported in the stream.
        broken: why the rest can't be read.
    """

    text: str = ""
    events: int = 0
    said: list[tuple[int, str]] = field(default_factory=list)
    finished: bool = False
    unended: bool = False
    text_without_unended: str = ""
    finished_without_unended: bool = False
    error: str | None = None
    broken: str | None = None

    @property
    def is_sound(self) -> bool:
        """Whether it is valid as far as it goes."""
        return self.error is None and self.broken is None

    @property
    def is_nothing(self) -> bool:
        """Whether it contains no event: it's no stream of this format."""
        return self.events == 0 and self.error is None

    @property
    def has_more_than_text(self) -> bool:
        """Whether it has reasoning or tool calls, which a client may show in its own words."""
        return "".join(said for _, said in self.said) != self.text

    def repetition(self) -> tuple[int, int]:
        """Find the longest run of chunks that repeat the content one period before.

        Returns:
            Their number, and the number of the network chunk with the first of them.
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


def read(attempt: Attempt, wire_format: str) -> Reading:
    """Read an attempt's response; empty, if there was none or it is an error.

    Raises:
        LiteLLMUnknownProvider: there is no such format.
    """
    reading = Reading()
    if attempt.status is None or attempt.status >= 300:
        return reading
    pipeline = pipeline_for(wire_format)
    try:
        for number, chunk in _chunks(attempt, pipeline):
            _note(reading, number, chunk)
        _note_before_end(reading)
        for chunk in pipeline.flush() if attempt.ended_at is not None else ():
            _note(reading, max(0, len(attempt.pulls) - 1), chunk)
            reading.unended = True
    except (APIResponseValidationError, WireError, CassetteFormatError) as error:
        reading.broken = str(error)
    except ProviderError as error:
        reading.error = str(error)
    if not reading.unended:
        _note_before_end(reading)
    return reading


def _chunks(attempt: Attempt, pipeline: Chain) -> Iterator[tuple[int, Any]]:
    """Yield each chunk, with the number of the network chunk that completed it."""
    decode = decoder_of(attempt.headers)
    for number, pull in enumerate(attempt.pulls):
        yield from ((number, chunk) for chunk in pipeline.feed(decode(pull.data)))


def _note_before_end(reading: Reading) -> None:
    reading.text_without_unended, reading.finished_without_unended = reading.text, reading.finished


def _note(reading: Reading, number: int, chunk: Any) -> None:
    reading.events += 1
    for choice in chunk.choices:
        reading.finished = reading.finished or bool(choice.finish_reason)
        said = "".join(_said(choice.delta))
        if said:
            reading.said.append((number, said))
        reading.text += choice.delta.content or ""


def _said(delta: Any) -> Iterator[str]:
    yield delta.content or ""
    yield getattr(delta, "reasoning_content", None) or ""
    for call in delta.tool_calls or ():
        yield call.function.arguments or ""
