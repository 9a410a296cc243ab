"""The cost of the network guard's audit hook, which stays in a process once a block was closed in it.

Opening a file raises an audit event, as do imports and most system calls. Each side has a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from os import devnull

from benchmarks.rounds import Contest, Prepared, timed

_OPENED = 2_000


def contests() -> Iterator[Contest]:
    sides = {side: partial(timed, _prepare, side) for side in ("without the hook", "with the hook")}
    yield Contest("the guard's audit hook: opening 2,000 files", 1, sides, unit="ms")


def _prepare(side: str) -> Prepared:
    if side == "with the hook":
        from unspool import block_network

        with block_network():
            pass

    def work() -> None:
        for _ in range(_OPENED):
            with open(devnull, "rb"):
                pass

    return work
