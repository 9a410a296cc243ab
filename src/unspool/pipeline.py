"""The one protocol for everything incremental, and the way to join its parts.

A stage takes items one at a time and hands on whatever they complete. It knows no socket, no clock
and no thread, so that the sync and the async client share every line of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, TypeVar

In_contra = TypeVar("In_contra", contravariant=True)
Out_co = TypeVar("Out_co", covariant=True)


class Stage(Protocol[In_contra, Out_co]):
    """Items in, items out: a decoder, a normalizer, a guard, a fault.

    Both methods are lazy: what came before a bad item in the same input is delivered, then the error
    is raised. Read their result to its end before the next call.
    """

    def feed(self, item: In_contra, /) -> Iterator[Out_co]:
        """What this item completes."""
        ...

    def flush(self) -> Iterator[Out_co]:
        """What was still held back when the input ended. A cut-off stream is noticed here."""
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
