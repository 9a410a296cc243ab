"""How much of a text has been emitted.

Some formats stream a text in pieces and then send the whole again, some of their servers only the whole. The
text itself isn't stored, since it may be endless: a length and a checksum tell it again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from zlib import crc32

_SHORT = 16
"""Characters up to which a piece that equals all of the text so far is taken for a model's own repetition."""


class Told:
    """How much of each text has been emitted; a text is named by whatever tells it from the others."""

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
        """Return what the whole text has beyond what was emitted; nothing if it begins differently."""
        text = self._texts[name]
        return text.add(whole[text.length :]) if text.begins(whole) else ""


class Repetition:
    """Tell a piece that is all of a text again, as some servers send it at the end, from one that goes on."""

    __slots__ = ("_length", "_pieces", "_sum")

    def __init__(self) -> None:
        self._length = self._pieces = self._sum = 0

    def is_made_by(self, piece: str) -> bool:
        """Note a piece, and return whether it is all of the text before it."""
        data, length = piece.encode("utf-8", "surrogatepass"), len(piece)
        if length == self._length and self._pieces > 1 and length > _SHORT and crc32(data) == self._sum:
            return True
        self._length += length
        self._pieces += 1
        self._sum = crc32(data, self._sum)
        return False


class RunningText:
    """A text that arrives in pieces, and again in wholes of its parts.

    Attributes:
        length: in characters.
    """

    def __init__(self) -> None:
        self.length = 0
        self._pieces = 0
        self._sum = sha256()
        self._series: dict[str, _Place] = {}

    def add(self, piece: str) -> str:
        """Note a piece, and return it."""
        if piece:
            self.length += len(piece)
            self._pieces += 1
            self._sum.update(_bytes(piece))
        return piece

    def says(self, text: str) -> bool:
        """Whether this is the whole text so far."""
        return len(text) == self.length and _digest(text) == self._sum.digest()

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
        return place is not None and place.last == (part, _digest(whole)) and place.offset == self.length

    def rest(self, series: str, part: int, whole: str) -> str:
        """Return what a whole has beyond what was emitted; nothing if it says something else.

        Args:
            series: each has every part once, in order.
            part: the number of the part, of which only one thing is expected: to be the same if sent again.
            whole: the part's text.
        """
        place = self._series.get(series) or _Place(0, sha256(), None)
        emitted = self.length - place.offset
        compared = place.sum.copy()
        compared.update(_bytes(whole[:emitted]))
        if len(whole) < emitted:  # the pieces of later parts have come already
            self._series[series] = _Place(place.offset + len(whole), compared, (part, _digest(whole)))
            return ""
        rest = self.add(whole[emitted:]) if compared.digest() == self._sum.digest() else ""
        self._series[series] = _Place(self.length, self._sum.copy(), (part, _digest(whole)))
        return rest


@dataclass(slots=True)
class _Place:
    """How far a series of wholes has come: the text up to there, and the whole that it sent last."""

    offset: int
    sum: Any
    last: tuple[int, bytes] | None


def _digest(text: str) -> bytes:
    return sha256(_bytes(text)).digest()


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
