"""The period of a repetition at the end of a text, exact or except for its numbers."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator
from itertools import islice, pairwise

_GRAM = 32
"""How many of the last characters to search for: rare enough in prose, and found early enough."""

_TRIES = 8
"""How many candidates to compare in one search. Each agrees for longer than the one before, so few exist."""


class Cycle:
    """The period of a repetition at the end of a text, in characters.

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
        """The number of characters in all copies together."""
        return self._matched + self.period

    def unit(self) -> str:
        """Return one copy, from its beginning."""
        done = self._matched % self.period
        last = self._text[-self.period :]
        return last[self.period - done :] + last[: self.period - done]

    def mark(self, at: int, ahead: int) -> None:
        """Note that the chunk with the index `at` begins `ahead` characters after the text so far."""
        self._offsets.append(self.length + ahead)
        self._chunks.append(at)

    def extend(self, text: str, span: int) -> None:
        """Add text, and search for periods of up to `span` characters."""
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
        """Return the number of characters of the last chunks, at most this many."""
        return self.length - self._offsets[-min(chunks, len(self._offsets))]

    def _forget(self, kept: int) -> None:
        self._text = self._text[-kept:]
        gone = bisect_right(self._offsets, self.length - kept) - 1
        if gone > 0:
            del self._offsets[:gone], self._chunks[:gone]

    def chunk_at(self, offset: int) -> int:
        """Return the index of the chunk that contains this character."""
        return self._chunks[max(0, bisect_right(self._offsets, offset) - 1)]


def _longest_repeat(text: str, span: int) -> tuple[int, int]:
    """Return the distance at which the end of a text repeats, and the length of the agreement in characters.

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
    """Count the characters at the end that equal those `period` before; `known` of them are known to."""

    def differs(size: int) -> bool:
        return text[-size:] != text[-size - period : -period]

    most = len(text) - period
    low, high = known, min(2 * known, most)
    while high < most and not differs(high):
        low, high = high, min(2 * high, most)
    return low + bisect_left(range(low + 1, high + 1), x=True, key=differs)


_LONGEST_NUMBER = 36
_HEX = r"(?<![0-9A-Za-z])(?:0[xX][0-9A-Fa-f]{1,16}|(?=[A-Fa-f]*[0-9])[0-9A-Fa-f]{2,16})(?![0-9A-Za-z])"
_NUMBER = re.compile(f"{_HEX}|[0-9]{{1,18}}")
ID = re.compile(
    r"(?<![0-9A-Za-z])(?=[A-Za-z_-]*[0-9])[0-9A-Za-z]{8}(?:-[0-9A-Za-z]{4}){3}-[0-9A-Za-z]{12}(?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])(?=[A-Za-z]*[0-9])[0-9A-Za-z]{6,}(?![0-9A-Za-z])"
    f"|{_HEX}|[0-9]+"
)
"""The parts that may differ between copies: a number, decimal or hexadecimal, a UUID, a word of letters and
digits."""

_WORD_CHARS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_NUMBERS_KEPT = 1_024


class Counting(Cycle):
    """The period of a text with its numbers masked, and the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self._cut = ""  # a word at the end of the last text, which may continue in the next
        self._numbers: deque[str] = deque(maxlen=_NUMBERS_KEPT)

    def count(self, text: str, at: int, span: int) -> None:
        """Add text, which begins in the chunk with the index `at`."""
        text = self._cut + text
        head = text.rstrip(_WORD_CHARS)
        if len(text) - len(head) > _LONGEST_NUMBER:  # one word without an end: not worth the wait
            head = text
        self._cut = text[len(head) :]
        if head:
            self.mark(at, 0)
            self._numbers.extend(_NUMBER.findall(head))
            self.extend(_NUMBER.sub("0", head), span)

    def counts(self) -> bool:
        """Whether each number changes from copy to copy by one step, or by one of two."""
        columns = self.unit().count("0")
        known = min(len(self._numbers), columns * (self.run // self.period))
        if known < 3 * columns:
            return False
        start = len(self._numbers) - known
        return all(
            _counts(list(islice(self._numbers, start + column, None, columns))) for column in range(columns)
        )


def _counts(numbers: list[str]) -> bool:
    """Whether they change evenly, read as decimal or as hexadecimal numbers."""
    if all(map(str.isdecimal, numbers)) and _goes_on_evenly(map(int, numbers)):
        return True
    return _goes_on_evenly(int(number, 16) for number in numbers)


def _goes_on_evenly(numbers: Iterator[int]) -> bool:
    steps: set[int] = set()
    for before, number in pairwise(numbers):
        steps.add(number - before)
        if len(steps) > 2:
            return False
    return True
