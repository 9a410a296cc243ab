"""The last that came of each stream, in a few lines: what stands in a failing test's report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from unspool import Cassette
from unspool.cassette.boundaries import pieces
from unspool.cassette.model import Interaction
from unspool.counts import counted
from unspool.streaming.core import KeptChunks

_STREAMS = 3
_PIECES = 3
_WIDTH = 160


def of_cassette(cassette: Cassette) -> Iterator[str]:
    """Of the last streams that were played, and of the last that were recorded."""
    for play in cassette.plays[-_STREAMS:]:
        whole = [data for _, data in pieces(play.interaction.response)]
        yield f"{_head(play.interaction)}: replayed from {cassette.name}, {_read(play.pieces, len(whole))}"
        yield from _last(whole[: play.pieces])
    for interaction in cassette.recorded[-_STREAMS:]:
        whole = [data for _, data in pieces(interaction.response)]
        yield f"{_head(interaction)}: recorded to {cassette.name}, {counted(len(whole), 'piece')}"
        yield from _last(whole)


def of_chunks(chunks: KeptChunks[Any], *, source: str) -> Iterator[str]:
    """Of a scripted stream: its last chunks, and where they came from."""
    yield f"a stream from {source}: {counted(chunks.total, 'chunk')} read"
    for chunk in chunks[-_PIECES:]:
        said = chunk.model_dump_json(include={"choices"}, exclude_none=True, warnings=False)
        yield f"  {_shortened(said)}"


def _read(count: int, recorded: int) -> str:
    """How much of an answer was read; a fault or an edit may make more pieces of it than were recorded."""
    if count > recorded:
        return f"{counted(count, 'piece')} read, {recorded} recorded"
    return f"{count} of {counted(recorded, 'piece')} read"


def _head(interaction: Interaction) -> str:
    return f"{interaction.request.method} {interaction.request.uri} -> {interaction.response.status}"


def _last(whole: Sequence[bytes]) -> Iterator[str]:
    if len(whole) > _PIECES:
        yield "  …"
    for data in whole[-_PIECES:]:
        yield f"  {_shortened(data.decode('utf-8', 'backslashreplace'))}"


def _shortened(text: str) -> str:
    line = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text.strip())
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH // 2]} … {line[-_WIDTH // 2 :]}"
