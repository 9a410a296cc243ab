"""Streams that don't end by themselves, of every kind that models have been seen to fall into."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, cycle, islice
from random import Random
from typing import Any, Literal, overload

from pytest_unspool.stream_wrapper import StreamFactory
from pytest_unspool.streams import CannedStream, UnspoolStream
from unspool import FOREVER, reasoning_chunks, tool_call_chunks
from unspool.fake import check_repeat


class LoopFactory:
    """Opens loops; the options of each are those of `StreamFactory`, and `repeat` is for ever by default."""

    def __init__(self, open_stream: StreamFactory) -> None:
        self._open: Callable[..., CannedStream] = open_stream

    @overload
    def __call__(
        self,
        script: str | Iterable[Any],
        *,
        repeat: float = FOREVER,
        implementation: Literal["unspool"] = "unspool",
        **options: Any,
    ) -> UnspoolStream: ...

    @overload
    def __call__(
        self, script: str | Iterable[Any], *, repeat: float = FOREVER, implementation: str, **options: Any
    ) -> CannedStream: ...

    def __call__(
        self, script: str | Iterable[Any], *, repeat: float = FOREVER, **options: Any
    ) -> CannedStream:
        """The same again and again: a text, which is one chunk, or a script of any period."""
        return self._open([script] if isinstance(script, str) else script, repeat=repeat, **options)

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
        """Chunks that are nearly the same: `near_duplicates("{n}: I {verb}.", {"verb": ["try", "look"]})`.

        Args:
            template: the text of a chunk, for `str.format`. `{n}` is its number, from 1.
            words: what other fields may be; the seed decides which it is each time.
            seed: the same one, the same stream.
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
        """A tool call that never ends: after the beginning of its arguments the same comes for ever."""
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
        """Reasoning that never ends: these texts in turn, a chunk each."""
        script = [chunk for text in texts for chunk in reasoning_chunks(text, size=len(text))]
        return self._open(script, repeat=repeat, **options)


def _variations(template: str, words: Mapping[str, Sequence[str]], random: Random) -> Iterator[str]:
    for n in count(1):
        yield template.format(n=n, **{field: random.choice(choices) for field, choices in words.items()})


def _first(repeat: float, items: Iterator[Any]) -> Iterator[Any]:
    check_repeat(repeat)
    return items if repeat == FOREVER else islice(items, int(repeat))
