"""Recording: when the first chunk comes, and when all is read and saved, beside a client without us.

The server's first event takes 20 ms, as that of a very quick model would, and each of the others as long
again. A stream without gaps is measured too: it shows what recording costs by itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from benchmarks.clients import async_client, client, libraries, run
from benchmarks.recorders import LIVE, cassette, recorders
from benchmarks.rounds import Contest
from benchmarks.server import REQUEST, events, serving

_STREAMS = 3  # in a round


class Times(NamedTuple):
    """What one stream took, in seconds: to its first chunk, and to its cassette's saving."""

    first: float
    whole: float


Record = Callable[[str, str, str, Path], Times]
"""Records one stream: the side, the library, the address, the cassette."""


def contests() -> Iterator[Contest]:
    with serving() as server:
        slow, fast = server + events(10, gap=0.02), server + events(1_000)
        for library in libraries():
            for how, record in (("sync", _record), ("async", _arecord)):
                name = f"{library}, {how}"
                yield _contest(f"first chunk, {name}", partial(_first, record, library, slow))
                yield _contest(f"read and saved, {name}", partial(_whole, record, library, slow))
        for how, record in (("sync", _record), ("async", _arecord)):
            yield _contest(f"1,000 chunks at once, httpx, {how}", partial(_whole, record, "httpx", fast))


def _contest(what: str, measured: Callable[[str], float]) -> Contest:
    sides = {side: partial(measured, side) for side in (LIVE, *recorders())}
    return Contest(f"recording, {what}", _STREAMS, sides, unit="ms")


def _first(record: Record, library: str, url: str, side: str) -> float:
    return sum(times.first for times in _streams(record, library, url, side))


def _whole(record: Record, library: str, url: str, side: str) -> float:
    return sum(times.whole for times in _streams(record, library, url, side))


def _streams(record: Record, library: str, url: str, side: str) -> Iterator[Times]:
    with TemporaryDirectory() as folder:
        for number in range(_STREAMS):
            yield record(side, library, url, Path(folder, f"{number}.yaml"))


def _record(side: str, library: str, url: str, path: Path) -> Times:
    sender = client(library)
    started = time.perf_counter()
    with cassette(side, path, "all"):
        asked = time.perf_counter()
        with sender.stream("POST", url, json=REQUEST) as response:
            chunks = response.iter_bytes()
            next(chunks)
            first = time.perf_counter()
            for _ in chunks:
                pass
    return Times(first - asked, time.perf_counter() - started)


def _arecord(side: str, library: str, url: str, path: Path) -> Times:
    return run(_arecorded(side, library, url, path))


async def _arecorded(side: str, library: str, url: str, path: Path) -> Times:
    sender = async_client(library)
    started = time.perf_counter()
    with cassette(side, path, "all"):
        asked = time.perf_counter()
        async with sender.stream("POST", url, json=REQUEST) as response:
            chunks = response.aiter_bytes()
            await anext(chunks)
            first = time.perf_counter()
            async for _ in chunks:
                pass
    return Times(first - asked, time.perf_counter() - started)
