"""`unspool stats`: figures of recordings, by provider, model, format or test."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.cells import cell_len

from unspool.cassette.difference import printable
from unspool.cassette.store import load
from unspool.commands import terminal
from unspool.commands.picture import columns, milliseconds, wrapped
from unspool.commands.show import age
from unspool.errors import CassetteError
from unspool.reading.exchange import Exchange, exchanges
from unspool.reading.figures import GROUPS, Figures, figures

_TITLES = ("", "streams", "tokens in", "out", "first p50", "p99", "longest gap", "stalls", "errors", "oldest")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Count streams, tokens, times and errors of recordings. `first` is the time to the first token,"
        " `longest gap` the median of each recording's longest gap, a stall a gap from 250 ms on."
    )
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a cassette, or a folder of them")
    parser.add_argument(
        "--by", choices=GROUPS, default="provider", help="a line for each (default: provider)"
    )
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    paths = terminal.cassettes_of(options.paths)
    failed: list[Path] = []
    found = figures(_read(terminal.with_progress(paths), failed), options.by)
    status = 2 if failed else 0
    if options.json:
        terminal.print_json({"by": options.by, "groups": {name: _plain(one) for name, one in found.items()}})
    else:
        rows = _rows(found, options.by)
        for line in _fitting(rows, shutil.get_terminal_size((80, 24)).columns):
            print(line)
    return status


def _read(paths: Iterable[Path], failed: list[Path]) -> Iterator[tuple[Path, Exchange]]:
    """Yield the exchanges of each cassette; one that can't be read is reported and added to `failed`."""
    for path in paths:
        try:
            yield from ((path, one) for one in exchanges(load(path).interactions))
        except CassetteError as error:
            terminal.complain(str(error))
            failed.append(path)


def _plain(one: Figures) -> dict[str, object]:
    first, slow, gap = one.quantiles()
    return {
        "interactions": one.interactions,
        "streams": one.streams,
        "input": one.input,
        "output": one.output,
        "first_p50": first,
        "first_p99": slow,
        "longest_gap_p50": gap,
        "stalls": one.stalls,
        "errors": one.errors,
        "oldest": one.oldest,
    }


def _rows(found: dict[str, Figures], by: str) -> list[Sequence[str]]:
    now = time.time()
    rows: list[Sequence[str]] = [(by, *_TITLES[1:])]
    for name, one in found.items():
        times = [milliseconds(seconds) if one.firsts else "-" for seconds in one.quantiles()]
        oldest = "-" if one.oldest is None else age(now - one.oldest)
        counts = (f"{one.streams:,}", f"{one.input:,}", f"{one.output:,}")
        rows.append((printable(name), *counts, *times, f"{one.stalls:,}", f"{one.errors:,}", oldest))
    return rows


def _fitting(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Yield the rows as a table, or each over several lines if the terminal is narrower than that."""
    lines = list(columns(rows, right=frozenset(range(1, len(_TITLES)))))
    if max(map(cell_len, lines)) <= width:
        yield from lines
        return
    for name, *cells in rows[1:]:
        yield name
        facts = "   ".join(f"{title} {cell}" for title, cell in zip(_TITLES[1:], cells, strict=True))
        yield from (f"   {part}" for part in wrapped(facts, width - 3))
