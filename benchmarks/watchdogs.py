"""How much real time a test takes whose watchdog catches a stall of a minute, by what the watchdog runs on.

Each side reads the same sixteen chunks on virtual time, a tenth of a second apart. The first side's stream
has no stall, so that the rest is what moving the time costs.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from benchmarks.rounds import Contest, Prepared, timed

if TYPE_CHECKING:
    from unspool import Cassette
    from unspool.faults import Fault

_URL = "https://api.openai.com/v1/chat/completions"
_ASK = {"model": "m", "messages": [], "stream": True}
_LIMIT = 5.0


def contests() -> Iterator[Contest]:
    for name in _WATCHDOGS:
        sides = {side: partial(timed, _prepare, name, side) for side in ("no stall", "a stall of 60 s")}
        yield Contest(f"a stall watchdog, {name}", 1, sides, unit="ms")


def _prepare(name: str, side: str) -> Prepared:
    from unspool import VirtualClock, use_cassette
    from unspool.faults import Stall

    fault: Fault | None = None if side == "no stall" else Stall(5, 60)
    cassette = _cassette()

    def watch() -> None:
        with use_cassette(cassette, timing="recorded", clock=VirtualClock(), fault=fault):
            caught = _WATCHDOGS[name]()
        if caught != (fault is not None):
            raise AssertionError(f"the watchdog {'fired' if caught else 'was silent'}")

    watch()  # what is imported and searched for once in a run isn't counted
    return watch


def _cassette() -> Cassette:
    from unspool import Cassette
    from unspool.cassette.model import Interaction, NetworkChunk, Request, Response, Timeline

    piece = b'data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n'
    chunks = tuple(NetworkChunk(len(piece), number / 10) for number in range(16))
    timeline = Timeline(chunks, headers_at=0.0, ended_at=1.5)
    headers = (("content-type", "text/event-stream"),)
    answer = Response(200, "OK", headers, piece * 16, timeline=timeline)
    return Cassette.of(
        [Interaction(Request("POST", _URL), answer)], match_on=["method"], allow_playback_repeats=True
    )


# Each returns whether it has fired


def _asyncio() -> bool:
    async def main() -> bool:
        pieces = _aread()
        while True:
            try:
                async with asyncio.timeout(_LIMIT):
                    await anext(pieces)
            except TimeoutError:
                return True
            except StopAsyncIteration:
                return False

    return asyncio.run(main())


def _trio() -> bool:
    import trio

    async def main() -> bool:
        pieces = _aread()
        while True:
            with trio.move_on_after(_LIMIT):
                try:
                    await anext(pieces)
                    continue
                except StopAsyncIteration:
                    return False
            return True

    return trio.run(main)


def _threads() -> bool:
    pieces: queue.Queue[bytes | None] = queue.Queue()

    def fill() -> None:
        for piece in _read():
            pieces.put(piece)
        pieces.put(None)

    reader = threading.Thread(target=fill, daemon=True)
    reader.start()
    try:
        while pieces.get(timeout=_LIMIT) is not None:
            pass
    except queue.Empty:
        return True
    return False


_WATCHDOGS: dict[str, Callable[[], bool]] = {"asyncio": _asyncio, "trio": _trio, "threads": _threads}


def _read() -> Iterator[bytes]:
    import httpx

    from unspool.transports.transport import InUseTransport

    client = httpx.Client(timeout=None, transport=InUseTransport())
    with client, client.stream("POST", _URL, json=_ASK) as response:
        yield from response.iter_raw()


async def _aread() -> AsyncIterator[bytes]:
    import httpx

    from unspool.transports.transport import InUseTransport

    client = httpx.AsyncClient(timeout=None, transport=InUseTransport())
    async with client, client.stream("POST", _URL, json=_ASK) as response:
        async for piece in response.aiter_raw():
            yield piece
