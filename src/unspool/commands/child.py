"""Run a child command, and wait for it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence

from unspool.errors import UnspoolError


def which(name: str) -> str:
    """Return the path of a program.

    Raises:
        UnspoolError: there is none of that name.
    """
    program = shutil.which(name)
    if program is None:
        raise UnspoolError(f"there is no command {name!r}: expected one after `--`, as in `-- python app.py`")
    return program


def run_child(command: Sequence[str], variables: Mapping[str, str]) -> int:
    """Run a command with some more environment variables, and return its exit status as a shell does."""
    process = subprocess.Popen(command, env={**os.environ, **variables})  # noqa: S603 - the user's own command
    while True:
        try:
            status = process.wait()
        except KeyboardInterrupt:  # the terminal has interrupted the command, too
            continue
        return 128 - status if status < 0 else status


def command_in(given: Sequence[str]) -> list[str]:
    """Return the command after `--` at the end of a command line; empty for none."""
    return list(given[1:] if given[:1] == ["--"] else given)
