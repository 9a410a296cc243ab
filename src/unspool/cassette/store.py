"""Cassettes on disk: read whole, written whole or not at all, and merged where several write one.

A reader sees the old file or the new one, because the new one is written beside it and renamed. A document
that can't be written is saved in the system's folder for temporary files, and the error names the file.
"""

from __future__ import annotations

import errno
import heapq
import os
import stat
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from unspool.cassette.file_format import Document, loads, pieces
from unspool.cassette.lock import locked, try_lock
from unspool.cassette.model import Interaction
from unspool.cassette.names import SUFFIXES, cassette_path, side_file
from unspool.errors import CassetteError, CassetteNotFoundError, CassetteWriteError
from unspool.headers import Headers, joined

__all__ = ["cassette_path", "cassettes_in", "load", "merge", "write"]

_NOTHING = Document((), {})


def load(path: Path) -> Document:
    """Load the file at this path.

    Raises:
        CassetteNotFoundError: there is no such file.
        CassetteFormatError: it isn't a cassette, or a broken one.
        CassetteError: it can't be read.
    """
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError) as error:
        raise CassetteNotFoundError(
            f"there is no cassette {path}{_nearest(path)}. Record it by running once with record_mode='once'"
            " and the network at hand."
        ) from error
    except IsADirectoryError as error:
        raise CassetteError(f"expected a cassette, got the folder {path}: name a file in it") from error
    except OSError as error:
        raise CassetteError(
            f"can't read the cassette {path}: {error.strerror}. Expected a file that this user can read."
        ) from error
    return loads(data, name=str(path))


def _nearest(path: Path) -> str:
    try:
        names = os.listdir(path.parent)
    except OSError:
        return f" (nor its folder {path.parent})"
    near = get_close_matches(path.name, [name for name in names if not name.startswith(".")], n=1)
    return f"; the nearest name beside it is {near[0]}" if near else ""


def write(path: Path, document: Document, *, ascii: bool = False) -> None:  # noqa: A002 - as in repr
    """Put a document in the place of what stands at this path, whole or not at all.

    It outlasts a crash of the machine. Missing folders are made, a link's target is replaced and not the
    link, and a file that was there passes on its mode bits. JSON if the name ends in `.json`, else YAML.

    Raises:
        CassetteWriteError: it can't be written. The old file is unchanged, and the message names the file
            with the document.
    """
    try:
        replace_file(path, _pieces(path, document, ascii=ascii))
    except OSError as error:
        raise _not_written(path, document, reason(error)) from error


def _pieces(path: Path, document: Document, *, ascii: bool = False) -> Iterator[bytes]:  # noqa: A002 - as above
    return pieces(document, json=path.suffix.lower() == ".json", ascii=ascii)


def _not_written(path: Path, document: Document, why: str) -> CassetteWriteError:
    return CassetteWriteError(
        f"can't write the cassette {path}: {why} What stood there before still does. {_keep(path, document)}"
    )


def _keep(path: Path, document: Document) -> str:
    """Save a document that can't be written in its place, and report where it is."""
    kept = None
    try:
        descriptor, kept = tempfile.mkstemp(prefix=f"{path.stem[:40]}-", suffix=path.suffix[:5])
        with open(descriptor, "wb") as file:
            file.writelines(_pieces(path, document))
    except OSError as error:
        if kept is not None:
            Path(kept).unlink(missing_ok=True)
        return f"What was to be written couldn't be kept among the temporary files either: {error}."
    return f"What was to be written is kept in {kept}."


def _none(_interaction: Interaction) -> bool:
    return False


def merge(
    path: Path,
    *,
    base: Document | None,
    added: Sequence[Interaction],
    dropped: Callable[[Interaction], bool] = _none,
    extra: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
) -> Document:
    """Merge one writer's changes into the file at this path, with those of other writers.

    The file then holds what it held, without those of `base` that are dropped; after the last one of
    `base` come the new ones, those of others and `added`, in the order in which they were recorded, so
    far as each writer's own order allows. What another has added is never dropped. Where nothing changes,
    the file isn't touched.

    Args:
        path: the cassette.
        base: what it held when this writer read it; None if it wasn't there.
        added: what this writer has recorded, in the order in which it was issued.
        dropped: which interactions of `base` are to go.
        extra: makes the file's other keys from those that it has.

    Returns:
        The file's current contents.

    Raises:
        CassetteWriteError: it can't be written, or what is there can't be read. That still stands as it
            did, and the message says where the interactions are kept instead.
    """
    with _locked_document(path, added) as current:
        found = () if current is None else current.interactions
        known = () if base is None else base.interactions
        before = (current or base or _NOTHING).extra
        interactions = tuple(merged(found, base=known, added=added, dropped=dropped))
        document = Document(interactions, extra(before))
        if interactions != found or document.extra != before:
            write(path, document)
        return document


@contextmanager
def _locked_document(path: Path, added: Sequence[Interaction]) -> Iterator[Document | None]:
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(path))
            document = _load_if_there(path)
        except CassetteError as error:
            kept = _keep(path, Document(tuple(added), {}))
            raise CassetteWriteError(f"{error} Nothing was written there. {kept}") from error
        yield document


def _load_if_there(path: Path) -> Document | None:
    try:
        return load(path)
    except CassetteNotFoundError:
        return None


def merged(
    found: Sequence[Interaction],
    *,
    base: Sequence[Interaction],
    added: Sequence[Interaction],
    dropped: Callable[[Interaction], bool],
) -> Iterator[Interaction]:
    """Merge one writer's changes into a cassette's contents.

    First come those of `base` that stay, with whatever stands among them; then the new ones, those of others
    and `added`, in the order in which they were recorded, so far as each writer's own order allows.

    Args:
        found: the current contents.
        base: the contents when this writer read it.
        added: this writer's recordings, in the order of requests.
        dropped: the interactions of `base` to drop.
    """
    going, staying = _Bag(), _Bag()
    for interaction in base:
        (going if dropped(interaction) else staying).add(interaction)
    left = [interaction for interaction in found if not going.take(interaction)]
    old = max((index for index, interaction in enumerate(left, 1) if staying.take(interaction)), default=0)
    yield from left[:old]
    # Not sorted: each of the two keeps its own order, even where its clock was set back.
    yield from heapq.merge(left[old:], added, key=_moment)


def _moment(interaction: Interaction) -> float:
    return interaction.recorded_at or 0.0


class _Bag:
    """Interactions, some of them more than once; they have no hash, since what is extra is a dict."""

    def __init__(self) -> None:
        self._by_key: defaultdict[tuple[object, ...], list[Interaction]] = defaultdict(list)

    def add(self, interaction: Interaction) -> None:
        self._by_key[_key(interaction)].append(_normal(interaction))

    def take(self, interaction: Interaction) -> bool:
        """Remove one of its kind; return False if there is none."""
        kind = self._by_key.get(_key(interaction))
        if not kind:
            return False
        normal = _normal(interaction)
        if normal not in kind:
            return False
        kind.remove(normal)
        return True


def _key(interaction: Interaction) -> tuple[object, ...]:
    request = interaction.request
    return request.method, request.uri, request.body, interaction.recorded_at


def _normal(interaction: Interaction) -> Interaction:
    """The interaction such that one in memory equals itself in a file, where headers are grouped by name."""
    return replace(
        interaction,
        request=replace(interaction.request, headers=_grouped(interaction.request.headers)),
        response=replace(interaction.response, headers=_grouped(interaction.response.headers)),
    )


def _grouped(headers: Headers) -> Headers:
    return tuple((name.lower(), value) for name, value in joined(headers).items())


UNFINISHED = ".tmp"
"""The end of the name of a file being written, before it is renamed."""

_ADVICE = {
    errno.ENOSPC: "Make room on that disk",
    errno.EDQUOT: "Make room on that disk",
    errno.EFBIG: "Allow files of that size (ulimit -f)",
    errno.EROFS: "Record where the folder can be written to, or replay with record_mode='none'",
    errno.EACCES: "Make file and folder writable, or replay with record_mode='none'",
    errno.EPERM: "Make file and folder writable, or replay with record_mode='none'",
    errno.ENAMETOOLONG: "Give it a shorter name",
    errno.ENOTDIR: "A file stands where its folder should be: move that, or name another folder",
    errno.EEXIST: "A file stands where its folder should be: move that, or name another folder",
    errno.EISDIR: "A folder has that name: name a file",
}


def replace_file(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Put these bytes in the place of what stands at this path, so that they outlast a crash of the machine.

    Missing folders are made, a link's target is replaced and not the link, and a file that was there passes
    on its mode bits.

    Raises:
        OSError: it can't be done. What stood there still does.
    """
    path = Path(os.path.realpath(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = _mode_to_keep(path)
    temporary = side_file(path, UNFINISHED)
    try:
        with temporary.open("xb") as file:
            with suppress(OSError):  # of a file system without locks
                try_lock(file.fileno())  # other processes take an unlocked one for a killed run's
            if mode is not None:
                temporary.chmod(mode)
            file.writelines([data] if isinstance(data, bytes) else data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # report the first error
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def check_replaceable(path: Path) -> None:
    """Check that `replace_file` can replace the file at this path.

    Raises:
        OSError: it's a folder, a device, a pipe, or read-only.
    """
    try:
        _mode_to_keep(path)
    except OSError as error:
        if error.errno not in {errno.ENOTDIR, errno.ENAMETOOLONG}:  # a bad name must not lose a recording
            raise


def _mode_to_keep(path: Path) -> int | None:
    """Return the mode bits of the file to replace; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it's a device or a pipe")  # renaming over /dev/null would replace it
    if not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "it's read-only")  # renaming wouldn't care
    return stat.S_IMODE(found.st_mode)


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return  # which can't open folders
    with suppress(OSError):  # some file systems can't; the cassette is in its place all the same
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def reason(error: OSError) -> str:
    """Explain why a file can't be written and what to do about it, in sentences after a colon."""
    advice = _ADVICE.get(error.errno or 0)
    return f"{error.strerror or error}." + (f" {advice}." if advice else "")


def cassettes_in(path: Path) -> list[Path]:
    """Return the file itself, or the files in a folder, at any depth, with a cassette's name."""
    if not path.is_dir():
        return [path]
    return sorted(file for file in path.rglob("*") if file.suffix.lower() in SUFFIXES and file.is_file())
