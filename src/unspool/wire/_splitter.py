"""What all splitters share: bytes to the pieces that hold one event each, with nothing changed or lost."""

from __future__ import annotations

from collections.abc import Iterator


class Splitter:
    """Bytes to pieces, each with one event and all that belongs to it: separators, comments, white space.

    The pieces are the input again when they are joined. `flush` gives what has no end yet.
    """

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes, /) -> Iterator[bytes]:
        """The pieces that this read completes."""
        self._held += data
        while end := self._piece_end():
            yield self._take(end)

    def flush(self) -> Iterator[bytes]:
        """Return the rest as one piece."""
        if self._held:
            yield self._take(len(self._held))

    def _take(self, end: int) -> bytes:
        piece = bytes(self._held[:end])
        del self._held[:end]
        return piece

    def _piece_end(self) -> int:
        """Where the first of the pieces held ends; 0 if it isn't all there."""
        raise NotImplementedError
