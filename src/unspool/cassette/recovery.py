"""Recover killed recordings: find their journals and add them to their cassettes."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from unspool.cassette import store
from unspool.cassette.file_format import Document
from unspool.cassette.journal import delete, release
from unspool.cassette.journal_lines import SUFFIX, read_lines
from unspool.cassette.lock import try_lock
from unspool.cassette.model import Interaction
from unspool.cassette.names import side_file_pattern
from unspool.cassette.outcomes import Marks, is_unanswered
from unspool.cassette.store import UNFINISHED
from unspool.errors import CassetteFormatError, CassetteNotFoundError

_MOST_SHOWN = 5
_LONGEST_SAVE = 600.0  # seconds


def leftovers(cassette: Path) -> list[Path]:
    """Return the journals of this cassette whose writers are dead.

    One that this user can't open, or on a file system without locks, counts as in use.
    """
    return [journal for journal in _side_files(cassette, SUFFIX) if _is_left(journal)]


def _side_files(cassette: Path, suffix: str) -> list[Path]:
    resolved = Path(os.path.realpath(cassette)) if os.path.islink(cassette) else cassette
    try:
        hidden = [name for name in os.listdir(resolved.parent) if name[0] == "." and name.endswith(suffix)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    if not hidden:
        return []
    looks_like = side_file_pattern(resolved, suffix)
    return [resolved.with_name(name) for name in sorted(filter(looks_like.fullmatch, hidden))]


def _is_left(journal: Path) -> bool:
    descriptor = _claim(journal)
    if descriptor is None:
        return False
    release(descriptor)
    return True


def _claim(journal: Path) -> int | None:
    """Open a journal that no other process has; None if one does. It must be released or deleted."""
    with suppress(OSError):
        descriptor = os.open(journal, os.O_RDWR | getattr(os, "O_BINARY", 0))
        with suppress(OSError):
            if try_lock(descriptor):
                return descriptor
        os.close(descriptor)
    return None


def recover(cassette: Path) -> int:
    """Add what killed recordings left behind to this cassette, and delete their journals.

    Interactions saved before their writer was killed aren't added again. A damaged line loses only its own
    interaction. Files of killed saves are deleted.

    Returns:
        The number of interactions added to the cassette.

    Raises:
        CassetteFormatError: a journal is damaged, or isn't one. The undamaged part has been recovered, the
            message names the rest, and the journal still exists.
        CassetteError: the cassette can't be read or written. The journals still exist.
    """
    _delete_unfinished_saves(cassette)
    gained = 0
    broken: list[CassetteFormatError] = []
    for journal in leftovers(cassette):
        try:
            gained += _recover_one(cassette, journal)
        except CassetteFormatError as error:
            broken.append(error)
    if broken:
        raise broken[0]
    return gained


def mark(cassette: Path, change: Callable[[Marks], Marks]) -> Document:
    """Change the marks of a cassette's file; return its current contents.

    Raises:
        CassetteError: the cassette can't be read or written.
    """
    return store.merge(cassette, base=None, added=(), extra=lambda extra: change(Marks.of(extra)).put(extra))


def _delete_unfinished_saves(cassette: Path) -> None:
    """Delete the files of a killed save beside the cassette: the journal has all of their contents."""
    for path in _side_files(cassette, UNFINISHED):
        with suppress(OSError):
            if _is_left(path) and not _may_be_alive(path):
                path.unlink()


def _may_be_alive(path: Path) -> bool:
    """Whether the process with the number in the file's name is alive."""
    if os.name != "posix":  # elsewhere the check may kill the process
        return time.time() - path.stat().st_mtime < _LONGEST_SAVE
    try:
        os.kill(int(path.name.rsplit(".", 2)[1].partition("-")[0]), 0)
    except (OverflowError, ProcessLookupError, ValueError):
        return False
    except OSError:
        return True
    return True


def _recover_one(cassette: Path, journal: Path) -> int:
    descriptor = _claim(journal)
    if descriptor is None:  # another process was faster
        return 0
    try:
        with open(descriptor, "rb", closefd=False) as file:
            read, damages = read_lines(file.read(), name=str(journal))
        found = [one for one in read if not is_unanswered(one)]
        added = _unsaved(cassette, found)
        store.merge(cassette, base=None, added=added)
    except BaseException:
        release(descriptor)
        raise
    if damages:  # the journal stays: a user may be able to read more of it
        release(descriptor)
        raise CassetteFormatError(_what_is_lost(journal, damages, len(found)))
    delete(journal, descriptor)
    return len(added)


def _what_is_lost(journal: Path, damages: Sequence[str], whole: int) -> str:
    shown = " ".join(damages[:_MOST_SHOWN])
    more = f" And {len(damages) - _MOST_SHOWN} more." if len(damages) > _MOST_SHOWN else ""
    return (
        f"{shown}{more} {whole} undamaged interaction{'s are' if whole != 1 else ' is'} in the cassette now."
        f" Delete or move {journal} when you have what you need of it."
    )


def _unsaved(cassette: Path, found: Sequence[Interaction]) -> list[Interaction]:
    """Return those that aren't in the cassette: its writer may have been killed after it had saved some."""
    try:
        saved = Counter(map(_identity, store.load(cassette).interactions))
    except CassetteNotFoundError:
        return list(found)
    unsaved = []
    for interaction in found:
        identity = _identity(interaction)
        if saved[identity] > 0:
            saved[identity] -= 1
        else:
            unsaved.append(interaction)
    return unsaved


def _identity(interaction: Interaction) -> tuple[object, ...]:
    # Not the body, which may have been scrubbed differently: here line by line, there as a whole.
    timeline = interaction.response.timeline
    headers_at = None if timeline is None else timeline.headers_at
    return interaction.request.method, interaction.request.uri, interaction.recorded_at, headers_at
