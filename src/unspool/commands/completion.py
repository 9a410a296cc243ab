"""`unspool completion`: print the completion script of a shell, made by shtab of the parser itself."""

from __future__ import annotations

import argparse

import shtab

from unspool.commands import COMMANDS, make_parser

_SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        'Print a completion script. For bash: `eval "$(unspool completion bash)"` in ~/.bashrc; for zsh:'
        " `unspool completion zsh > DIR/_unspool`, in a directory of $fpath; for fish:"
        " `unspool completion fish > ~/.config/fish/completions/unspool.fish`."
    )
    parser.add_argument("shell", choices=_SHELLS)


def run(options: argparse.Namespace) -> int:
    print(shtab.complete(make_parser(COMMANDS), options.shell))
    return 0
