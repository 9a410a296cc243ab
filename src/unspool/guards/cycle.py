"""`CycleGuard`: loops of any period.

How it works. Each channel of each choice stores the end of its text. Every 256 characters it searches for an
earlier copy of the last 32: the distance is a candidate for the period, and the length over which the text
equals itself at that distance is the length of the loop. Of several candidates the one with the longest
agreement wins. While the text continues at the same distance, one comparison per step is enough, and only a
counter grows. The same is done with the text in which every number is replaced by `0`, for loops that count.

A loop may have no period: a few sentences in changing order. For those, the guard counts the sentences since
the last new one.

What repeats isn't always a loop: rulers, padded tables, empty cells, arrays of zeros, numbered lists.
So a repetition counts only from a length that those don't reach; see `CycleGuard` for each
threshold and its reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import asdict
from inspect import signature
from typing import Any

from unspool.errors import RepetitionError
from unspool.guards.calls import CALL, Calls
from unspool.guards.lines import Lines
from unspool.guards.periods import Counting, Cycle
from unspool.guards.sentences import Sentences
from unspool.guards.thresholds import CHANNELS, SHOWN, Channel, Thresholds, check
from unspool.models import ModelResponseStream


class CycleGuard:
    """A loop guard for text that repeats itself with any period, however it's cut into chunks.

    A repetition is a loop when there are both enough consecutive copies and enough characters of it. The
    guard finds it at most a sixteenth of the longest period later: 256 characters unless the chunks are
    large.

    - *Exact* loops: `min_repeats` copies and `min_chars` characters. Sixteen, because a dozen equal
      blocks are common in good answers (placeholder cards, months, table rows); 2,000 characters,
      about 500 tokens, because short phrases repeat rightly (rows of `false`, a column of `N/A`).
    - *Padding*, which has fewer than three different letters in its period (spaces, `-----`, `| --- |`,
      `0, 0, 0`, `AAAA`), and *data*, which has the marks of tables, code and JSON in it: `padding_chars`
      characters, more, because tables, rulers and arrays of zeros are long. A JSON mode that only emits
      white space is still found.
    - *Counting* loops (`Step 12: retry`, `Step 13: retry`): `near_repeats` copies, which is LiteLLM's
      own default of 100, and four times `min_chars`, since good lists are numbered too; eight times, if
      they are data, since a hundred rows to insert, constants or hosts are ordinary generated code. Each
      number in them, decimal or hexadecimal, must count, that is change by the same step or one of two (a
      clock by 1 or by -59), so that rows of measurements are no loop.
    - Loops *without a period*, a few sentences of prose in changing order: `near_repeats` sentences and
      four times `min_chars` since the last new sentence, and `min_repeats` copies of each;
      twice as much, if numbers and random ids in them differ. Tables, logs, code and lists aren't prose.
    - The same *tool calls* over and over: `min_repeats` copies of the whole calls, names and arguments.
    - With a `similarity` below 1, lines and sentences of at least four words that differ in other
      words too: `near_repeats` copies of up to `max_period` lines.

    Memory is bounded by the longest period to find: the text of the last `max_period`
    chunks, but never less than 4,096 characters nor more than 65,536.

    `CycleGuard()` is meant to fit as it is. Set thresholds for what only the caller knows: shorter outputs
    (`min_chars`, `min_repeats`, as `unspool repro --repeats` does), outputs that are tables
    (`padding_chars`), lists (`near_repeats`), rephrased loops (`similarity`), a channel that may loop
    (`channels`), and memory (`max_period`).

    Args:
        max_period: the longest period, in chunks.
        min_repeats: how many copies make a loop, the first one included.
        min_chars: and how many characters, all copies together.
        padding_chars: how many, for padding and data.
        near_repeats: how many copies make a loop if they aren't quite equal.
        similarity: how much of their words two lines have in common to count as copies (Dice's
            coefficient). At 1.0 only numbers may differ.
        channels: where to look.

    Raises:
        ValueError: a threshold that nothing can reach, or an unknown channel.
    """

    def __init__(
        self,
        *,
        max_period: int = 64,
        min_repeats: int = 16,
        min_chars: int = 2_000,
        padding_chars: int = 4_000,
        near_repeats: int = 100,
        similarity: float = 1.0,
        channels: Collection[Channel] = CHANNELS,
    ) -> None:
        self._thresholds = Thresholds(
            max_period, min_repeats, min_chars, padding_chars, near_repeats, similarity
        )
        check(self._thresholds, channels)
        self._channels = tuple(channels)
        self._content = "content" in channels
        self._reasoning = "reasoning" in channels
        self._tool_calls = "tool_calls" in channels
        self._emitted = 0
        self._lanes: dict[tuple[str, int], _Lane] = {}

    def __repr__(self) -> str:
        options: dict[str, Any] = {**asdict(self._thresholds), "channels": self._channels}
        usual = signature(CycleGuard).parameters
        said = (f"{name}={value!r}" for name, value in options.items() if value != usual[name].default)
        return f"CycleGuard({', '.join(said)})"

    def fresh(self) -> CycleGuard:
        """Return a new guard with the same thresholds: each stream needs its own."""
        return CycleGuard(**asdict(self._thresholds), channels=self._channels)

    def feed(self, chunk: ModelResponseStream, /) -> Iterator[ModelResponseStream]:
        """Yield the same chunk, if it may be emitted.

        Raises:
            RepetitionError: it may not.
        """
        self.observe(chunk)
        yield chunk

    def flush(self) -> Iterator[ModelResponseStream]:
        """Yield nothing: a stream that has ended is no loop."""
        return iter(())

    def observe(self, chunk: ModelResponseStream) -> None:
        """Check a chunk that is about to be emitted: `feed` without the iterator's cost.

        Raises:
            RepetitionError: it must not be emitted.
        """
        at = self._emitted
        for choice in chunk.choices:
            delta = choice.delta
            if delta.content and self._content:
                self._lane("content", choice.index).hear(delta.content, at)
            extra = delta.__pydantic_extra__
            if extra:
                self._hear_extra(extra, choice.index, at)
            if (delta.tool_calls or delta.function_call) and self._tool_calls:
                lane = self._lane("tool_calls", choice.index)
                lane.hear(lane.calls.spell(delta), at)
        self._emitted = at + 1

    def _hear_extra(self, extra: dict[str, Any], index: int, at: int) -> None:
        if self._reasoning:
            reasoning = extra.get("reasoning_content") or _thoughts(extra.get("thinking_blocks"))
            self._lane("reasoning", index).hear(reasoning, at)
        if self._content and extra.get("refusal"):
            self._lane("content", index, "refusal").hear(extra["refusal"], at)

    def _lane(self, channel: Channel, index: int, name: str = "") -> _Lane:
        lane = self._lanes.get((name or channel, index))
        if lane is None:
            lane = self._lanes[name or channel, index] = _Lane(channel, self._thresholds)
        return lane


def _thoughts(blocks: Any) -> str:
    """Return the text of Anthropic's thinking blocks."""
    if not isinstance(blocks, list):
        return ""
    texts = [block.get("thinking") for block in blocks if isinstance(block, dict)]
    return "".join(text for text in texts if isinstance(text, str))


_LEAST_SPAN, _MOST_SPAN = 4_096, 65_536
"""The longest period in characters, at least and at most: chunks may be single letters or whole pages."""

_LOOKS_PER_SPAN = 16
"""The cost of a search grows with the span; at intervals of a fixed share of it, the cost per character is
constant."""


class _Lane:
    """One channel of one choice."""

    def __init__(self, channel: Channel, thresholds: Thresholds) -> None:
        self._channel = channel
        self._thresholds = thresholds
        self._pending: list[str] = []
        self._size = 0
        self._span = _LEAST_SPAN
        self._exact = Cycle()
        self._near = Counting()
        self._sentences = Sentences(thresholds)
        self._lines = None if thresholds.similarity == 1 else Lines(thresholds)
        self.calls = Calls()

    def hear(self, text: str | None, at: int) -> None:
        """Add the text of the chunk with the index `at`, if any."""
        if not text or not isinstance(text, str):
            return
        self._exact.mark(at, self._size)
        self._pending.append(text)
        self._size += len(text)
        if self._size >= self._span // _LOOKS_PER_SPAN:
            self._look(at)

    def _look(self, at: int) -> None:
        text = "".join(self._pending)
        self._pending.clear()
        self._size = 0
        self._exact.extend(text, self._span)
        self._span = min(max(self._exact.length_of(self._thresholds.max_period), _LEAST_SPAN), _MOST_SPAN)
        if self._is_loop(self._exact, self._thresholds.min_repeats):
            raise self._error(self._exact, at, "")
        self._near.count(text, self._exact.chunk_at(self._exact.length - len(text)), self._span)
        if self._is_counting_loop(self._near):
            raise self._error(self._near, at, ", but for their numbers (here 0)")
        if self._channel != "tool_calls":
            self._sentences.read(text, at, self._channel)
        if self._lines is not None:
            self._lines.read(text, at, self._channel)

    def _is_loop(self, cycle: Cycle, repeats: int) -> bool:
        run = cycle.run
        if run < repeats * cycle.period or not cycle.period:
            return False
        unit = cycle.unit()
        if self._channel == "tool_calls" and CALL in unit:
            return True
        is_common = _is_padding(unit) or _is_data(unit)
        return run >= (self._thresholds.padding_chars if is_common else self._thresholds.min_chars)

    def _is_counting_loop(self, cycle: Counting) -> bool:
        if not self._is_loop(cycle, self._thresholds.near_repeats):
            return False
        unit, needed = cycle.unit(), self._thresholds.counting_chars
        if self._channel == "tool_calls" and CALL in unit:
            needed = 0
        elif _is_padding(unit) or _is_data(unit):
            needed *= 2
        return cycle.run >= needed and cycle.counts()

    def _error(self, cycle: Cycle, at: int, but: str) -> RepetitionError:
        unit = cycle.unit().replace(CALL, "\n")
        chunks = max(1, round((at - cycle.first_chunk + 1) * cycle.period / cycle.run))
        count = cycle.run // cycle.period
        return RepetitionError(
            f"The model is repeating the same {cycle.period} characters = {unit[:SHOWN]}."
            f" They came {count} times in a row{but}, since chunk {cycle.first_chunk},"
            f" {chunks} chunk(s) each time, in the channel {self._channel!r}.",
            repeated=unit,
            period=chunks,
            count=count,
            first_chunk=cycle.first_chunk,
            channel=self._channel,
        )


_DATA = re.compile(r"[|{}\[\]()<>=;\"`\t_\\/]|,\S|\d-\d+-\d")


def _is_data(unit: str) -> bool:
    """Whether a text has the marks of a table, code, JSON or CSV."""
    return _DATA.search(unit) is not None


def _is_padding(unit: str) -> bool:
    return len({char for char in unit.casefold() if char.isalpha()}) < 3
