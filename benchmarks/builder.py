"""`stream_chunk_builder`: the chunks that each library's wrapper gave, added up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import ModuleType

from benchmarks.peers import libraries
from benchmarks.rounds import Contest, Prepared, Side, timed
from benchmarks.streams import KINDS
from benchmarks.wrapper import MESSAGES, wrap


def contests(count: int) -> Iterator[Contest]:
    for kind in KINDS:
        sides = {name: _side(library, kind, count) for name, library in libraries().items()}
        yield Contest(f"builder, {kind}", count, sides)


def _side(library: ModuleType, kind: str, count: int) -> Side:
    def prepare() -> Prepared:
        chunks = list(wrap(library, kind, count))
        return partial(library.stream_chunk_builder, chunks, messages=MESSAGES)

    return timed(prepare)
