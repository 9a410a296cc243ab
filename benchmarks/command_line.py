"""The command line: how long it takes to start, and to check 10,000 cassettes; what that holds in memory."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.rounds import Contest
from unspool.samples import sample_names, sample_path

_MANY = 10_000
_AMOUNTS = (1_000, _MANY)
_ON_ALL_CORES = (
    "import os, sys; os.sched_setaffinity(0, range(os.cpu_count()));"
    "from unspool.cli import main; sys.exit(main(sys.argv[1:]))"
)
"""Sides stay on one processor otherwise."""


def contests() -> Iterator[Contest]:
    sides = {
        "python -c pass": partial(_run, "-c", "pass"),
        "unspool --help": partial(_run, "-m", "unspool", "--help"),
        "unspool show FILE": partial(_run, "-m", "unspool", "show", str(sample_path("openai/text"))),
    }
    yield Contest("command line, start", 1, sides, unit="ms")
    with TemporaryDirectory() as folder:
        _fill(Path(folder), _MANY)
        check = partial(_run, "-c", _ON_ALL_CORES, "check", folder, "--jobs")
        jobs = {"one process": partial(check, "1"), "a process a core": partial(check, str(os.cpu_count()))}
        yield Contest(f"command line, check of {_MANY:,}, each", _MANY, jobs, unit="ms", rounds=1)


def memory_contests() -> Iterator[Contest]:
    """What the checking process held at most."""
    with TemporaryDirectory() as folder:
        for amount in _AMOUNTS:
            _fill(Path(folder, str(amount)), amount)
        sides = {f"{amount:,}": partial(_memory, Path(folder, str(amount))) for amount in _AMOUNTS}
        yield Contest("memory, check of cassettes", 1, sides, unit="MB", rounds=1)


def _fill(folder: Path, amount: int) -> None:
    for number, name in enumerate(islice(cycle(sample_names()), amount)):
        into = folder / str(number % 100)
        into.mkdir(parents=True, exist_ok=True)
        shutil.copy(sample_path(name), into / f"{number}.yaml")


def _run(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def _memory(folder: Path) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.command_line", str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    from unspool.cli import main

    assert main(["check", sys.argv[1], "--jobs", "1"]) == 0
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
