"""A file's bytes, replaced whole or not at all; and what to do where that fails."""

from __future__ import annotations

import errno
import os
import stat
import sys
from contextlib import suppress
from pathlib import Path

from unspool.cassette.lock import try_lock
from unspool.cassette.names import side_file

UNFINISHED = ".tmp"
"""How the name of a file ends that is being written, to be renamed."""

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


def replace_file(path: Path, data: bytes) -> None:
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
                try_lock(file.fileno())  # so that nobody takes it for a killed one's
            if mode is not None:
                temporary.chmod(mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # the first error is the one to tell
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def check_replaceable(path: Path) -> None:
    """See to it that `replace_file` can put a file in the place of what stands at this path.

    Raises:
        OSError: it's a folder, a device, a pipe, or read-only.
    """
    try:
        _mode_to_keep(path)
    except OSError as error:
        if error.errno not in {errno.ENOTDIR, errno.ENAMETOOLONG}:  # a recording isn't lost for its name
            raise


def _mode_to_keep(path: Path) -> int | None:
    """The mode bits of the file that is to be replaced; None if there is none."""
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
    """Why a file can't be written and what to do about it, in sentences that follow a colon."""
    advice = _ADVICE.get(error.errno or 0)
    return f"{error.strerror or error}." + (f" {advice}." if advice else "")
