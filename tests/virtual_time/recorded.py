"""A recorded stream for these tests, and the ways to read it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import httpx

from unspool import Cassette
from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline

URL = "https://api.openai.com/v1/chat/completions"
ASK = {"model": "m", "messages": [{"role": "user", "content": "Count."}], "stream": True}
PIECES = 16


def stream(*moments: float, pings: bool = False) -> Interaction:
    """An answer of chat chunks at these moments, or of pings and one chunk at the end."""
    texts = [": ping" if pings and at != moments[-1] else _chunk(number) for number, at in enumerate(moments)]
    pieces = [f"{text}\n\n".encode() for text in [*texts, "data: [DONE]"]]
    chunks = tuple(
        NetworkChunk(len(piece), at) for piece, at in zip(pieces, [*moments, moments[-1]], strict=True)
    )
    headers = (("content-type", "text/event-stream"),)
    timeline = Timeline(chunks, headers_at=0.0, ended_at=moments[-1])
    return Interaction(
        Request("POST", URL, body=json.dumps(ASK).encode()),
        Response(200, "OK", headers, b"".join(pieces), timeline=timeline),
    )


def _chunk(number: int) -> str:
    return (
        'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
        f'"delta":{{"content":"{number} "}},"finish_reason":null}}]}}'
    )


def steady() -> Cassette:
    """16 chunks, each a tenth of a second after the one before; played as often as it's asked for."""
    one = stream(*(number / 10 for number in range(PIECES)))
    return Cassette.of([one], match_on=["method"], allow_playback_repeats=True)


def read() -> Iterator[bytes]:
    """The pieces of the answer, read by a client without a timeout of its own."""
    with httpx.Client(timeout=None) as client, client.stream("POST", URL, json=ASK) as response:
        yield from response.iter_raw()


async def aread() -> AsyncIterator[bytes]:
    """As `read`."""
    async with httpx.AsyncClient(timeout=None) as client, client.stream("POST", URL, json=ASK) as response:
        async for piece in response.aiter_raw():
            yield piece
