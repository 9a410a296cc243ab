"""Memory: the most that a process held that records a stream of 100 MB and saves it, or replays it.

The stream comes in chunks of 10 kB; whoever reads it lets each go. `live` is the client alone.

And a stream without an end: the wrapper with both guards, and the account that a canned stream keeps of it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from benchmarks.clients import client
from benchmarks.recorders import LIVE, Mode, cassette, recorders
from benchmarks.rounds import Contest
from benchmarks.server import REQUEST, chunks, serving

_SIZE = 100_000_000
_CHUNK = 10_000
_AMOUNTS = (1_000_000, 10_000_000)
_STATUS = Path("/proc/self/status")


def contests() -> Iterator[Contest]:
    with serving() as server, TemporaryDirectory() as folder:
        for kind in ("text", "binary"):
            url = server + chunks(_SIZE // _CHUNK, _CHUNK, binary=kind == "binary")
            for what, measured in (("recorded and saved", _recording), ("replayed", _replaying)):
                sides = {
                    side: partial(measured, side, url, Path(folder, f"{side}-{kind}.yaml"))
                    for side in (*recorders(), LIVE)
                }
                yield Contest(f"memory, 100 MB {what}, {kind}", 1, sides, unit="MB", rounds=1)
    amounts = {f"{amount:,} chunks": partial(_endless, amount) for amount in _AMOUNTS}
    yield Contest("memory, a stream without an end", 1, amounts, unit="MB", rounds=1)


def _endless(amount: int) -> float:
    return _in_a_new_process("endless", str(amount))


def _recording(side: str, url: str, path: Path) -> float:
    return _in_a_new_process(side, "all", url, path)


def _replaying(side: str, url: str, path: Path) -> float:
    if not path.exists():
        _recording(side, url, path)
    return _in_a_new_process(side, "none", url, path)


def _in_a_new_process(*arguments: str | Path) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", *arguments],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return float(done.stdout)


def main(side: str, mode: Mode, url: str, path: str) -> None:
    """Read a stream; print how many bytes of memory it took, at the most."""
    read = 0
    with cassette(side, Path(path), mode), client("httpx").stream("POST", url, json=REQUEST) as response:
        for data in response.iter_bytes():
            read += len(data)
    if read != _SIZE:
        raise ValueError(f"expected {_SIZE:,} bytes, read {read:,}")
    print(_peak())


def read_on(amount: str) -> None:
    """Read so many chunks of a stream without an end; print as above."""
    from pytest_unspool.streams import open_stream
    from unspool import CycleGuard, VirtualClock

    options = {"repeat": 1, "provider": "openai", "clock": VirtualClock(), "limit": None}
    with open_stream(_words(), "m", cycle_guard=CycleGuard(), **options) as stream:
        for _ in islice(stream, int(amount)):
            pass
        if stream.pulled != int(amount):
            raise ValueError(f"expected {amount} chunks, pulled {stream.pulled:,}")
    print(_peak())


def _words() -> Iterator[str]:
    """Numbers by chance, which no guard takes for a loop."""
    random = Random(7)
    while True:
        yield f"{random.getrandbits(40):x} "


def _peak() -> int:
    """In bytes. Not by `getrusage` on Linux, which counts the process that this one was forked from."""
    if _STATUS.exists():
        return 1024 * next(int(line.split()[1]) for line in _STATUS.open() if line.startswith("VmHWM"))
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else 1024 * peak


if __name__ == "__main__":
    if sys.argv[1] == "endless":
        read_on(sys.argv[2])
    else:
        main(*sys.argv[1:])  # type: ignore[arg-type]  # words of `_in_a_new_process`
