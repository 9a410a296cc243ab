"""`unspool recover`: add what killed recordings left behind to their cassettes."""

from __future__ import annotations

import argparse
from pathlib import Path

from unspool.cassette.journal_lines import SUFFIX
from unspool.cassette.names import owner_of
from unspool.cassette.recovery import leftovers, recover
from unspool.commands import terminal
from unspool.counts import counted


def recovered(path: Path, gained: int) -> str:
    """Return the line about a cassette's recovery."""
    if gained == 0:
        return f"{path}: nothing to recover"
    return f"{path}: recovered {counted(gained, 'interaction')}"


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="+",
        type=Path,
        help="a cassette, existing or not, or a folder of them",
    )
    parser.add_argument("--dry-run", action="store_true", help="change nothing; say what was left behind")
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    files: list[dict[str, object]] = []

    def recover_one(path: Path) -> bool:
        if options.dry_run:
            left = len(leftovers(path))
            files.append({"file": str(path), "journals": left, "recovered": 0})
            line = f"{path}: {counted(left, 'killed recording')} left behind"
        else:
            gained = recover(path)
            files.append({"file": str(path), "journals": 0, "recovered": gained})
            line = recovered(path, gained)
        if not options.json:
            print(line)
        return True

    paths = [found for path in options.files for found in _in(path)]
    status = terminal.for_each(terminal.with_progress(paths), recover_one)
    if options.json:
        terminal.print_json({"files": files})
    return status


def _in(path: Path) -> list[Path]:
    """Return the cassettes in a folder that something was left of; the file itself."""
    if not path.is_dir():
        return [path]
    names = map(owner_of, path.rglob(f".*{SUFFIX}"))
    return sorted({owner for owner in names if owner is not None})
