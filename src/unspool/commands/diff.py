"""`unspool diff`: two recordings, or two folders of them, compared by meaning."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from unspool.cassette.difference import printable
from unspool.cassette.store import cassettes_in, load
from unspool.commands import terminal
from unspool.errors import UnspoolError
from unspool.reading.compare import Difference, Pair, pairs
from unspool.reading.exchange import Exchange

if TYPE_CHECKING:
    from rich.text import Text

_STYLES = {"words": "", "shape": "wrong", "time": "context"}
_MARKS = {"words": "~", "shape": "!", "time": "·"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Compare two recordings, or folders, by meaning: requests, words, calls, usage, ends, the order of"
        " events and times; ids and dates don't count. ! the shape differs, ~ the words, · the times. Exits"
        " with 1 if anything but the times differs."
    )
    parser.add_argument("before", metavar="A", type=Path, help="a cassette, or a folder of them")
    parser.add_argument("after", metavar="B", type=Path, help="the other one")
    parser.add_argument("--shape", action="store_true", help="only the shape counts, for the exit status too")
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    kinds = ("shape",) if options.shape else ("words", "shape", "time")
    files = [(name, _pairs(before, after)) for name, before, after in _files(options.before, options.after)]
    differs = [
        pair for _, several in files for pair in several if any(pair.differs(kind) for kind in kinds[:2])
    ]
    if options.json:
        terminal.print_json(
            {"files": [{"file": name, "pairs": list(map(_plain, each))} for name, each in files]}
        )
        return 1 if differs else 0
    console = terminal.make_console()
    for name, several in files:
        for line in _lines(name, several, console.width, kinds):
            terminal.paint(console, line)
    return 1 if differs else 0


def _files(before: Path, after: Path) -> Iterator[tuple[str, Path | None, Path | None]]:
    """Yield the files to compare, by their paths in the two folders."""
    if before.is_dir() != after.is_dir():
        raise UnspoolError(f"expected two cassettes or two folders, got {before} and {after}")
    if not before.is_dir():
        yield after.name, before, after
        return
    old, new = ({str(path.relative_to(one)): path for path in cassettes_in(one)} for one in (before, after))
    if not old and not new:
        raise UnspoolError(f"there is no cassette in {before}, nor in {after}")
    for name in sorted({*old, *new}):
        yield name, old.get(name), new.get(name)


def _pairs(before: Path | None, after: Path | None) -> list[Pair]:
    old, new = (() if path is None else load(path).interactions for path in (before, after))
    return pairs(old, new)


def _lines(name: str, several: list[Pair], width: int, kinds: tuple[str, ...]) -> Iterator[Text]:
    from rich.text import Text

    both = sum(pair.before is not None and pair.after is not None for pair in several)
    summary = "   ".join(
        f"{kind}: {'differs' if any(pair.differs(kind) for pair in several) else 'same'}" for kind in kinds
    )
    yield Text.assemble(
        (printable(name), "bold"), f"   {both} of {len(several)} interactions matched   {summary}"
    )
    for place, pair in enumerate(several):
        yield from _of_pair(place, pair, width, kinds)


def _of_pair(place: int, pair: Pair, width: int, kinds: tuple[str, ...]) -> Iterator[Text]:
    from rich.text import Text

    if pair.after is None:
        yield from _alone(place, pair.before, "only in A")
        return
    if pair.before is None:
        yield from _alone(place, pair.after, "only in B")
        return
    shown = [one for one in pair.differences if one.kind in kinds]
    rules = f" ({len(pair.rules)} rules applied: {', '.join(pair.rules)})" if pair.rules else ""
    same = "" if shown else "   same"
    yield Text.assemble((f"{place}  ", "bold"), _address(pair.after), (same + rules, "context"))
    for one in shown:
        yield from _difference(one, width)


def _alone(place: int, one: Exchange | None, words: str) -> Iterator[Text]:
    from rich.text import Text

    if one is not None:
        yield Text(f"{place}  ! {words}: {_address(one)}", "wrong")


def _address(one: Exchange) -> str:
    request = one.interaction.request
    return printable(f"{request.method} {request.uri}")


def _difference(one: Difference, width: int) -> Iterator[Text]:
    """Yield the lines of a difference: what A has beside what B has."""
    from rich.text import Text

    from unspool.commands.picture import wrapped

    half = max((width - 20) // 2, 12)
    left, right = (wrapped(printable(text), half)[:4] for text in (one.before, one.after))
    for place in range(max(len(left), len(right))):
        label = f"   {_MARKS[one.kind]} {one.what:<10}" if place == 0 else " " * 15
        first = left[place] if place < len(left) else ""
        second = right[place] if place < len(right) else ""
        yield Text.assemble(
            label, (first.ljust(half), _STYLES[one.kind]), " → " if place == 0 else "   ", second
        )


def _plain(pair: Pair) -> dict[str, Any]:
    return {
        "before": None if pair.before is None else pair.before.index,
        "after": None if pair.after is None else pair.after.index,
        "rules": pair.rules,
        "differences": pair.differences,
    }
