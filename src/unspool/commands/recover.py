"""`unspool recover`: what killed recordings have left behind, brought into their cassettes."""

from __future__ import annotations

from pathlib import Path

from unspool.cassette.recovery import recover
from unspool.counts import counted


def recover_file(path: Path) -> str:
    """Bring the leftovers of a cassette into it, and say in a line what came of it.

    Raises:
        CassetteError: a leftover is broken, or the cassette can't be read or written.
    """
    gained = recover(path)
    if gained == 0:
        return f"{path}: nothing to recover"
    return f"{path}: recovered {counted(gained, 'interaction')}"
