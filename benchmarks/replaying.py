"""Replaying: opening a cassette, asking for a stream of 100 events, reading its lines and closing it.

And blocks that ask nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.clients import async_client, client, libraries, run
from benchmarks.recorders import cassette, recorders
from benchmarks.rounds import Contest, Prepared, timed
from benchmarks.server import REQUEST, events, serving

_EVENTS = 100
_STREAMS = 20  # in a round

Play = Callable[[str, str, str, Path], None]
"""Plays a round: the side, the library, the address, the cassette."""


def contests() -> Iterator[Contest]:
    with serving() as server, TemporaryDirectory() as folder:
        url = server + events(_EVENTS)
        for library in libraries():
            for how, play in (("sync", _play), ("async", _aplay)):
                sides = {
                    side: partial(timed, _prepare, play, side, library, url, Path(folder, f"{side}.yaml"))
                    for side in recorders()
                }
                yield Contest(f"replay, {_EVENTS} events, {library}, {how}", _STREAMS, sides, unit="ms")
        nowhere = Path(folder, "nothing.yaml")
        blocks = {side: partial(timed, _prepare_blocks, side, nowhere) for side in recorders()}
        yield Contest("a block that asks nothing", _STREAMS, blocks, unit="ms")


def _prepare_blocks(side: str, path: Path) -> Prepared:
    """Blocks of a cassette without a file, which write none."""
    client("httpx")  # so that all that is imported late is there
    with cassette(side, path, "all"):
        pass

    def enter() -> None:
        for _ in range(_STREAMS):
            with cassette(side, path, "all"):
                pass

    return enter


def _prepare(play: Play, side: str, library: str, url: str, path: Path) -> Prepared:
    if not path.exists():
        with cassette(side, path, "all"):
            _read(client(library), url)
    play(side, library, url, path)  # so that the clients are there
    return partial(play, side, library, url, path)


def _play(side: str, library: str, url: str, path: Path) -> None:
    sender = client(library)
    for _ in range(_STREAMS):
        with cassette(side, path, "none"):
            _read(sender, url)


def _read(sender: Any, url: str) -> None:
    with sender.stream("POST", url, json=REQUEST) as response:
        for _ in response.iter_lines():
            pass


def _aplay(side: str, library: str, url: str, path: Path) -> None:
    run(_aplayed(side, library, url, path))


async def _aplayed(side: str, library: str, url: str, path: Path) -> None:
    sender = async_client(library)
    for _ in range(_STREAMS):
        with cassette(side, path, "none"):
            async with sender.stream("POST", url, json=REQUEST) as response:
                async for _line in response.aiter_lines():
                    pass
