"""`unspool script`: print a cassette's model, or aimock's fixtures, as the code of a script."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from unspool.commands import terminal
from unspool.script.aimock import turns_of_aimock
from unspool.script.code import imports_of
from unspool.script.script import Script


def script_of(file: Path, *, ids: bool) -> tuple[str, list[str]]:
    """Return the code of a script with the model's messages in a file, and notes on what it leaves out.

    Args:
        file: the recording, or aimock's fixtures.
        ids: whether calls keep their recorded ids.

    Raises:
        CassetteError: the cassette can't be read.
        ScriptError: it contains no recording of a model, or one that broke off.
    """
    notes: list[str] = []
    fixtures = _fixtures(file)
    if fixtures is None:
        made = Script.from_cassette(file, ids=ids)
    else:
        turns, notes = turns_of_aimock(fixtures)
        made = Script(*turns, any_order="first")
    code = repr(made)
    return f"{imports_of(code)}\n\nscript = {code}", notes


def _fixtures(file: Path) -> Any:
    """What is in aimock's file; None for another file."""
    try:
        found = from_json(file.read_bytes())
    except (OSError, ValueError):
        return None
    entries = found.get("fixtures") if isinstance(found, dict) else found
    return found if isinstance(entries, list) else None


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="a cassette, or aimock's fixtures")
    parser.add_argument("--ids", action="store_true", help="calls keep their recorded ids")
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    code, notes = script_of(options.file, ids=options.ids)
    if options.json:
        terminal.print_json({"file": str(options.file), "code": code, "notes": notes})
        return 0
    print(code)
    for note in notes:
        print(note, file=sys.stderr)
    return 0
