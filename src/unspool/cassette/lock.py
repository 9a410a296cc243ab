"""A lock for one writer at a time, among all threads and processes of this user on this machine.

It uses the operating system's file locks: they belong to an open file, so that two threads exclude each other
like two processes, and they always end with their process. The locked files aren't beside the cassettes,
where users would commit them, but in the system's folder for temporary files. Processes with different such
folders (`TMPDIR`) don't see each other's locks.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from unspool.clock import REAL_CLOCK, Clock
from unspool.errors import CassetteWriteError

_POLL_SECONDS = 0.005
_READABLE_BYTES = 100

if sys.platform == "win32":
    import msvcrt

    _LOCKED_BYTE = 2**31 - 2  # a locked byte can't be read here, so lock one beyond the end of any file

    def try_lock(descriptor: int) -> bool:
        """Lock an open file, unless somebody else has; closing it unlocks it."""
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Give an open file's lock back."""
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def try_lock(descriptor: int) -> bool:
        """Lock an open file, unless somebody else has; closing it unlocks it."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def unlock(descriptor: int) -> None:
        """Give an open file's lock back, also where a forked child has the file open still."""
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def locked(path: Path, *, timeout: float = 60.0, clock: Clock = REAL_CLOCK) -> Iterator[None]:
    """Hold the lock of the cassette at this path.

    It blocks the thread, also in an async program: nothing may be awaited inside. It doesn't nest.

    Args:
        path: the cassette, whether it exists or not; all links to a file are that file.
        timeout: for how long to wait for the others, in seconds.
        clock: what to wait by.

    Raises:
        CassetteWriteError: another writer held it all that time, or the lock's own file can't be made.
    """
    try:
        descriptor = os.open(_lock_file(path), os.O_CREAT | os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), 0o600)
    except OSError as error:
        raise CassetteWriteError(
            f"can't lock the cassette {path}: {error}. Expected a folder for temporary files that this user"
            " can write to; set TMPDIR to one."
        ) from error
    try:
        _wait(descriptor, path, timeout, clock)
        _sign(descriptor)
        try:
            yield
        finally:
            unlock(descriptor)
    finally:
        os.close(descriptor)


def _lock_file(path: Path) -> Path:
    resolved = os.path.normcase(os.path.realpath(path))
    return _lock_folder() / f"{hashlib.sha256(os.fsencode(resolved)).hexdigest()[:32]}.lock"


def _lock_folder() -> Path:
    if sys.platform == "win32":  # where each user has a folder of their own
        folder = Path(tempfile.gettempdir()) / "unspool"
        folder.mkdir(exist_ok=True)
        return folder
    folder = Path(tempfile.gettempdir()) / f"unspool-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(f"{folder} isn't this user's own folder")
    return folder


def _wait(descriptor: int, path: Path, timeout: float, clock: Clock) -> None:
    give_up_at = clock.monotonic() + timeout
    while not try_lock(descriptor):
        if clock.monotonic() >= give_up_at:
            raise CassetteWriteError(
                f"can't write the cassette {path}: waited {timeout:g} s for {_signature(descriptor)}, which"
                " is writing it. Let that one finish, or end it, and save again."
            )
        clock.sleep(_POLL_SECONDS)


def _sign(descriptor: int) -> None:
    with suppress(OSError):  # only for the message after a timeout; the disk may be full
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, b"process %d" % os.getpid())


def _signature(descriptor: int) -> str:
    os.lseek(descriptor, 0, os.SEEK_SET)
    return os.read(descriptor, _READABLE_BYTES).decode("utf-8", "replace") or "another process"
