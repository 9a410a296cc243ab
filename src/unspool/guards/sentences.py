"""A few sentences again and again in changing order: a loop without a period."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict

from unspool.errors import RepetitionError
from unspool.guards.lines import LINE_END, MOST_LINE
from unspool.guards.periods import ID
from unspool.guards.thresholds import SHOWN, Channel, Thresholds

_REMEMBERED = 64
"""How many different sentences are stored: the latest ones."""

_PROSE_SHARE = 0.7
"""How much of a run must be prose, in characters. Tables, logs and code repeat lines legitimately."""

_LEAST_WORDS, _LEAST_CHARS = 5, 20
_MOST_IDS = 2
_WORD = re.compile(r"[^\W\d_]+")
_DATA = re.compile(r"[|{}\[\]()<>=;\"`\t_\\/]|^\W*\d|\d:\d|,\S")
"""Marks of text that isn't prose: of tables, code, JSON and CSV, a number in front, a time of day."""


class Sentences:
    """A count of the sentences since the last new one: exact, and except for their numbers and ids."""

    def __init__(self, thresholds: Thresholds) -> None:
        self._thresholds = thresholds
        self._partial = ""
        self._runs = (_Run(1), _Run(2))

    def read(self, text: str, at: int, channel: Channel) -> None:
        """Add text; `at` is the index of its last chunk.

        Raises:
            RepetitionError: there has been no new sentence for too long.
        """
        *sentences, self._partial = LINE_END.split(self._partial + text)
        if len(self._partial) > MOST_LINE:
            sentences.append(self._partial)
            self._partial = ""
        exact, near = self._runs
        for sentence in filter(None, map(str.strip, sentences)):
            without_ids, ids = ID.subn("0", sentence)
            is_prose = ids <= _MOST_IDS and _is_prose(sentence)
            exact.hear(sentence, len(sentence), at, is_prose=is_prose)
            near.hear(without_ids, len(sentence), at, is_prose=is_prose)
            for run in self._runs:
                if run.is_loop(self._thresholds):
                    raise run.error(sentence, at, channel)


def _is_prose(sentence: str) -> bool:
    if len(sentence) < _LEAST_CHARS and sentence.isascii():
        return False
    if _DATA.search(ID.sub("x", sentence, count=_MOST_IDS)):
        return False
    return len(set(_WORD.findall(sentence.casefold()))) >= _LEAST_WORDS or not sentence.isascii()


class _Run:
    """The sentences since the last new one.

    Args:
        factor: how many times as long a run must be to be a loop.
    """

    def __init__(self, factor: int) -> None:
        self._factor = factor
        self._known: OrderedDict[str, None] = OrderedDict()
        self._start(0)

    def _start(self, at: int) -> None:
        self._count = self._chars = self._prose = 0
        self._first_chunk = at
        self._different: Counter[str] = Counter()

    def hear(self, sentence: str, size: int, at: int, *, is_prose: bool) -> None:
        if sentence not in self._known:
            self._known[sentence] = None
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
            self._start(at)
            return
        self._known.move_to_end(sentence)
        self._different[sentence] += 1
        self._count += 1
        self._chars += size
        self._prose += size * is_prose

    def is_loop(self, thresholds: Thresholds) -> bool:
        return (
            self._count >= self._factor * thresholds.near_repeats
            and self._chars >= self._factor * thresholds.counting_chars
            and self._prose >= _PROSE_SHARE * self._chars
            and min(self._different.values()) >= thresholds.min_repeats
        )

    def error(self, sentence: str, at: int, channel: Channel) -> RepetitionError:
        but = ", but for numbers and ids" if self._factor > 1 else ""
        return RepetitionError(
            f"The model is repeating itself = {sentence[:SHOWN]}. The last {self._count} sentences were"
            f" {len(self._different)} different ones{but}, in changing order, since about chunk"
            f" {self._first_chunk}, in the channel {channel!r}.",
            repeated=sentence,
            period=max(1, round((at - self._first_chunk) * len(self._different) / self._count)),
            count=self._count // len(self._different),
            first_chunk=self._first_chunk,
            channel=channel,
        )
