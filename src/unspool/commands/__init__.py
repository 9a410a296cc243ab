"""The commands: a module each, with `add_arguments(parser)` and `run(options)`, which gives the exit status.

A module is imported only if its command is the one to run: `unspool --help` shall be quick, which is also why
the parser is argparse, of the standard library, and not typer or cyclopts.
"""

from __future__ import annotations

import argparse
from collections.abc import Collection
from importlib import import_module

COMMANDS = {
    "demo": "see what it is about, offline, in ten seconds",
    "show": "see a recording: what was asked, what came, and when",
    "check": "check recordings: whole, readable, free of secrets, up to date",
    "diff": "compare two recordings, or folders, by meaning",
    "stats": "count streams, tokens, times and errors of recordings",
    "drift": "check whether recordings are still what SDKs read and providers answer",
    "why": "explain why a request matches no recording",
    "record": "record any client that takes a base URL, through a proxy",
    "run": "run a command whose models are recordings or a script",
    "serve": "answer any client that takes a base URL from recordings or a script",
    "script": "print what the model said in a cassette as a script's code",
    "repro": "find the loop in a recording, and write the test that reproduces it",
    "convert": "make a cassette of a HAR, of aimock's fixtures, of a stream's dump",
    "redact": "redact the secrets in cassettes",
    "recover": "add what killed recordings left behind to their cassettes",
    "completion": "print the completion script of bash, zsh or fish",
}
"""All commands, in the order of the help."""


class _Version(argparse.Action):
    """Look the version up lazily: that takes longer than the start of a command."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"unspool {version('unspool')}")
        parser.exit()


def make_parser(whole: Collection[str]) -> argparse.ArgumentParser:
    """Make the parser.

    Args:
        whole: the commands whose options it knows; it knows the others by name.
    """
    parser = argparse.ArgumentParser(prog="unspool", description="Test doubles and replay for LLM streams.")
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = parser.add_subparsers(dest="command", title="commands", metavar="COMMAND")
    for name, words in COMMANDS.items():
        command = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
        if name in whole:
            module = import_module(f"unspool.commands.{name}")
            module.add_arguments(command)
            command.set_defaults(run=module.run)
    return parser
