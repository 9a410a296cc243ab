"""`unspool repro`: find the loop in a recording, and write the test that reproduces it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from unspool.cassette import store
from unspool.cassette.model import Interaction
from unspool.commands import terminal
from unspool.counts import counted
from unspool.errors import CassetteWriteError
from unspool.reading.loops import FoundLoop, find_loop

STDOUT = "-"


def write_repro(
    cassette: Path, target: str | None, *, repeats: int | None, force: bool, say: Callable[[str], None]
) -> bool:
    """Find the loop in a cassette, and write the test that reproduces it.

    Args:
        cassette: the recording.
        target: the test's file; `-` for the standard output; None for `test_<cassette>_loop.py` here.
        repeats: how many copies make a loop; None for the guards' own thresholds.
        force: replace an existing file.
        say: called with each line of the report.

    Returns:
        Whether there is a loop.

    Raises:
        CassetteError: the cassette can't be read; or the file exists, or can't be written.
    """
    interactions = store.load(cassette).interactions
    loop = find_loop(interactions, repeats=repeats)
    if loop is None:
        for line in _no_loop(cassette, interactions, repeats):
            say(line)
        return False
    path = Path(f"test_{cassette.stem.replace('-', '_')}_loop.py" if target is None else target)
    if target == STDOUT:
        say(text_of_test(loop, cassette, Path.cwd()))
        return True
    if path.exists() and not force:
        raise CassetteWriteError(f"{path} is there already: name another file, or replace it by --force")
    try:
        path.write_text(text_of_test(loop, cassette, path.parent), "utf-8")
    except OSError as error:
        raise CassetteWriteError(f"can't write {path}: {error.strerror}") from error
    for line in (*_told(loop), f"written: {path}; run it:  pytest {path}"):
        say(line)
    return True


def _no_loop(cassette: Path, interactions: Sequence[Interaction], repeats: int | None) -> Iterator[str]:
    wanted = "100 equal chunks, nor 16 copies and 2,000 characters of a text"
    wanted = (
        wanted if repeats is None else f"{counted(repeats, 'equal chunk')}, nor {repeats} copies of a text"
    )
    yield f"no loop in {cassette}: of {counted(len(interactions), 'answer')}, none has {wanted} in a row"
    yield "for fewer copies:  --repeats N"


def _told(loop: FoundLoop) -> Iterator[str]:
    error = loop.error
    yield f"interactions[{loop.index}] ({loop.wire_format}): {_shown(error.repeated)}"
    yield (
        f"comes {counted(loop.count, 'time')} in the channel {error.channel!r},"
        f" since chunk {error.first_chunk}, {counted(error.period, 'chunk')} each time"
    )
    yield f"{loop.guard.name} stops it after {loop.events} of {loop.of} events"


def text_of_test(loop: FoundLoop, cassette: Path, folder: Path) -> str:
    """Return the text of the test's file.

    Args:
        loop: the loop to reproduce.
        cassette: the recording.
        folder: the file's folder; the path of the recording is relative to it.
    """
    error = loop.error
    template = _SHORTEST if loop.events < loop.of else _WHOLE
    return (_HEAD + template + _TAIL).format(
        name=cassette.name,
        count=loop.count,
        channel=error.channel,
        first=error.first_chunk,
        period=error.period,
        chunks=counted(error.period, "chunk"),
        repeated=_shown(error.repeated),
        way=os.path.relpath(cassette.resolve(), folder.resolve()).replace(os.sep, "/"),
        index=loop.index,
        wire_format=loop.wire_format,
        options=loop.guard.options,
        events=loop.events,
        of=loop.of,
        within=loop.chunks,
    )


_HEAD = '''\
"""The loop in {name}, found by `unspool repro`.

It comes {count} times in the channel "{channel}", since chunk {first}, {chunks} each time:
{repeated}
"""

from pathlib import Path

import pytest

import unspool

CASSETTE = Path(__file__).parent / "{way}"


def read(stream):
    """Put your own code here: it has to stop as soon as this does."""
    for chunk in stream:
        ...
'''

# A body instead of a fault: the client stops before the end of the stream.
_SHORTEST = """

# The shortest beginning that is known for a loop: {events} of {of} events.
CUT = unspool.faults.CutEvents({events})


def test_the_loop_is_stopped(stream_wrapper):
    recorded = unspool.Cassette.load(CASSETTE).interactions[{index}]
    stream = stream_wrapper(
        [CUT.apply(recorded).response.body],
        provider="{wire_format}",
        {options},
    )
"""

_WHOLE = """

def test_the_loop_is_stopped(stream_wrapper):
    stream = stream_wrapper(
        cassette=CASSETTE,
        interaction={index},
        provider="{wire_format}",
        {options},
    )
"""

_TAIL = """\
    with pytest.raises(unspool.RepetitionError) as caught:
        read(stream)
    error = caught.value
    assert (error.channel, error.period, error.first_chunk) == ("{channel}", {period}, {first})
    stream.assert_stopped(within_chunks={within})
"""


def _shown(text: str) -> str:
    """Return a text on one line, in ASCII, without anything that would end a docstring."""
    line = ascii(text if len(text) <= 80 else f"{text[:80]}...")
    return line.replace("\\", "\\\\").replace('"', "'")


# -- the command


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Find the loop in a recording, and write the test that reproduces it with the shortest beginning of"
        " the recording that suffices. Of a folder, each loop is reported. Exits with 1 if there is none."
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a cassette, or a folder of them")
    parser.add_argument(
        "target",
        metavar="OUT",
        nargs="?",
        help="the test's file (default: test_FILE_loop.py here); - to print",
    )
    parser.add_argument("--repeats", type=int, metavar="N", help="how many copies in a row make a loop")
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--dry-run", action="store_true", help="write no test; only report the loop")
    terminal.add_json(parser)


def run(options: argparse.Namespace) -> int:
    if not (options.file.is_dir() or options.json or options.dry_run):
        found = write_repro(
            options.file, options.target, repeats=options.repeats, force=options.force, say=print
        )
        return 0 if found else 1
    if options.target is not None:
        raise CassetteWriteError(
            f"expected one cassette, and neither --json nor --dry-run, to write {options.target};"
            f" got {options.file}"
        )
    loops: list[dict[str, object]] = []

    def report(path: Path) -> bool:
        loop = find_loop(store.load(path).interactions, repeats=options.repeats)
        if loop is not None:
            loops.append({"file": str(path), **_plain(loop)})
            if not options.json:
                print(f"{path}:", *_told(loop), sep="\n  ")
        return True

    paths = terminal.cassettes_of([options.file])
    status = terminal.for_each(terminal.with_progress(paths), report)
    if options.json:
        terminal.print_json({"loops": loops})
    elif not loops:
        print(f"no loop in {options.file}")
    return status or (0 if loops else 1)


def _plain(loop: FoundLoop) -> dict[str, object]:
    error = loop.error
    return {
        "interaction": loop.index,
        "format": loop.wire_format,
        "channel": error.channel,
        "repeated": error.repeated,
        "period": error.period,
        "count": loop.count,
        "first_chunk": error.first_chunk,
        "guard": loop.guard.name,
        "events": loop.events,
        "of": loop.of,
    }
