"""The protocol of incremental stages, and their chain.

A stage takes items one at a time and emits the items that they complete. It uses no socket, no clock and no
thread, so the sync and the async client share all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class Stage(Protocol[In_contra, Out_co]):
    """Items in, items out: a decoder, a normalizer, a guard, a fault.

    Both methods are lazy: the items before a bad one in the same input are delivered, then the error is
    raised. Read their result to its end before the next call.
    """

    def feed(self, item: In_contra, /) -> Iterator[Out_co]:
        """Yield the items that this one completes."""
        ...

    def flush(self) -> Iterator[Out_co]:
        """Yield the remaining items at the end of the input. Detects a cut-off stream."""
        ...


class Chain:
    """Stages joined end to end, itself a stage: `Chain(SSEDecoder(), normalizer)` turns bytes into chunks."""

    def __init__(self, *stages: Stage[Any, Any]) -> None:
        self._stages = stages

    def feed(self, item: Any, /) -> Iterator[Any]:
        if len(self._stages) == 2:  # a decoder and a normalizer, mostly: half the generators
            first, second = self._stages
            return _feed_all(second, first.feed(item))
        return _through(self._stages, (item,))

    def flush(self) -> Iterator[Any]:
        for position, stage in enumerate(self._stages):
            yield from _through(self._stages[position + 1 :], stage.flush())


def _through(stages: tuple[Stage[Any, Any], ...], items: Iterable[Any]) -> Iterator[Any]:
    for stage in stages:
        items = _feed_all(stage, items)
    return iter(items)


def _feed_all(stage: Stage[Any, Any], items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        yield from stage.feed(item)
