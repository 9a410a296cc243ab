"""Every place where an answer may be cut off, one interaction each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Literal

from unspool.cassette.boundaries import pieces
from unspool.cassette.content_coding import decoded
from unspool.cassette.model import Interaction, NetworkChunk, Response, Timeline
from unspool.errors import FaultError
from unspool.faults.cuts import Ending, stop_with
from unspool.faults.frames import framing_of
from unspool.faults.parts import unsized

Pieces = list[tuple[float, bytes]]


def every_prefix(
    interaction: Interaction,
    *,
    by: Literal["chunk", "event", "byte"] = "event",
    end: Ending = "complete",
) -> Iterator[Interaction]:
    """The interaction cut off at each place, the shortest first, the whole one last.

        for cut in every_prefix(recording):
            answer = ask(ReplayTransport(Cassette.of([cut])))

    Each is made when it is asked for. A recording of n events yields n + 1: after none, after one, …, and the
    whole; so do n chunks and n bytes.

    Args:
        by: after each network `chunk`, each `event` (comments are none, `[DONE]` is one) or each `byte`.
        end: how the cut ones end: `complete`, `reset`, `protocol_error` or `read_timeout`.

    Raises:
        FaultError: `by` is none of these.
    """
    if by not in _CUTS:
        raise FaultError(f"expected by to be one of {', '.join(_CUTS)}, got {by!r}")
    response = decoded(interaction.response)
    found = pieces(response)
    for size in _CUTS[by](found):
        yield replace(interaction, response=_prefix(response, found, size, end))
    yield interaction


def _prefix(response: Response, found: Pieces, size: int, end: Ending) -> Response:
    """The response whose body is that many bytes."""
    timeline = response.timeline or Timeline()
    kept: list[NetworkChunk] = []
    left, at = size, timeline.headers_at or 0.0
    for moment, data in found:
        if left <= 0:
            break
        kept.append(NetworkChunk(min(left, len(data)), moment))
        left, at = left - len(data), moment
    stop = stop_with(end, at)
    cut = replace(timeline, chunks=tuple(kept), end=stop.end, ended_at=at, failure=stop.failure)
    headers = unsized(response.headers)
    return replace(response, headers=headers, body=response.body[:size], timeline=cut)


def _sums(sizes: Iterable[int]) -> Iterator[int]:
    """The places between things of these sizes, the one before them included, the one after them not."""
    place = 0
    for size in sizes:
        yield place
        place += size


def _after_events(found: Pieces) -> Iterator[int]:
    """The places before the first event and after each but the last; a comment goes with what follows it."""
    body = b"".join(data for _, data in found)
    framing = framing_of(body)
    frames = [*framing.split(body, 0.0), *framing.rest()]
    ends = accumulate(len(frame.data) for frame in frames)
    after = [end for frame, end in zip(frames, ends, strict=True) if frame.event is not None]
    return iter([0, *after[:-1]] if after else [])


_CUTS: dict[str, Callable[[Pieces], Iterator[int]]] = {
    "chunk": lambda found: _sums(len(data) for _, data in found),
    "event": _after_events,
    "byte": lambda found: iter(range(sum(len(data) for _, data in found))),
}
