"""The `unspool` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

from unspool.demo import run_demo


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit status: 0 for success, 2 for wrong usage."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    # An old terminal's encoding may lack an emoji; the demo goes on without it.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a TextIOWrapper outside of tests
    try:
        run_demo(fast=options.fast)
    except BrokenPipeError:  # whoever was reading has left, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unspool", description="Test doubles and replay for LLM streams.")
    parser.add_argument("--version", action="version", version=f"unspool {version('unspool')}")
    commands = parser.add_subparsers(dest="command", title="commands")
    demo = commands.add_parser(
        "demo", help="stream a recorded answer, rebuild it, catch a loop: offline, in seconds"
    )
    demo.add_argument("--fast", action="store_true", help="without the pauses between chunks")
    return parser
