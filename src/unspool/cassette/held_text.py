"""Scrub text that arrives in pieces: hold it back while it may end inside a secret.

Apart from `redact`, which finds the secrets: this knows of pieces and lines only, and is given a scrubber.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from math import inf
from typing import NamedTuple

from unspool.cassette.channels import (
    Channel,
    Piece,
    pieces_of,
    raw_size,
    rewritten,
    texts_of,
    unescaped,
)
from unspool.cassette.content_coding import first_frame, frames_with_lines, lines_of_frames

_MOST_BYTES = 64 * 1024
_CONTEXT_BYTES = 4 * 1024


class HeldText:
    """A scrubber of text in pieces, line by line: a line is returned when it has ended.

    Of an unfinished line, all but the last 4 KiB are returned when it's longer than 64 KiB; a secret in such
    a line is found if it isn't longer than that.

    Args:
        scrub: puts as many harmless bytes in the place of a secret's bytes.
    """

    def __init__(self, scrub: Callable[[bytes], bytes]) -> None:
        self._scrub = scrub
        self._raw = bytearray()
        self._released = 0  # how many of these were returned: stored to find a secret that starts in them

    def feed(self, data: bytes) -> bytes:
        """Add text; return the text that can be released."""
        if not self._raw and data.endswith(b"\n"):  # nearly every chunk of every stream
            return self._scrub(data)
        self._raw += data
        line_end = self._raw.rfind(b"\n", len(self._raw) - len(data)) + 1
        if line_end:
            return self._release(line_end, keep_from=line_end)
        if len(self._raw) - self._released <= _MOST_BYTES:
            return b""
        until = len(self._raw) - _CONTEXT_BYTES
        return self._release(until, keep_from=until - _CONTEXT_BYTES)

    def flush(self) -> bytes:
        """Return the rest at the end."""
        return self._release(len(self._raw), keep_from=len(self._raw))

    def _release(self, until: int, *, keep_from: int) -> bytes:
        seen = bytes(self._raw[:until]) if keep_from == until else bytes(self._raw)
        text = self._scrub(seen)[self._released : until]
        del self._raw[:keep_from]
        self._released = until - keep_from
        return text


class Release(NamedTuple):
    """Bytes of a body that may be written.

    Attributes:
        data: the body's next bytes, with asterisks in place of parts of channels that are held back.
        held: start and size, in the body, of each such part in these bytes.
        fills: the bytes of parts that were held back earlier, with their start in the body.
    """

    data: bytes
    held: tuple[tuple[int, int], ...] = ()
    fills: tuple[tuple[int, bytes], ...] = ()


_NOTHING = Release(b"")
_MOST_HELD = 4 * 1024
_MOST_OF_A_KEY_FILE = 16 * 1024
_KEY_FILE = b"-----BEGIN "
_CONTEXT = 512
_RECENT = 128
_MOST_KNOWN = 64


class HeldChannels:
    """A scrubber of a stream's text line by line, and of its channels over the lines.

    A channel's end is held back only while a secret may have begun there: at most 4 KiB, or 16 KiB of a key
    file. Everything else is returned as soon as its line has ended.

    Args:
        scrub: puts as many harmless bytes in the place of a secret's bytes.
        begins_at: returns the start of a possible secret that the end of the data cuts; the data's length if
            there is none.
        is_quiet: whether no secret can end, or have begun, in the last bytes of a text: a cheap first check.
    """

    def __init__(
        self,
        scrub: Callable[[bytes], bytes],
        begins_at: Callable[[bytes], int],
        is_quiet: Callable[[bytes], bool],
    ) -> None:
        self._scrub = scrub
        self._begins_at = begins_at
        self._is_quiet = is_quiet
        self._line = bytearray()
        self._endless: HeldText | None = None
        self._channels: dict[Channel, _Held] = {}
        self._clean_frames: set[bytes] = set()
        self._given = 0

    def feed(self, data: bytes) -> Release:
        """Add data of the body; return the bytes that can be written."""
        if self._endless is not None:
            end = data.find(b"\n") + 1
            if not end:
                return self._plain(self._endless.feed(data))
            rest = self._endless.feed(data[:end]) + self._endless.flush()
            self._endless = None
            return _joined([self._plain(rest), self.feed(data[end:])])
        if self._line or not data.endswith(b"\n"):
            self._line += data
            end = self._line.rfind(b"\n", len(self._line) - len(data)) + 1
            if not end:
                return self._begin_endless() if len(self._line) > _MOST_BYTES else _NOTHING
            data = bytes(self._line[:end])
            del self._line[:end]
        return _joined([self._whole_line(line) for line in data.splitlines(keepends=True)])

    def flush(self) -> Release:
        """Everything that is still held back, because no more will come."""
        rest = self._endless.flush() if self._endless is not None else self._scrub(bytes(self._line))
        self._endless = None
        self._line.clear()
        fills = [fill for held in self._channels.values() for fill in held.let_go(self._scrub)]
        return Release(self._plain(rest).data, (), tuple(fills))

    def _begin_endless(self) -> Release:
        self._endless = HeldText(self._scrub)
        released = self._endless.feed(bytes(self._line))
        self._line.clear()
        return self._plain(released)

    def _plain(self, data: bytes) -> Release:
        self._given += len(data)
        return Release(data)

    def _whole_line(self, line: bytes) -> Release:
        texts = texts_of(line)
        if texts is None:
            pieces = pieces_of(line)
            texts = [(piece.channel, _text(line, piece)) for piece in pieces]
        stirred = [number for number, (channel, text) in enumerate(texts) if self._is_stirred(channel, text)]
        clean = self._clean_line(line, texts, is_calm=not stirred)
        if not stirred:
            return self._plain(clean)
        return self._with_channels(line, clean, stirred)

    def _is_stirred(self, channel: Channel, text: str) -> bool:
        """Add to a channel's text; return whether its end needs a search."""
        held = self._channels.get(channel)
        if held is None:
            held = self._channels[channel] = _Held()
        return held.add(text.encode("utf-8", "surrogatepass"), self._is_quiet)

    def _clean_line(self, line: bytes, texts: list[tuple[Channel, str]], *, is_calm: bool) -> bytes:
        """Return the line without secrets; one that differs from an earlier one by quiet words needs no
        search.
        """
        frame = line
        if is_calm and len(texts) == 1:
            frame = line.replace(b'"%b"' % texts[0][1].encode("utf-8", "replace"), b'""', 1)
        if frame in self._clean_frames:
            return line
        clean = self._scrub(line)
        if clean == line and is_calm and len(self._clean_frames) < _MOST_KNOWN:
            self._clean_frames.add(frame)
        return clean

    def _with_channels(self, line: bytes, clean: bytes, stirred: list[int]) -> Release:
        pieces, out = pieces_of(line), bytearray(clean)
        held: list[tuple[int, int]] = []
        fills: list[tuple[int, bytes]] = []
        for number in stirred:
            piece = pieces[number]
            channel = self._channels[piece.channel]
            channel.hold(_Part(self._given + piece.start, line[piece.start : piece.end], piece.is_json))
            for start, new in channel.settle(self._scrub, self._begins_at):
                at = start - self._given
                if at < 0:
                    fills.append((start, new))
                elif new != line[at : at + len(new)]:
                    out[at : at + len(new)] = new
            for part in channel.parts:
                at = part.start - self._given
                if at >= 0:
                    out[at : at + len(part.raw)] = b"*" * len(part.raw)
                    held.append((part.start, len(part.raw)))
        self._given += len(line)
        return Release(bytes(out), tuple(held), tuple(fills))


class HeldFrames:
    """A scrubber of an AWS event stream frame by frame, and of its channels over the frames.

    A frame is returned as soon as no part of its text is held back. The arguments are those of
    `HeldChannels`.
    """

    def __init__(
        self,
        scrub: Callable[[bytes], bytes],
        begins_at: Callable[[bytes], int],
        is_quiet: Callable[[bytes], bool],
    ) -> None:
        self._scrub = scrub
        self._channels = HeldChannels(scrub, begins_at, is_quiet)
        self._raw = bytearray()
        self._frames: deque[tuple[bytes, int]] = deque()  # those held back, each with the size of its lines
        self._lines = bytearray()  # the clean lines of these frames
        self._gone = 0  # the bytes of lines before these
        self._held: dict[int, int] = {}  # starts and sizes of parts of the lines

    def feed(self, data: bytes) -> Release:
        """Add data of the body; return the whole frames that can be written."""
        self._raw += data
        while frame := first_frame(self._raw):
            del self._raw[: len(frame)]
            lines = lines_of_frames(frame) + b"\n"
            self._frames.append((frame, len(lines)))
            self._note(self._channels.feed(lines))
        return Release(b"".join(self._ready()))

    def flush(self) -> Release:
        """Everything that is still held back, because no more will come."""
        self._note(self._channels.flush())
        return Release(b"".join(self._ready()) + self._scrub(bytes(self._raw)))

    def _note(self, release: Release) -> None:
        self._lines += release.data
        self._held.update(release.held)
        for start, data in release.fills:
            at = start - self._gone
            self._lines[at : at + len(data)] = data
            left = self._held.pop(start, 0) - len(data)
            if left > 0:
                self._held[start + len(data)] = left

    def _ready(self) -> Iterator[bytes]:
        first_held = min(self._held, default=inf)
        while self._frames:
            frame, size = self._frames[0]
            if size > len(self._lines) or self._gone + size > first_held:
                return
            yield frames_with_lines(frame, bytes(self._lines[: size - 1]))
            self._frames.popleft()
            del self._lines[:size]
            self._gone += size


class _Part(NamedTuple):
    """A part of a channel that is held back: its start in the body, and its bytes there."""

    start: int
    raw: bytes
    is_json: bool

    @property
    def text(self) -> bytes:
        return unescaped(self.raw) if self.is_json else self.raw

    def rewritten(self, new: bytes) -> bytes:
        return rewritten(self.raw, new) if self.is_json else new

    def cut(self, size: int) -> tuple[_Part, _Part]:
        """Split a part after the first `size` bytes of its text."""
        at = raw_size(self.raw, size) if self.is_json else size
        return self._replace(raw=self.raw[:at]), self._replace(start=self.start + at, raw=self.raw[at:])


class _Held:
    """A channel: the end of its text, and the parts of it that are held back."""

    __slots__ = ("parts", "tail")

    def __init__(self) -> None:
        self.tail = b""
        self.parts: list[_Part] = []

    def add(self, text: bytes, is_quiet: Callable[[bytes], bool]) -> bool:
        """Add to the text; return whether it needs a search, or has parts that are held back."""
        if self.parts:
            self.tail += text
            return True
        if len(self.tail) > 2 * _CONTEXT:
            self.tail = self.tail[-_CONTEXT:]
        self.tail += text
        return not is_quiet(self.tail[-_RECENT - len(text) :])

    def hold(self, part: _Part) -> None:
        self.parts.append(part)

    def settle(
        self, scrub: Callable[[bytes], bytes], begins_at: Callable[[bytes], int]
    ) -> list[tuple[int, bytes]]:
        """Release the parts that can't end inside a secret; each with its start in the body."""
        texts = [part.text for part in self.parts]
        size = sum(map(len, texts))
        at = begins_at(self.tail)
        most = _MOST_OF_A_KEY_FILE if self.tail.startswith(_KEY_FILE, at) else _MOST_HELD
        if len(self.tail) - at > most or size > most + _MOST_BYTES:
            at = len(self.tail)
        return self._let_go(scrub, texts, at)

    def let_go(self, scrub: Callable[[bytes], bytes]) -> list[tuple[int, bytes]]:
        return self._let_go(scrub, [part.text for part in self.parts], len(self.tail))

    def _let_go(
        self, scrub: Callable[[bytes], bytes], texts: list[bytes], until: int
    ) -> list[tuple[int, bytes]]:
        clean = scrub(self.tail)
        at = len(self.tail) - sum(map(len, texts))
        gone: list[tuple[int, bytes]] = []
        kept: list[_Part] = []
        for part, text in zip(self.parts, texts, strict=True):
            end = at + len(text)
            if until < end:
                part, rest = part.cut(max(0, until - at))  # noqa: PLW2901 - the released part of it
                kept.append(rest)
                end = at + len(part.text)
            if part.raw:
                gone.append((part.start, part.rewritten(clean[at:end])))
            at += len(text)
        self.parts = kept
        held = sum(len(part.text) for part in kept)
        self.tail = self.tail[max(0, len(self.tail) - held - _CONTEXT) :]
        return gone


def _text(line: bytes, piece: Piece) -> str:
    raw = line[piece.start : piece.end]
    return (unescaped(raw) if piece.is_json else raw).decode("utf-8", "surrogateescape")


def _joined(releases: list[Release]) -> Release:
    if len(releases) == 1:
        return releases[0]
    held = tuple(span for release in releases for span in release.held)
    fills = tuple(fill for release in releases for fill in release.fills)
    return Release(b"".join(release.data for release in releases), held, fills)
