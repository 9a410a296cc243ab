"""Bodies whose bytes arrive in other pieces than they were sent in, or damaged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Literal

from unspool.cassette.boundaries import says_goodbye
from unspool.counts import counted
from unspool.errors import FaultError
from unspool.faults.fault import Fault, Feed, at_event, each_piece, nothing_to_break
from unspool.faults.frames import AWSFraming, Frame
from unspool.faults.parts import Part, Piece, Stop


@dataclass(frozen=True, repr=False)
class Rechunk(Fault):
    """The body arrives in pieces of one size, each at the time of its last byte.

    Args:
        size: bytes in each piece, from 1; the last may have fewer.
    """

    recuts: ClassVar[bool] = True

    size: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.size < 1:
            raise FaultError(f"expected pieces of at least 1 byte, got size={self.size!r}")

    def feed(self) -> Feed:
        return _regrouped(iter(lambda: self.size, None))


@dataclass(frozen=True, repr=False)
class Shred(Fault):
    """The body arrives in pieces of random sizes.

    Args:
        seed: the seed of the sizes; each response gets the same.
        most: the maximum size of a piece, in bytes.
    """

    recuts: ClassVar[bool] = True

    seed: int = 0
    most: int = 20

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.most < 1:
            raise FaultError(f"expected pieces of at least 1 byte, got most={self.most!r}")

    def feed(self) -> Feed:
        random = Random(self.seed)  # noqa: S311 - to be repeated, not to be secret
        return _regrouped(iter(lambda: random.randint(1, self.most), None))


def _regrouped(sizes: Iterator[int]) -> Feed:
    held = bytearray()
    tail = bytearray()
    size = next(sizes)
    last = 0.0

    def piece(piece: Piece) -> Iterator[Part]:
        nonlocal size, last
        held.extend(piece.data)
        last = piece.at
        tail.extend(piece.data)
        del tail[:-_TAIL_BYTES]
        while len(held) >= size:
            yield Piece(bytes(held[:size]), piece.at)
            del held[:size]
            size = next(sizes)
        if held and says_goodbye(bytes(tail)):
            yield Piece(bytes(held), piece.at)
            held.clear()

    def stop(stop: Stop) -> Iterator[Part]:
        if held:
            yield Piece(bytes(held), last)
        yield stop

    return each_piece(piece, at_stop=stop)


_TAIL_BYTES = 4096
"""Places to look for the end marker of a stream, so that buffered bytes need not wait for the end of the
connection."""

_SEAMS: dict[str, re.Pattern[bytes]] = {
    # Each matches nothing, between two bytes.
    "characters": re.compile(rb"(?<=[\xc0-\xff])|(?<=[\x80-\xbf])(?=[\x80-\xbf])"),
    "crlf": re.compile(rb"(?<=\r)(?=\n)"),
    "data": re.compile(rb"(?<=da)(?=ta:)"),
    "lines": re.compile(rb"(?<=\n)(?=.)", re.DOTALL),
}


@dataclass(frozen=True, repr=False)
class Split(Fault):
    """The network cuts at every one of certain places; if there are none, nothing changes.

    Args:
        at: `characters`, between the bytes of each character; `crlf`, between each CR and its LF; `data`,
            inside each `data:`; `lines`, after each line.
    """

    recuts: ClassVar[bool] = True

    at: Literal["characters", "crlf", "data", "lines"] = "characters"

    def feed(self) -> Feed:
        def piece(piece: Piece) -> Iterable[Part]:
            return (replace(piece, data=data) for data in _SEAMS[self.at].split(piece.data) if data)

        return each_piece(piece)


@dataclass(frozen=True, repr=False)
class Merge(Fault):
    """Network chunks arrive together, at the time of the last of them.

    Args:
        count: how many in one; None for all.
    """

    recuts: ClassVar[bool] = True

    count: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.count is not None and self.count < 1:
            raise FaultError(f"expected to merge at least 1 chunk, got count={self.count!r}")

    def feed(self) -> Feed:
        held: list[Piece] = []

        def piece(piece: Piece) -> Iterator[Part]:
            held.append(piece)
            if len(held) == self.count or says_goodbye(piece.data):
                yield _merged(held)
                held.clear()

        def stop(stop: Stop) -> Iterator[Part]:
            if held:
                yield _merged(held)
            yield stop

        return each_piece(piece, at_stop=stop)


def _merged(pieces: list[Piece]) -> Piece:
    return Piece(b"".join(piece.data for piece in pieces), pieces[-1].at)


@dataclass(frozen=True, repr=False)
class Corrupt(Fault):
    """A byte is changed in transit.

    Args:
        after: bytes before it.
        seed: the seed of the new value.
    """

    after: int = 0
    seed: int = 0

    def feed(self) -> Feed:
        mask = Random(self.seed).randint(1, 255)  # noqa: S311 - to be repeated, not to be secret
        passed = 0

        def piece(piece: Piece) -> Iterator[Part]:
            nonlocal passed
            place = self.after - passed
            passed += len(piece.data)
            yield replace(piece, data=_flipped(piece.data, place, mask))

        def stop(stop: Stop) -> Iterable[Part]:
            if passed <= self.after:
                raise nothing_to_break(self, counted(self.after + 1, "byte"), f"{passed}")
            return (stop,)

        return each_piece(piece, at_stop=stop)


def _flipped(data: bytes, place: int, mask: int) -> bytes:
    if not 0 <= place < len(data):
        return data
    return data[:place] + bytes([data[place] ^ mask]) + data[place + 1 :]


@dataclass(frozen=True, repr=False)
class BadChecksum(Fault):
    """The checksum of a frame of an AWS event stream is wrong.

    Args:
        after: frames before it.
    """

    after: int = 0

    def feed(self) -> Feed:
        return at_event(self, self.after, self._broken)

    def _broken(self, frame: Frame) -> Iterable[Frame]:
        if not isinstance(frame.framing, AWSFraming):
            raise nothing_to_break(self, "frames of an AWS event stream", f"{frame.framing.name}")
        return (replace(frame, data=_flipped(frame.data, len(frame.data) - 1, 0xFF)),)
