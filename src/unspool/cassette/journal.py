"""The journal, which makes a killed recording recoverable: a file beside the cassette that grows during the
responses.

Each event is one line and one write to the end of the file, so that a killed process loses at most the last
one. The file is locked as long as its writer lives; this distinguishes a running recording from one that
needs recovery (`unspool.cassette.recovery`).

The journal contains no secrets. A chunk may end inside a secret, so text is held back until its line ends and
is scrubbed then. A stream may send a secret over many lines, so the end of a channel, such as a tool's
arguments, is held back while a secret may have begun there; in an AWS event stream, the frames that contain
it. Any other body that isn't plain text is held back until it's whole. Sizes and times are written at once.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Protocol

from unspool.cassette import journal_lines as lines
from unspool.cassette.held_text import HeldChannels, HeldFrames, Release
from unspool.cassette.lock import try_lock, unlock
from unspool.cassette.model import (
    NO_RESPONSE,
    End,
    Failure,
    Headers,
    NetworkChunk,
    Request,
    Response,
    Timeline,
    header,
)
from unspool.cassette.names import side_file
from unspool.cassette.store import check_replaceable, reason
from unspool.errors import CassetteWriteError

_BINARY: int = getattr(os, "O_BINARY", 0)  # else Windows would change the line ends
_NEW_FILE = os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | _BINARY

_TEXT = re.compile(
    r"text/|application/([\w.+-]+\+)?(json|jsonl|ndjson|x-ndjson|xml|x-www-form-urlencoded)\b",
    re.IGNORECASE,
)


_NO_ANSWER = Response(NO_RESPONSE)
_NO_TIMES = Timeline()
_NOTHING = Release(b"")


class Redacts(Protocol):
    """Removes secrets before they are written."""

    def request(self, request: Request) -> Request: ...

    def response(self, response: Response) -> Response: ...

    def same_length(self, data: bytes) -> bytes:
        """Replace each secret in a text by harmless bytes of the same length."""
        ...


@dataclass(slots=True)
class _ResponseBeingWritten:
    """A response being written."""

    text: HeldChannels | HeldFrames
    response: Response = _NO_ANSWER
    is_text: bool = True
    lines: int = 1
    body: BytesIO = field(default_factory=BytesIO)  # of what isn't text
    chunks: list[NetworkChunk] = field(default_factory=list)

    def number(self) -> int:
        """Return the number of its next line."""
        self.lines += 1
        return self.lines - 1

    def whole(self, failure: Failure | None) -> Response:
        timeline = Timeline(chunks=tuple(self.chunks), failure=failure)
        return replace(self.response, body=self.body.getvalue(), timeline=timeline)


class Journal:
    """The journal of one session of recording; the file is created at the first request.

    Safe to call from any thread. A full disk raises nothing: `failed` is the error, and nothing more is
    written. Times are in seconds since the request.

    Args:
        path: the cassette.
        redactor: removes secrets before they are written.
    """

    def __init__(self, path: Path, *, redactor: Redacts) -> None:
        self.failed: OSError | None = None
        self._cassette = path
        self._redactor = redactor
        begins_at: Callable[[bytes], int] = getattr(redactor, "begins_at", len)
        is_quiet: Callable[[bytes], bool] = getattr(redactor, "is_quiet", _never)
        self._scrubbing = redactor.same_length, begins_at, is_quiet
        self._path: Path | None = None
        self._descriptor = -1
        self._answers: dict[int, _ResponseBeingWritten] = {}
        self._lock = threading.RLock()  # the garbage collector may end a stream while its thread is in here

    def begin(self, slot: int, request: Request, recorded_at: float) -> None:
        """Write a request that is about to be sent.

        Args:
            slot: its place in the order of requests.
            request: the request.
            recorded_at: the time now, in seconds since 1970-01-01 UTC.

        Raises:
            CassetteWriteError: the file can't be made, so the cassette couldn't be written either.
        """
        shown = self._redactor.request(request)
        with self._lock:
            if self._path is None:
                self._create()
            self._answers[slot] = _ResponseBeingWritten(HeldChannels(*self._scrubbing))
            self._write(lines.begin_line(slot, shown, recorded_at, n=0))

    def head(  # noqa: PLR0917 - the other methods' order
        self, slot: int, status: int, reason: str, headers: Headers, http_version: str, at: float
    ) -> None:
        """Write the status line and the headers."""
        response = Response(status, reason, headers)
        shown = self._redactor.response(response)
        with self._lock:
            answer = self._answers.get(slot)
            if answer is not None:
                answer.response, answer.is_text = response, _is_text(headers)
                if _is_frames(headers):
                    answer.text, answer.is_text = HeldFrames(*self._scrubbing), True
                self._write(lines.head_line(slot, shown, http_version, at, n=answer.number()))

    def chunk(self, slot: int, data: bytes, at: float) -> None:
        """Write a piece of the body."""
        with self._lock:
            answer = self._answers.get(slot)
            if answer is None or self.failed is not None:
                return
            number, released = answer.number(), _NOTHING
            if answer.is_text:
                released = answer.text.feed(data)
            else:
                answer.body.write(data)
                answer.chunks.append(NetworkChunk(len(data), at))
            text, held, fills = released
            self._write(lines.chunk_line(slot, len(data), at, text, held=held, fills=fills, n=number))

    def end(self, slot: int, end: End, failure: Failure | None, at: float) -> None:
        """Write the end of the response."""
        with self._lock:
            answer = self._answers.pop(slot, None)
            if answer is None or self.failed is not None:
                return
            shown = self._redactor.response(answer.whole(failure))
            if shown.body:
                for piece in lines.body_pieces(slot, shown, n=answer.number()):
                    self._write(piece)
            timeline = shown.timeline or _NO_TIMES
            text, _, fills = answer.text.flush()
            number = answer.number()
            self._write(lines.end_line(slot, end, timeline.failure, at, text, fills=fills, n=number))

    def discard(self) -> None:
        """Delete the file, because everything is saved. Responses still arriving are no longer written."""
        with self._lock:
            path, descriptor = self._path, self._descriptor
            self._forget()
            self.failed = None
            if path is not None:
                delete(path, descriptor)

    def close(self) -> None:
        """End it without deleting the file, which then can be recovered."""
        with self._lock:
            path, descriptor = self._path, self._descriptor
            self._forget()
            if path is not None:
                release(descriptor)

    def _forget(self) -> None:
        self._path, self._descriptor = None, -1
        self._answers.clear()

    def _create(self) -> None:
        try:
            cassette = Path(os.path.realpath(self._cassette))
            check_replaceable(cassette)
            self._path, self._descriptor = _new_file(cassette)
        except OSError as error:
            raise CassetteWriteError(
                f"can't record the cassette {self._cassette}: {reason(error)} Nothing was sent."
            ) from error

    def _write(self, line: bytes) -> None:
        if self.failed is not None:
            return
        try:
            _write_all(self._descriptor, line)
        except OSError as error:
            self.failed = error


def _never(_data: bytes) -> bool:
    return False


def _is_plain(headers: Headers) -> bool:
    return header(headers, "content-encoding") in {None, "", "identity"}


def _is_frames(headers: Headers) -> bool:
    """Whether a body is an AWS event stream, whose frames can be read as they arrive."""
    return _is_plain(headers) and "vnd.amazon.eventstream" in (header(headers, "content-type") or "").lower()


def _is_text(headers: Headers) -> bool:
    """Whether a body's lines can be read as they arrive, as without a content type."""
    if not _is_plain(headers):
        return False
    return _TEXT.match(header(headers, "content-type") or "text/") is not None


def _new_file(cassette: Path) -> tuple[Path, int]:
    """Create a journal with its first line, locked; return its descriptor too."""
    cassette.parent.mkdir(parents=True, exist_ok=True)
    while True:
        path = side_file(cassette, lines.SUFFIX)
        descriptor = os.open(path, _NEW_FILE, 0o600)
        if _lock(descriptor) and path.exists():
            break
        delete(path, descriptor)  # another process has just recovered it, as if its writer were dead
    try:
        _write_all(descriptor, lines.FIRST_LINE)
    except OSError:
        delete(path, descriptor)
        raise
    return path, descriptor


def _lock(descriptor: int) -> bool:
    try:
        return try_lock(descriptor)
    except OSError:  # a file system without locks: a dead writer can't be detected
        return True


def _write_all(descriptor: int, data: bytes) -> None:
    written = os.write(descriptor, data)
    while written < len(data):  # the disk is full, which the next write will report, or the line was huge
        written += os.write(descriptor, data[written:])


def delete(path: Path, descriptor: int) -> None:
    """Delete an open journal, and empty it for other processes that have it open."""
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
    with suppress(OSError):  # Windows deletes no open file
        path.unlink()
    release(descriptor)
    with suppress(OSError):
        path.unlink()


def release(descriptor: int) -> None:
    """Close a journal, so that it can be recovered."""
    with suppress(OSError):  # of a file system without locks
        unlock(descriptor)
    os.close(descriptor)
