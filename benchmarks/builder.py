"""`stream_chunk_builder`: the chunks that each library's wrapper gave, added up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.peers import libraries, load
from benchmarks.rounds import Contest, Prepared, timed
from benchmarks.streams import KINDS
from benchmarks.wrapper import MESSAGES, wrap


def contests(count: int) -> Iterator[Contest]:
    for kind in KINDS:
        sides = {name: partial(timed, prepare, name, kind, count) for name in libraries()}
        yield Contest(f"builder, {kind}", count, sides)


def prepare(name: str, kind: str, count: int) -> Prepared:
    chunks = list(wrap(name, kind, count))
    return partial(load(name).stream_chunk_builder, chunks, messages=MESSAGES)
