"""`python -m benchmarks`: measure, print, and with `--write` keep the results."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from benchmarks import (
    audit_hook,
    builder,
    cassettes,
    command_line,
    guards,
    imports,
    memory,
    recording,
    replaying,
    report,
    scripted,
    sdk_clients,
    serving,
    suite,
    watchdogs,
    wire,
    wrapper,
)
from benchmarks.rounds import Contest, Result, Run, measure, processes

RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    options = _options()
    print(report.preface(count=options.chunks, rounds=options.rounds))
    with processes() as run:
        sections = {
            title: _measured(title, contests, options, run)
            for title, contests in _sections(options.chunks).items()
        }
    if options.write:
        before = RESULTS.read_text("utf-8") if RESULTS.exists() else ""
        page = report.page(sections, count=options.chunks, rounds=options.rounds, before=before)
        RESULTS.write_text(page, "utf-8")


def _sections(count: int) -> dict[str, Iterator[Contest]]:
    streams = (module.contests(count) for module in (wrapper, builder, wire, guards))
    cassettes_ = (
        module.contests()
        for module in (
            recording,
            replaying,
            cassettes,
            suite,
            scripted,
            sdk_clients,
            serving,
            watchdogs,
            audit_hook,
            command_line,
        )
    )
    contests = imports.contests(), chain.from_iterable(streams), chain.from_iterable(cassettes_)
    memory_ = chain(memory.contests(), command_line.memory_contests())
    return dict(zip(_SECTIONS, (*contests, memory_), strict=True))


_SECTIONS = ("Import", "Streams", "Cassettes", "Memory")


def _measured(title: str, contests: Iterator[Contest], options: argparse.Namespace, run: Run) -> list[Result]:
    results: list[Result] = []
    for contest in contests if options.section in {None, title} else ():
        if options.only in contest.title:
            measured = measure(contest, options.rounds, run)
            if not results:
                print(f"\n## {title}\n\n{report.table(())}")
            print("\n".join(map(report.row, measured)), flush=True)
            results += measured
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--chunks", type=int, default=2_000, help="how many chunks a round has")
    parser.add_argument("--rounds", type=int, default=7, help="how many rounds count, after one that doesn't")
    parser.add_argument("--only", default="", metavar="TEXT", help="measure what has TEXT in its name")
    parser.add_argument("--section", choices=_SECTIONS, help="measure one section; --write keeps the others")
    parser.add_argument("--write", action="store_true", help="write benchmarks/RESULTS.md")
    return parser.parse_args()


if __name__ == "__main__":
    main()
