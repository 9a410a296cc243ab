"""What all commands share: files and folders as arguments, lines for people and JSON for programs."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json

from unspool.cassette.store import cassettes_in
from unspool.errors import CassetteNotFoundError, UnspoolError

if TYPE_CHECKING:
    import argparse

    from rich.console import Console
    from rich.text import Text

STDIO = "-"
"""The name of the standard input or output."""

_NARROWEST, _WIDEST = 40, 160
_LONG = 50
"""From how many files on a progress bar is shown."""

STYLES = {"words": "green", "call": "cyan", "thought": "magenta", "wrong": "bold red", "context": "dim"}
"""Each colour has one meaning; without colour, nothing is lost."""


def say(line: str) -> None:
    """Print a line of a report beside a command's output."""
    print(line, file=sys.stderr, flush=True)


def complain(text: str) -> None:
    """Print an error in one line, without control characters from a file."""
    shown = "".join(character if character.isprintable() else " " for character in text)
    print("unspool:", *shown.split(), file=sys.stderr)


def print_json(value: Any) -> None:
    """Print a command's result for programs."""
    print(to_json(value, indent=2).decode())


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the option `--json`."""
    parser.add_argument("--json", action="store_true", help="print the result as JSON, for programs")


def make_console() -> Console:
    """Make a console as wide as the terminal, without colour in a pipe or where NO_COLOR is set."""
    from rich.console import Console
    from rich.theme import Theme

    columns = shutil.get_terminal_size((80, 24)).columns
    return Console(
        theme=Theme(STYLES),
        width=min(max(columns, _NARROWEST), _WIDEST),
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )


def paint(console: Console, line: Text, *, end: str = "\n") -> None:
    """Print a line; rich's own print would exit with 1 where the reader of the output has gone."""
    with console.capture() as drawn:
        console.print(line, soft_wrap=True, end=end)
    sys.stdout.write(drawn.get())


def cassettes_of(paths: Sequence[Path]) -> list[Path]:
    """Return the cassettes named on a command line: files, and all those in folders.

    Raises:
        CassetteNotFoundError: a folder contains none.
    """
    found: list[Path] = []
    for path in paths:
        inside = cassettes_in(path)
        if not inside:
            raise CassetteNotFoundError(f"there is no cassette in the folder {path}")
        found += inside
    return list(dict.fromkeys(found))


def for_each(paths: Iterable[Path], do: Callable[[Path], bool]) -> int:
    """Run a command on each file, even after one fails.

    Returns:
        2 if one couldn't be read or written, else 1 if one gave False, else 0.
    """
    status = 0
    for path in paths:
        try:
            status = max(status, 0 if do(path) else 1)
        except (UnspoolError, OSError) as error:
            complain(str(error))
            status = 2
    return status


def with_progress(paths: Sequence[Path], *, results: Iterable[Any] | None = None) -> Iterator[Any]:
    """Yield files, or the results for them, with a progress bar on a terminal if there are many."""
    each: Iterable[Any] = paths if results is None else results
    if len(paths) < _LONG or not sys.stderr.isatty() or "NO_COLOR" in os.environ:
        yield from each
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(each, total=len(paths), description="", console=Console(stderr=True), transient=True)
