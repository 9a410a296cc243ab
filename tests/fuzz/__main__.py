"""The fuzzer: `python -m tests.fuzz FOLDER --minutes 30`, or `--seed 7` for one case again."""

from __future__ import annotations

import argparse
import faulthandler
import resource
import sys
import time
import traceback
from functools import partial
from itertools import count
from pathlib import Path

from tests.conformance.corpus import RecordedStream, read_corpus, read_samples
from tests.fuzz.cases import Case

say = partial(print, flush=True)

PATIENCE = 120
"""Seconds after which a case counts as hanging, and everything stops."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, help="recorded streams; by default the samples")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="this case only")
    options = parser.parse_args()
    streams = read_corpus(options.folder) if options.folder else read_samples()
    if options.seed is not None:
        Case(options.seed).run(streams)
        return 0
    return fuzz(streams, options.minutes, options.start)


def fuzz(streams: list[RecordedStream], minutes: float, start: int, most: int | None = None) -> int:
    """Run cases until the time is over, or so many; 1 if any failed. Each kind of failure is told once."""
    until, found, done = time.monotonic() + 60 * minutes, dict[str, int](), 0
    for seed in count(start):
        if time.monotonic() > until or done == most:
            break
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        began = time.monotonic()
        try:
            Case(seed).run(streams)
        except Exception as error:  # noqa: BLE001 - whatever it is, it's a find
            where = _place(error)
            found[where] = found.get(where, 0) + 1
            if found[where] == 1:
                say(f"\n--seed {seed}, {Case(seed).name(streams)}: {where}")
                traceback.print_exception(error, limit=-6, file=sys.stdout)
        took = time.monotonic() - began
        if took > 15:
            say(f"--seed {seed}, {Case(seed).name(streams)}: {took:.0f} s")
        done += 1
        if done % 500 == 0:
            say(f"{done} cases, {len(found)} kinds of failure, {_memory():.0f} MB")
    faulthandler.cancel_dump_traceback_later()
    say(f"{done} cases, {len(found)} kinds of failure, {_memory():.0f} MB")
    for where, times in sorted(found.items(), key=lambda pair: -pair[1]):
        say(f"{times:6} {where}")
    return 1 if found else 0


def _place(error: BaseException) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    ours = [one for one in traceback.extract_tb(error.__traceback__) if "/src/unspool/" in one.filename]
    last = ours[-1] if ours else frame
    return (
        f"{type(error).__name__} in {Path(last.filename).name}:{last.lineno} {last.name}: {str(error)[:80]}"
    )


def _memory() -> float:
    """The most that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
