"""What a stream has told so far of each of its texts.

Some formats stream a text in pieces and then send the whole again, some of their servers only the whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable


class Told:
    """The pieces of each text; a text is named by whatever tells it from the others."""

    def __init__(self) -> None:
        self._pieces: defaultdict[Hashable, list[str]] = defaultdict(list)

    def __contains__(self, name: Hashable) -> bool:
        return any(self._pieces.get(name, ()))

    def add(self, name: Hashable, piece: str) -> str:
        """The piece itself, noted."""
        self._pieces[name].append(piece)
        return piece

    def rest(self, name: Hashable, whole: str) -> str:
        """What the whole text says beyond what was told; nothing if it begins differently."""
        told = "".join(self._pieces[name])
        return self.add(name, whole[len(told) :]) if whole.startswith(told) else ""
