"""What must hold of any cassette, however broken: it's read or refused, and what is written is read again."""

from __future__ import annotations

from random import Random

from tests.fuzz import mutations

from unspool.cassette.content_coding import decoded
from unspool.cassette.file_format import Document, dumps, loads
from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline
from unspool.commands.show import stream, table
from unspool.errors import CassetteError
from unspool.reading.loops import find_loop

_ENCODINGS = ("gzip", "deflate", "br", "zstd", "identity", "gzip, gzip", "morse", "")


def check_cassette(pieces: list[bytes], random: Random, other: bytes) -> None:
    """Write a recording of these pieces, read it, show it; then break the file.

    Raises:
        AssertionError: it isn't the same any more.
        Exception: somebody else's.
    """
    recorded = _recorded(pieces, random)
    data = dumps(Document((recorded,), {}))
    assert loads(data, name="it").interactions == (recorded,)
    _read(recorded)
    for _ in range(random.randint(1, 3)):
        data = random.choice(mutations.BYTES)(data, random, other)
    try:
        document = loads(data, name="it")
    except CassetteError:
        return
    for interaction in document.interactions:
        _read(interaction)


def _recorded(pieces: list[bytes], random: Random) -> Interaction:
    times = sorted(round(random.random(), 4) for _ in pieces)
    arrived = tuple(NetworkChunk(len(piece), at) for piece, at in zip(pieces, times, strict=True))
    timeline = random.choice([Timeline(arrived, 0.0), None])
    # Without times a cassette is a plain one of vcrpy's, whose bodies are decoded.
    encoded = (("content-encoding", random.choice(_ENCODINGS)),) if timeline else ()
    headers = (("content-type", "text/event-stream"), *encoded)
    return Interaction(
        Request("POST", "https://models.invalid/v1", (), b"{}"),
        Response(200, "OK", headers, b"".join(pieces), timeline),
    )


def _read(interaction: Interaction) -> None:
    assert list(table([interaction], width=80))
    assert list(stream([interaction], 0, width=80))
    find_loop([interaction])
    try:
        decoded(interaction.response)
    except CassetteError:
        return
