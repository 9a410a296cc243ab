"""Lines and sentences that are alike, for loops that change a word here and there."""

from __future__ import annotations

import re
from collections import deque

from unspool.errors import RepetitionError
from unspool.guards.thresholds import SHOWN, Channel, Thresholds

LINE_END = re.compile(r"\n+|(?<=[.!?…])\s+|(?<=[\u3002\uff01\uff1f])")  # the last three: CJK
_WORD = re.compile(r"\w+")
_LEAST_WORDS = 4
"""Shorter lines are no evidence: `else:`, `return None` and `| yes |` are alike everywhere."""

MOST_LINE = 1_000
"""The maximum length of a line in characters, so that a text without line ends is bounded too."""


class Lines:
    """Lines and sentences that are alike, for loops that change a word here and there."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._partial = ""
        self._words: deque[frozenset[str]] = deque(maxlen=thresholds.max_period)
        self._chunks: deque[int] = deque(maxlen=thresholds.max_period)
        self._runs = [0] * thresholds.max_period  # by period - 1: lines similar to the one that far back
        self._began = [0] * thresholds.max_period

    def read(self, text: str, at: int, channel: Channel) -> None:
        """Add text; `at` is the index of its last chunk."""
        *lines, self._partial = LINE_END.split(self._partial + text)
        if len(self._partial) > MOST_LINE:
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
                    f"The model is repeating itself with few changes, line by line = {line[:SHOWN]}."
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
