"""The loop guards: they watch what a stream is about to emit, and stop it when the model repeats itself.

`RepetitionGuard` is LiteLLM's rule, to the chunk (contract, section a). It sees one loop only: the same
chunk again and again. `CycleGuard` finds the others: a phrase, a paragraph, a line that counts up, the
same tool call made once more, wherever the provider happens to cut its chunks.

How `CycleGuard` works. Each channel of each choice keeps the end of its text. For every 256 characters
that come it looks where the last 32 of them stood before: that distance is a candidate for the period,
and how far back the text agrees with itself at that distance says how long the loop has been going on.
Of several candidates the one with the longest agreement wins. As long as the text goes on at the same
distance, one comparison a step is enough, and only a counter grows. The same is done with the text in
which every number is replaced by `0`, for loops that count.

What repeats isn't always a loop: rulers, padded tables, empty cells, arrays of zeros, numbered lists.
So a repetition counts only from a length that such things don't reach; see `CycleGuard` for each
threshold and its reason.

Both guards keep a fixed amount of state per choice, and never change a chunk.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from types import EllipsisType
from typing import Final, Literal, get_args

from unspool.errors import RepetitionError
from unspool.models import ChatCompletionDeltaToolCall, CustomToolCallPayload, Delta, ModelResponseStream

Channel = Literal["content", "reasoning", "tool_calls"]
"""Where a loop may be: in the answer, in the reasoning, or in the names and arguments of tool calls."""

CHANNELS: Final[tuple[Channel, ...]] = get_args(Channel)

_SHOWN = 200
"""How many characters of what repeats go into a message; the error's `.repeated` has them all."""


class RepetitionGuard:
    """LiteLLM's loop guard: the same text, chunk after chunk, `limit` times.

    The rule, as measured on litellm 1.106.2. When a chunk comes that says something (text, a tool call,
    reasoning), the last two chunks *before* it are compared, so that the guard lags by one: exactly
    `limit` equal chunks are delivered, and whatever comes next raises, unless that is the finish or
    the usage chunk. Texts of one or two characters and chunks without text start the count anew; a
    chunk without choices leaves it as it is. A limit of 1 lets two chunks pass, then raises even if
    they differ.

    It differs from LiteLLM in two things. LiteLLM judges the choice that comes first in each chunk; this
    guard judges each choice on its own, which is the same where there is one. And LiteLLM also takes a
    usage chunk in mid-stream that it doesn't emit for a chunk without choices; this guard only sees what
    is emitted.

    Args:
        limit: how many equal chunks may pass, or a function that says so; it's asked at each comparison,
            so that LiteLLM's `REPEATED_STREAMING_CHUNK_LIMIT` can change in mid-stream.
    """

    def __init__(self, limit: int | Callable[[], int]) -> None:
        self._limit = limit
        self._emitted = 0
        self._voices: dict[int, _Voice] = {}

    def feed(self, chunk: ModelResponseStream, /) -> Iterator[ModelResponseStream]:
        """The same chunk, if it may be emitted.

        Raises:
            RepetitionError: it may not.
        """
        self.observe(chunk)
        yield chunk

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing: a stream that has ended is no loop."""
        return iter(())

    def observe(self, chunk: ModelResponseStream) -> None:
        """Take note of a chunk that is about to be emitted: `feed` without the iterator's cost.

        Raises:
            RepetitionError: it must not be emitted.
        """
        choices = chunk.choices
        for choice in choices:
            delta = choice.delta
            text = delta.content
            voice = self._voices.get(choice.index) or self._new_voice(choice.index)
            if text or _says_something(delta):
                self._judge(voice, choice.index)
            if text != voice.last:
                voice.since = self._emitted
            voice.before = voice.last
            voice.last = text
        if not choices:
            for voice in self._voices.values():
                voice.before, voice.last = voice.last, ...
        self._emitted += 1

    def _new_voice(self, index: int) -> _Voice:
        voice = self._voices[index] = _Voice()
        return voice

    def _judge(self, voice: _Voice, index: int) -> None:
        last, before = voice.last, voice.before
        if last is ... or before is ...:
            return
        if last is None or len(last) <= 2:
            voice.count = 1
            return
        voice.count = voice.count + 1 if last == before else 1
        limit = self._limit if isinstance(self._limit, int) else self._limit()
        if voice.count >= limit:
            raise _repeats_chunk(last, voice, index)


class _Voice:
    """What the guard remembers of one choice.

    Attributes:
        last: the text of its last chunk; `...` for a chunk without choices, and before the first one.
        before: the text of the chunk before that.
        count: how often the text came in a row, as far as it has been compared.
        since: the index of the chunk since which it has come.
    """

    __slots__ = ("before", "count", "last", "since")

    def __init__(self) -> None:
        self.last: str | EllipsisType | None = ...
        self.before: str | EllipsisType | None = ...
        self.count = 1
        self.since = 0


def _says_something(delta: Delta) -> bool:
    """Whether LiteLLM takes a delta without text for non-empty, which makes it compare."""
    extra = delta.__pydantic_extra__ or {}
    if extra.get("reasoning_content") is not None:
        return True
    if delta.tool_calls or delta.function_call is not None or delta.provider_specific_fields is not None:
        return True
    return extra.get("annotations") is not None or extra.get("reasoning_items") is not None


def _repeats_chunk(text: str, voice: _Voice, index: int) -> RepetitionError:
    times = "once" if voice.count == 1 else f"{voice.count} times in a row"
    whose = f" of choice {index}" if index else ""
    return RepetitionError(
        # LiteLLM's words first: programs look for them.
        f"The model is repeating the same chunk = {text}. It came {times}, since chunk {voice.since}{whose}.",
        repeated=text,
        period=1,
        count=voice.count,
        first_chunk=voice.since,
        channel="content",
    )


@dataclass(frozen=True, slots=True)
class _Thresholds:
    """The arguments of a `CycleGuard`."""

    max_period: int
    min_repeats: int
    min_chars: int
    padding_chars: int
    near_repeats: int
    similarity: float


class CycleGuard:
    """Finds a text that repeats itself, whatever its period and however it's cut into chunks.

    A repetition is a loop from the moment when there are both enough copies and enough characters of
    it, one copy right after the other. It is found at most a sixteenth of the longest period later,
    which is 256 characters unless the chunks are large.

    - *Exact* loops: `min_repeats` copies and `min_chars` characters. Sixteen, because a dozen equal
      blocks are common in good answers (placeholder cards, months, table rows); 2,000 characters,
      about 500 tokens, because short phrases repeat rightly (rows of `false`, a column of `N/A`).
    - *Padding*, which has fewer than three different letters in its period (spaces, `-----`, `| --- |`,
      `0, 0, 0`, `AAAA`): `padding_chars` characters, far more, because tables, rulers and arrays of
      zeros are long. A JSON mode that only emits white space is still found.
    - *Counting* loops (`Step 12: retry`, `Step 13: retry`): `near_repeats` copies, which is LiteLLM's
      own default of 100, since good lists are numbered too. Each number in them must count, that is
      go on by the same step or one of two (a clock goes on by 1 or back by 59), so that
      rows of data are no loop.
    - The same *tool calls* over and over: `min_repeats` copies of the whole calls, names and arguments.
    - With a `similarity` below 1, lines and sentences of at least four words that differ in other
      words too: `near_repeats` copies of up to `max_period` lines.

    Memory is bounded by the longest period that is looked for: the text of the last `max_period`
    chunks, but never less than 4,096 characters nor more than 65,536.

    Args:
        max_period: the longest period, in chunks.
        min_repeats: how many copies make a loop, the first one included.
        min_chars: and how many characters, all copies together.
        padding_chars: how many, if it's little more than padding.
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
        self._thresholds = _Thresholds(
            max_period, min_repeats, min_chars, padding_chars, near_repeats, similarity
        )
        _check(self._thresholds, channels)
        self._content = "content" in channels
        self._reasoning = "reasoning" in channels
        self._tool_calls = "tool_calls" in channels
        self._emitted = 0
        self._lanes: dict[tuple[Channel, int], _Lane] = {}

    def feed(self, chunk: ModelResponseStream, /) -> Iterator[ModelResponseStream]:
        """The same chunk, if it may be emitted.

        Raises:
            RepetitionError: it may not.
        """
        self.observe(chunk)
        yield chunk

    def flush(self) -> Iterator[ModelResponseStream]:
        """Nothing: a stream that has ended is no loop."""
        return iter(())

    def observe(self, chunk: ModelResponseStream) -> None:
        """Take note of a chunk that is about to be emitted: `feed` without the iterator's cost.

        Raises:
            RepetitionError: it must not be emitted.
        """
        at = self._emitted
        for choice in chunk.choices:
            delta = choice.delta
            if delta.content and self._content:
                self._lane("content", choice.index).hear(delta.content, at)
            extra = delta.__pydantic_extra__
            if extra and self._reasoning:
                self._lane("reasoning", choice.index).hear(extra.get("reasoning_content"), at)
            if (delta.tool_calls or delta.function_call) and self._tool_calls:
                lane = self._lane("tool_calls", choice.index)
                lane.hear(lane.calls.spell(delta), at)
        self._emitted = at + 1

    def _lane(self, channel: Channel, index: int) -> _Lane:
        lane = self._lanes.get((channel, index))
        if lane is None:
            lane = self._lanes[channel, index] = _Lane(channel, self._thresholds)
        return lane


def _check(thresholds: _Thresholds, channels: Collection[str]) -> None:
    for name in ("max_period", "min_chars", "padding_chars"):
        if getattr(thresholds, name) < 1:
            raise ValueError(f"expected {name} >= 1, got {getattr(thresholds, name)!r}")
    for name in ("min_repeats", "near_repeats"):
        if getattr(thresholds, name) < 2:
            raise ValueError(f"expected {name} >= 2, got {getattr(thresholds, name)!r}: one copy is no loop")
    if not 0 < thresholds.similarity <= 1:
        raise ValueError(f"expected 0 < similarity <= 1, got {thresholds.similarity!r}")
    unknown = set(channels) - set(CHANNELS)
    if unknown:
        raise ValueError(f"unknown channels {sorted(unknown)!r}: expected some of {', '.join(CHANNELS)}")


_LEAST_SPAN, _MOST_SPAN = 4_096, 65_536
"""The longest period in characters, at least and at most: chunks may be single letters or whole pages."""

_LOOKS_PER_SPAN = 16
"""A look costs as much as the span is long; at a fixed share of it, each character costs the same."""


class _Lane:
    """One channel of one choice."""

    def __init__(self, channel: Channel, thresholds: _Thresholds) -> None:
        self._channel = channel
        self._thresholds = thresholds
        self._pending: list[str] = []
        self._size = 0
        self._span = _LEAST_SPAN
        self._exact = _Cycle()
        self._near = _Counting()
        self._lines = None if thresholds.similarity == 1 else _Lines(thresholds)
        self.calls = _Calls()

    def hear(self, text: str | None, at: int) -> None:
        """Take in what the chunk with the index `at` says, if anything."""
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
        if self._is_loop(self._near, self._thresholds.near_repeats) and self._near.counts():
            raise self._error(self._near, at, ", but for their numbers (here 0)")
        if self._lines is not None:
            self._lines.read(text, at, self._channel)

    def _is_loop(self, cycle: _Cycle, repeats: int) -> bool:
        run = cycle.run
        if run < repeats * cycle.period or not cycle.period:
            return False
        unit = cycle.unit()
        if self._channel == "tool_calls" and _CALL in unit:
            return True
        return run >= (self._thresholds.padding_chars if _is_padding(unit) else self._thresholds.min_chars)

    def _error(self, cycle: _Cycle, at: int, but: str) -> RepetitionError:
        unit = cycle.unit().replace(_CALL, "\n")
        chunks = max(1, round((at - cycle.first_chunk + 1) * cycle.period / cycle.run))
        count = cycle.run // cycle.period
        return RepetitionError(
            f"The model is repeating the same {cycle.period} characters = {unit[:_SHOWN]}."
            f" They came {count} times in a row{but}, since chunk {cycle.first_chunk},"
            f" {chunks} chunk(s) each time, in the channel {self._channel!r}.",
            repeated=unit,
            period=chunks,
            count=count,
            first_chunk=cycle.first_chunk,
            channel=self._channel,
        )


def _is_padding(unit: str) -> bool:
    return len({char for char in unit.casefold() if char.isalpha()}) < 3


_GRAM = 32
"""How many of the last characters are searched for: rare enough in prose, and found early enough."""

_TRIES = 8
"""How many candidates are weighed in one look. Each agrees for longer than the one before, so few exist."""


class _Cycle:
    """The period at which a text repeats itself at its end, in characters, if it does.

    Attributes:
        period: 0 if there is none.
        length: how many characters there have been.
        first_chunk: the index of the chunk where the first copy began.
    """

    def __init__(self) -> None:
        self._text = ""
        self.length = 0
        self._offsets: list[int] = []  # where each chunk began,
        self._chunks: list[int] = []  # and its index
        self._matched = 0
        self.period = 0
        self.first_chunk = 0

    @property
    def run(self) -> int:
        """How many characters the copies have, all together."""
        return self._matched + self.period

    def unit(self) -> str:
        """One copy, from its beginning."""
        done = self._matched % self.period
        last = self._text[-self.period :]
        return last[self.period - done :] + last[: self.period - done]

    def mark(self, at: int, ahead: int) -> None:
        """The chunk with the index `at` begins `ahead` characters after what has been taken in."""
        self._offsets.append(self.length + ahead)
        self._chunks.append(at)

    def extend(self, text: str, span: int) -> None:
        """Take in more text, and look for periods of up to `span` characters."""
        size, period = len(text), self.period
        if len(self._text) > 4 * span:
            self._forget(2 * span)
        self._text = whole = self._text + text
        self.length += size
        if period and whole[-size:] == whole[-size - period : -period]:
            self._matched += size
            return
        self.period, self._matched = _longest_repeat(whole, span)
        if self.period:
            self.first_chunk = self.chunk_at(self.length - self.run)

    def length_of(self, chunks: int) -> int:
        """How many characters the last chunks have; so many of them at most."""
        return self.length - self._offsets[-min(chunks, len(self._offsets))]

    def _forget(self, kept: int) -> None:
        self._text = self._text[-kept:]
        gone = bisect_right(self._offsets, self.length - kept) - 1
        if gone > 0:
            del self._offsets[:gone], self._chunks[:gone]

    def chunk_at(self, offset: int) -> int:
        """The index of the chunk which that character came in."""
        return self._chunks[max(0, bisect_right(self._offsets, offset) - 1)]


def _longest_repeat(text: str, span: int) -> tuple[int, int]:
    """The distance at which the end of a text agrees with what stood before, and for how many characters.

    Of all distances up to `span` the one with the longest agreement: a loop may have smaller
    repetitions inside. (0, 0) if even the last 32 characters are new.
    """
    best = (0, 0)
    wanted, end = _GRAM, len(text) - 1
    for _ in range(_TRIES):
        found = text.rfind(text[-wanted:], max(0, len(text) - wanted - span), end)
        if found < 0:
            break
        period = len(text) - wanted - found
        matched = _agreement(text, period, wanted)
        best = (period, matched)
        wanted, end = matched + 1, len(text) - period - 1
    return best


def _agreement(text: str, period: int, known: int) -> int:
    """How many characters at the end equal those `period` before; `known` of them are known to."""

    def differs(size: int) -> bool:
        return text[-size:] != text[-size - period : -period]

    most = len(text) - period
    low, high = known, min(2 * known, most)
    while high < most and not differs(high):
        low, high = high, min(2 * high, most)
    return low + bisect_left(range(low + 1, high + 1), x=True, key=differs)


_LONGEST_NUMBER = 18
_NUMBER = re.compile(f"[0-9]{{1,{_LONGEST_NUMBER}}}")
_DIGITS = "0123456789"
_NUMBERS_KEPT = 1_024


class _Counting(_Cycle):
    """The period of a text in which all numbers are alike, and the numbers that it had."""

    def __init__(self) -> None:
        super().__init__()
        self._cut = ""  # digits at the end of the last text: there may be more of them in the next
        self._numbers: deque[int] = deque(maxlen=_NUMBERS_KEPT)

    def count(self, text: str, at: int, span: int) -> None:
        """Take in more text, which begins in the chunk with the index `at`."""
        text = self._cut + text
        head = text.rstrip(_DIGITS)
        if len(text) - len(head) > _LONGEST_NUMBER:  # nothing but digits: not worth the wait
            head = text
        self._cut = text[len(head) :]
        if head:
            self.mark(at, 0)
            self._numbers.extend(map(int, _NUMBER.findall(head)))
            self.extend(_NUMBER.sub("0", head), span)

    def counts(self) -> bool:
        """Whether each number goes on from copy to copy by one step, or by one of two."""
        columns = self.unit().count("0")
        known = min(len(self._numbers), columns * (self.run // self.period))
        if known < 3 * columns:
            return False
        start = len(self._numbers) - known
        return all(
            _goes_on_evenly(islice(self._numbers, start + column, None, columns)) for column in range(columns)
        )


def _goes_on_evenly(numbers: Iterator[int]) -> bool:
    steps: set[int] = set()
    for before, number in pairwise(numbers):
        steps.add(number - before)
        if len(steps) > 2:
            return False
    return True


_CALL = "\x1e"
"""Stands before each tool call in the text of the channel: what has it in its period repeats whole calls."""


class _Calls:
    """Spells tool calls as text: each call's name, then its arguments as they come."""

    def __init__(self) -> None:
        self._index: int | None = None
        self._id: str | None = None

    def spell(self, delta: Delta) -> str:
        text = "".join(map(self._fragment, delta.tool_calls or ()))
        function = delta.function_call
        return f"{text}{function.name or ''}{function.arguments}" if function is not None else text

    def _fragment(self, call: ChatCompletionDeltaToolCall) -> str:
        name, said = _name_and_input(call)
        return f"{_CALL}{name} {said}" if name and self._is_new(call) else said

    def _is_new(self, call: ChatCompletionDeltaToolCall) -> bool:
        # Not by the name alone: some servers repeat it with every fragment.
        new = call.index != self._index or (call.id is not None and call.id != self._id)
        self._index = call.index
        self._id = call.id if call.id is not None else self._id
        return new


def _name_and_input(call: ChatCompletionDeltaToolCall) -> tuple[str | None, str]:
    if call.function is not None:
        return call.function.name, call.function.arguments
    custom: CustomToolCallPayload | None = call.get("custom")
    return (None, "") if custom is None else (custom.name, custom.input)


_LINE_END = re.compile(r"\n+|(?<=[.!?…])\s+|(?<=[\u3002\uff01\uff1f])")  # the last three: CJK
_WORD = re.compile(r"\w+")
_LEAST_WORDS = 4
"""Shorter lines say too little: `else:`, `return None` and `| yes |` are alike everywhere."""

_MOST_LINE = 1_000
"""Characters after which a line is taken as it is, so that a text without any end is bounded too."""


class _Lines:
    """Lines and sentences that are alike, for loops that change a word here and there."""

    def __init__(self, thresholds: _Thresholds) -> None:
        self._thresholds = thresholds
        self._partial = ""
        self._words: deque[frozenset[str]] = deque(maxlen=thresholds.max_period)
        self._chunks: deque[int] = deque(maxlen=thresholds.max_period)
        self._runs = [0] * thresholds.max_period  # by period - 1: lines that are like the one that far back
        self._began = [0] * thresholds.max_period

    def read(self, text: str, at: int, channel: Channel) -> None:
        """Take in more text, of which the chunk with the index `at` is the last."""
        *lines, self._partial = _LINE_END.split(self._partial + text)
        if len(self._partial) > _MOST_LINE:
            lines.append(self._partial)
            self._partial = ""
        for line in lines:
            words = frozenset(_WORD.findall(line.casefold()))
            if len(words) >= _LEAST_WORDS:
                self._compare(words, at)
                self._judge(line, at, channel)

    def _compare(self, words: frozenset[str], at: int) -> None:
        for place, earlier in enumerate(self._words):
            if not _are_alike(words, earlier, self._thresholds.similarity):
                self._runs[place] = 0
                continue
            if not self._runs[place]:
                self._began[place] = self._chunks[place]
            self._runs[place] += 1
        self._words.appendleft(words)
        self._chunks.appendleft(at)

    def _judge(self, line: str, at: int, channel: Channel) -> None:
        for place, run in enumerate(self._runs):
            count = run // (place + 1) + 1
            if count >= self._thresholds.near_repeats:
                first = self._began[place]
                raise RepetitionError(
                    f"The model is repeating itself with few changes, line by line = {line[:_SHOWN]}."
                    f" It came {count} times, every {place + 1} line(s), since about chunk {first},"
                    f" in the channel {channel!r}.",
                    repeated=line,
                    period=max(1, round((at - first) / count)),
                    count=count,
                    first_chunk=first,
                    channel=channel,
                )


def _are_alike(one: frozenset[str], other: frozenset[str], similarity: float) -> bool:
    return 2 * len(one & other) >= similarity * (len(one) + len(other))
