"""How much of a text has been emitted.

Some formats stream a text in pieces and then send the whole again, some of their servers only the whole. The
text itself isn't stored, since it may be endless: a length and a checksum tell it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from zlib import crc32

_SHORT = 16
"""Characters up to which a piece that equals all of the text so far is taken for a model's own repetition."""


class Told:
    """How much of each text has been emitted, by a key that identifies the text."""

    def __init__(self) -> None:
        self._texts: defaultdict[Hashable, RunningText] = defaultdict(RunningText)

    def __contains__(self, name: Hashable) -> bool:
        return name in self._texts and self._texts[name].length > 0

    def __getitem__(self, name: Hashable) -> RunningText:
        return self._texts[name]

    def add(self, name: Hashable, piece: str) -> str:
        """Note a piece, and return it."""
        return self._texts[name].add(piece)

    def rest(self, name: Hashable, whole: str) -> str:
        """Return the part of the whole text that hasn't been emitted; nothing if it begins differently."""
        text = self._texts[name]
        return text.add(whole[text.length :]) if text.begins(whole) else ""


class RunningText:
    """A text that arrives in pieces, and perhaps again: all of it, or in wholes of its parts.

    Attributes:
        length: in characters.
    """

    __slots__ = ("_pieces", "_series", "_sum", "length")

    def __init__(self) -> None:
        self.length = 0
        self._pieces = 0
        self._sum = 0
        self._series: dict[str, _Place] = {}

    def add(self, piece: str) -> str:
        """Note a piece, and return it."""
        if piece:
            self.length += len(piece)
            self._pieces += 1
            self._sum = crc32(_bytes(piece), self._sum)
        return piece

    def is_made_by(self, piece: str) -> bool:
        """Note a piece, unless it is all of the text again, and return whether it is."""
        length = len(piece)
        if length == self.length and self.is_repeated_by(piece):
            return True
        if length:  # as `add` does, which isn't called: this runs for every chunk of a chat
            self.length += length
            self._pieces += 1
            self._sum = crc32(piece.encode("utf-8", "surrogatepass"), self._sum)
        return False

    def says(self, text: str) -> bool:
        """Whether this is the whole text so far."""
        return len(text) == self.length and crc32(_bytes(text)) == self._sum

    def begins(self, whole: str) -> bool:
        """Whether the text so far is how this one begins."""
        return len(whole) >= self.length and self.says(whole[: self.length])

    def is_repeated_by(self, piece: str) -> bool:
        """Whether a piece is all of the text again, as some servers send it at the end."""
        return self._pieces > 1 and len(piece) > _SHORT and self.says(piece)

    def place_of(self, series: str) -> int:
        """Return the offset at which the next whole of a series begins."""
        place = self._series.get(series)
        return 0 if place is None else place.offset

    def repeats(self, series: str, part: int, whole: str) -> bool:
        """Whether a series sends its last whole again, with nothing between them."""
        place = self._series.get(series)
        if place is None or place.offset != self.length:
            return False
        return place.last == (part, len(whole), crc32(_bytes(whole)))

    def rest(self, series: str, part: int, whole: str) -> str:
        """Return the part of a whole that hasn't been emitted; nothing if it differs.

        Args:
            series: each has every part once, in order.
            part: the number of the part, of which only one thing is expected: to be the same if sent again.
            whole: the part's text.
        """
        place = self._series.get(series) or _Place(0, 0, None)
        emitted = self.length - place.offset
        compared = crc32(_bytes(whole[:emitted]), place.sum)
        last = part, len(whole), crc32(_bytes(whole))
        if len(whole) < emitted:  # the pieces of later parts have come already
            self._series[series] = _Place(place.offset + len(whole), compared, last)
            return ""
        rest = self.add(whole[emitted:]) if compared == self._sum else ""
        self._series[series] = _Place(self.length, self._sum, last)
        return rest


@dataclass(slots=True)
class _Place:
    """How far a series of wholes has come.

    Attributes:
        offset: the length of the text up to there, in characters.
        sum: the checksum of that text.
        last: the whole that it sent last: its part's number, its length and its checksum.
    """

    offset: int
    sum: int
    last: tuple[int, int, int] | None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
