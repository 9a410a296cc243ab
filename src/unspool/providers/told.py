"""What a stream has told so far of each of its texts.

Some formats stream a text in pieces and then send the whole again, some of their servers only the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from hashlib import sha256
from typing import Any


class Told:
    """How much of each text has been told; a text is named by whatever tells it from the others.

    The text itself isn't kept, since it may be endless: its length and its checksum tell it again.
    """

    def __init__(self) -> None:
        self._lengths: defaultdict[Hashable, int] = defaultdict(int)
        self._sums: defaultdict[Hashable, Any] = defaultdict(sha256)

    def __contains__(self, name: Hashable) -> bool:
        return self._lengths.get(name, 0) > 0

    def add(self, name: Hashable, piece: str) -> str:
        """The piece itself, noted."""
        self._lengths[name] += len(piece)
        self._sums[name].update(_bytes(piece))
        return piece

    def rest(self, name: Hashable, whole: str) -> str:
        """What the whole text says beyond what was told; nothing if it begins differently."""
        length = self._lengths[name]
        is_the_same = sha256(_bytes(whole[:length])).digest() == self._sums[name].digest()
        return self.add(name, whole[length:]) if is_the_same else ""


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
