"""The `unspool` command: parse, run, and turn errors into one line and an exit status."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Sequence

from unspool.commands import make_parser
from unspool.errors import UnspoolError

MISTAKE = 2
"""The exit status for wrong usage, and for files that aren't there or aren't understood."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status.

    0 for success, 1 where something was found that should not be there, 2 for a mistake of the user.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    parser = make_parser([one for one in given if not one.startswith("-")][:1])
    options = parser.parse_args(given)
    if options.command is None:
        parser.print_help(sys.stderr)
        return MISTAKE
    # An old terminal's encoding may lack an emoji; it's shown as `?` then.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a TextIOWrapper outside of tests
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning  # type: ignore[assignment]  # it needs no category
            status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output has exited, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (UnspoolError, OSError) as error:
        _complain(error)
        return MISTAKE
    except KeyboardInterrupt:
        return 130
    return status


def _show_warning(message: Warning | str, *_: object) -> None:
    _complain(message)


def _complain(message: Exception | str) -> None:
    from unspool.commands.terminal import complain

    complain(str(message))
