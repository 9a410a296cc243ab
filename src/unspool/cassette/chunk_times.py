"""Sizes and times of a body's pieces as one line of text: `212@128.9 180@329.4 3*70@400.1`.

Each word is a size in bytes and the moment at which it came, in milliseconds since the request; `3*`
stands for three such pieces in a row. One line, because a reviewer reads the body and not these numbers,
and because vcrpy, which keeps this text when it writes a cassette anew, would give each number of a list
a line of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from unspool.cassette.model import NetworkChunk

_WORD = re.compile(r"(?:(\d{1,15})\*)?(\d{1,15})@(\d{1,12}(?:\.\d+)?)")
_MOST_CHUNKS = 10_000_000


def format_chunks(chunks: Iterable[NetworkChunk]) -> str:
    """The line of text; moments are rounded to a tenth of a millisecond."""
    return " ".join(_words(chunks))


def _words(chunks: Iterable[NetworkChunk]) -> Iterator[str]:
    for word, same in groupby(f"{chunk.size}@{format_ms(chunk.at)}" for chunk in chunks):
        count = sum(1 for _ in same)
        yield word if count == 1 else f"{count}*{word}"


def format_ms(seconds: float) -> str:
    """Milliseconds with at most one digit after the point."""
    return f"{seconds * 1000:.1f}".removesuffix(".0")


def round_ms(seconds: float) -> float:
    """The moment that a cassette will hold, so that what was recorded equals what is read back."""
    return round(seconds, 4)


def parse_chunks(text: str) -> tuple[NetworkChunk, ...]:
    """The pieces that a line of text speaks of, however it's wrapped.

    Raises:
        ValueError: a word isn't `size@ms` or `count*size@ms`.
    """
    return tuple(_parsed(text))


def _parsed(text: str) -> Iterator[NetworkChunk]:
    total = 0
    for word in text.split():
        match = _WORD.fullmatch(word)
        if match is None:
            raise ValueError(f"expected pieces such as 212@128.9 or 3*70@400.1, got {word[:40]!r}")
        count = int(match[1] or 1)
        total += count
        if total > _MOST_CHUNKS:  # a hostile file, whose few bytes would become gigabytes
            raise ValueError(f"expected at most {_MOST_CHUNKS:,} pieces, got more")
        chunk = NetworkChunk(int(match[2]), round(float(match[3]) / 1000, 4))
        yield from (chunk for _ in range(count))
