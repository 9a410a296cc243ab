"""`looping_stream`: streams that don't end, of every kind that models are known to fall into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, cycle, islice
from random import Random
from typing import Any, Literal, overload

from pytest_unspool.stream_wrapper import StreamFactory
from pytest_unspool.streams import CannedStream, UnspoolStream
from unspool import FOREVER, moved, reasoning_chunks, tool_call_chunks
from unspool.fake import check_repeat


class LoopFactory:
    """Opens loops; the options are those of `StreamFactory`, and `repeat` is `FOREVER` by default."""

    def __init__(self, open_stream: StreamFactory) -> None:
        self._open: Callable[..., CannedStream] = open_stream

    @overload
    def __call__(
        self,
        items: str | Iterable[Any],
        *,
        repeat: float = FOREVER,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def __call__(
        self, items: str | Iterable[Any], *, repeat: float = FOREVER, implementation: str, **options: Any
    ) -> CannedStream: ...

    @moved.keywords(script="items")
    def __call__(
        self, items: str | Iterable[Any], *, repeat: float = FOREVER, **options: Any
    ) -> CannedStream:
        """Repeat a text, which is one chunk, or items of any period."""
        return self._open([items] if isinstance(items, str) else items, repeat=repeat, **options)

    @overload
    def near_duplicates(
        self,
        template: str,
        words: Mapping[str, Sequence[str]] | None = None,
        *,
        seed: int = 0,
        repeat: float = FOREVER,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def near_duplicates(
        self,
        template: str,
        words: Mapping[str, Sequence[str]] | None = None,
        *,
        seed: int = 0,
        repeat: float = FOREVER,
        implementation: str,
        **options: Any,
    ) -> CannedStream: ...

    def near_duplicates(
        self,
        template: str,
        words: Mapping[str, Sequence[str]] | None = None,
        *,
        seed: int = 0,
        repeat: float = FOREVER,
        **options: Any,
    ) -> CannedStream:
        """Stream nearly equal chunks: `near_duplicates("{n}: I {verb}.", {"verb": ["try", "look"]})`.

        Args:
            template: the text of a chunk, for `str.format`. `{n}` is its number, from 1.
            words: the values of other fields; the seed decides which one each time.
            seed: the same seed makes the same stream.
            repeat: how many chunks.
            options: see `StreamFactory`.
        """
        random = Random(seed)  # noqa: S311 - no secret
        return self._open(_first(repeat, _variations(template, words or {}, random)), **options)

    @overload
    def tool_call(
        self,
        name: str,
        arguments: str,
        again: str,
        *,
        repeat: float = FOREVER,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def tool_call(
        self,
        name: str,
        arguments: str,
        again: str,
        *,
        repeat: float = FOREVER,
        implementation: str,
        **options: Any,
    ) -> CannedStream: ...

    def tool_call(
        self, name: str, arguments: str, again: str, *, repeat: float = FOREVER, **options: Any
    ) -> CannedStream:
        """Stream a tool call that never ends: the beginning of its arguments, then the same text forever."""
        opening = tool_call_chunks(name, arguments, size=len(arguments) or 1)
        _, *fragments = tool_call_chunks(name, again, size=len(again))
        return self._open(chain(opening, _first(repeat, cycle(fragments))), **options)

    @overload
    def reasoning(
        self,
        *texts: str,
        repeat: float = FOREVER,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def reasoning(
        self, *texts: str, repeat: float = FOREVER, implementation: str, **options: Any
    ) -> CannedStream: ...

    def reasoning(self, *texts: str, repeat: float = FOREVER, **options: Any) -> CannedStream:
        """Stream reasoning that never ends: these texts in turn, a chunk each."""
        items = [chunk for text in texts for chunk in reasoning_chunks(text, size=len(text))]
        return self._open(items, repeat=repeat, **options)


def _variations(template: str, words: Mapping[str, Sequence[str]], random: Random) -> Iterator[str]:
    for n in count(1):
        yield template.format(n=n, **{field: random.choice(choices) for field, choices in words.items()})


def _first(repeat: float, items: Iterator[Any]) -> Iterator[Any]:
    check_repeat(repeat)
    return items if repeat == FOREVER else islice(items, int(repeat))
