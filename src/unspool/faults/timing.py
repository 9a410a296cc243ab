"""Late responses. A fault only changes times; the transport waits, on its clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from random import Random

from unspool.faults.cuts import stop_with
from unspool.faults.fault import Fault, Feed, each_piece, nothing_to_break
from unspool.faults.parts import Part, Piece, Sent, Stop


@dataclass(frozen=True, repr=False)
class SlowStart(Fault):
    """The first token is late: the headers arrive in time, everything else is delayed.

    Args:
        seconds: the delay.
        headers: whether the headers are late too.
    """

    seconds: float
    headers: bool = False

    def feed(self) -> Feed:
        def feed(part: Part) -> Iterable[Part]:
            if isinstance(part, Piece | Stop) or (self.headers and not isinstance(part, Sent)):
                return (replace(part, at=part.at + self.seconds),)
            return (part,)

        return feed


@dataclass(frozen=True, repr=False)
class Stall(Fault):
    """The stream falls silent for a while, then continues.

    Args:
        after: network chunks before that; at least one must follow.
        seconds: how long the silence lasts.
    """

    after: int = 0
    seconds: float = 60.0

    def feed(self) -> Feed:
        seen = 0

        def piece(piece: Piece) -> Iterable[Part]:
            nonlocal seen
            seen += 1
            late = self.seconds if seen > self.after else 0.0
            return (replace(piece, at=piece.at + late),)

        def stop(stop: Stop) -> Iterable[Part]:
            if seen <= self.after:
                raise nothing_to_break(self, f"{self.after + 1} network chunks", f"{seen}")
            return (replace(stop, at=stop.at + self.seconds),)

        return each_piece(piece, at_stop=stop)


@dataclass(frozen=True, repr=False)
class Hang(Fault):
    """The stream falls silent and never continues; in the end the connection is reset.

    Args:
        after: network chunks before that; the response must have more.
        seconds: how long the silence lasts: longer than any client should wait.
    """

    after: int = 0
    seconds: float = 3600.0

    def feed(self) -> Feed:
        seen = 0

        def piece(piece: Piece) -> Iterable[Part]:
            nonlocal seen
            seen += 1
            return (piece,) if seen <= self.after else (stop_with("reset", piece.at + self.seconds),)

        def stop(_stop: Stop) -> Iterable[Part]:
            raise nothing_to_break(self, f"{self.after + 1} network chunks", f"{seen}")

        return each_piece(piece, at_stop=stop)


@dataclass(frozen=True, repr=False)
class Drip(Fault):
    """The stream trickles, with a minimum time between any two network chunks.

    Args:
        seconds: between one chunk and the next.
    """

    seconds: float

    def feed(self) -> Feed:
        last: float | None = None

        def piece(piece: Piece) -> Iterable[Part]:
            nonlocal last
            last = piece.at if last is None else max(piece.at, last + self.seconds)
            return (replace(piece, at=last),)

        return each_piece(piece, at_stop=lambda stop: (replace(stop, at=max(stop.at, last or 0.0)),))


@dataclass(frozen=True, repr=False)
class Jitter(Fault):
    """Every network chunk is late by a random time, but their order is preserved.

    Args:
        most: the maximum delay of a chunk, in seconds.
        seed: the seed of the times; each response gets the same.
    """

    most: float = 0.5
    seed: int = 0

    def feed(self) -> Feed:
        random = Random(self.seed)  # noqa: S311 - to be repeatable, not secret
        last = 0.0

        def late(part: Piece | Stop) -> Iterator[Part]:
            nonlocal last
            last = max(last, part.at + random.uniform(0.0, self.most))
            yield replace(part, at=last)

        return each_piece(late, at_stop=late)
