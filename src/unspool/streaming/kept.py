"""The chunks that a stream has given: all of them, unless there's no end to them."""

from __future__ import annotations

from typing import Any, TypeVar

FIRST_KEPT = 150_000
"""How many chunks are kept from a stream's beginning. The longest answers have 128,000 tokens."""

LATEST_KEPT = 1_000
"""How many of the latest are kept beside these, at least: the finish reason and the usage are there."""


Chunk = TypeVar("Chunk")


class KeptChunks(list[Chunk]):
    """A list that is appended to for ever, in constant memory.

    Beyond `FIRST_KEPT` chunks it holds the first ones and the latest. What is built of them has all text
    up to there, and the end.

    Attributes:
        total: how many chunks there have been.
    """

    def __init__(self) -> None:
        super().__init__()
        self.total = 0

    def append(self, chunk: Chunk) -> None:
        super().append(chunk)
        self.total += 1
        if len(self) >= FIRST_KEPT + 2 * LATEST_KEPT:
            del self[FIRST_KEPT:-LATEST_KEPT]

    @property
    def are_first(self) -> bool:
        """Whether the next chunk is one of the first, all of which are kept."""
        return self.total < FIRST_KEPT

    @property
    def latest(self) -> list[Chunk]:
        """The kept chunks after the first ones."""
        return self[FIRST_KEPT:]

    def __reduce__(self) -> tuple[Any, ...]:
        return _kept, (list(self), self.total)

    def copy(self) -> KeptChunks[Chunk]:
        """The same chunks in another list, with the same total."""
        return _kept(list(self), self.total)


def _kept(chunks: list[Chunk], total: int) -> KeptChunks[Chunk]:
    kept: KeptChunks[Chunk] = KeptChunks()
    kept.extend(chunks)
    kept.total = total
    return kept
