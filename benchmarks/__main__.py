"""`python -m benchmarks`: measure, print, and with `--write` keep the results."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from benchmarks import builder, guards, imports, report, wire, wrapper
from benchmarks.rounds import Contest, Result, measure, processes

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    options = _options()
    print(report.preface(count=options.chunks, rounds=options.rounds), end="\n\n")
    print(report.table(()))
    results: list[Result] = []
    with processes() as run:
        for contest in _contests(options.chunks):
            if options.only in contest.title:
                measured = measure(contest, options.rounds, run)
                print("\n".join(map(report.row, measured)), flush=True)
                results += measured
    if options.write:
        RESULTS.write_text(report.page(results, count=options.chunks, rounds=options.rounds), "utf-8")


def _contests(count: int) -> Iterator[Contest]:
    measured = (wrapper, builder, wire, guards)
    return chain(imports.contests(), *(module.contests(count) for module in measured))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--chunks", type=int, default=2_000, help="how many chunks a round has")
    parser.add_argument("--rounds", type=int, default=7, help="how many rounds count, after one that doesn't")
    parser.add_argument("--only", default="", metavar="TEXT", help="measure what has TEXT in its name")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
