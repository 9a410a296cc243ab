"""`unspool recover`: add what killed recordings left behind to their cassettes."""

from __future__ import annotations

from pathlib import Path

from unspool.cassette.recovery import recover
from unspool.counts import counted


def recover_file(path: Path) -> str:
    """Add the leftovers of a cassette to it, and return a line about the result.

    Raises:
        CassetteError: a leftover is broken, or the cassette can't be read or written.
    """
    gained = recover(path)
    if gained == 0:
        return f"{path}: nothing to recover"
    return f"{path}: recovered {counted(gained, 'interaction')}"
