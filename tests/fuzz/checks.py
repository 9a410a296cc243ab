"""What must hold of any stream, however broken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

import anyio

from unspool import CustomStreamWrapper, CycleGuard, VirtualClock, stream_chunk_builder
from unspool.errors import APIError, ProviderError, UnspoolError, WireError
from unspool.models import ModelResponseStream
from unspool.providers import pipeline_for
from unspool.wire._decoder import Decoder
from unspool.wire.json_array import JSONArrayDecoder
from unspool.wire.sse import SSEDecoder


@dataclass
class Seen:
    """What a consumer got, in a form that can be compared; the error as its class and words."""

    said: list[str] = field(default_factory=list)
    error: str = ""


def check(pieces: list[bytes], wire_format: str, provider: str) -> None:
    """Read a stream in every way.

    Raises:
        AssertionError: two ways differ, or an error isn't ours.
        Exception: somebody else's, which a user would have seen.
    """
    chunks = list(_normalized(pieces, wire_format, at_error=[]))
    whole = list(_normalized([b"".join(pieces)], wire_format, at_error=[]))
    assert _dumped(chunks) == _dumped(whole), "another cut, another answer"
    for strict in (False, True):
        sync = _read(_wrapper(pieces, wire_format, provider, strict=strict))
        assert sync == anyio.run(_aread, _wrapper(pieces, wire_format, provider, strict=strict))
    _check_builder(chunks)
    _check_cap(pieces, wire_format)


def _normalized(
    pieces: Iterable[bytes], wire_format: str, *, at_error: list[UnspoolError] | None = None
) -> Iterator[ModelResponseStream]:
    pipeline = pipeline_for(wire_format)
    try:
        for piece in pieces:
            yield from pipeline.feed(piece)
        yield from pipeline.flush()
    except UnspoolError as error:
        if at_error is None:
            raise
        at_error.append(error)


class _Chunks:
    """The normalizer's chunks, for `for` and for `async for`."""

    def __init__(self, chunks: Iterator[ModelResponseStream]) -> None:
        self._chunks = chunks

    def __iter__(self) -> Iterator[ModelResponseStream]:
        return self._chunks

    def __aiter__(self) -> AsyncIterator[ModelResponseStream]:
        return self

    async def __anext__(self) -> ModelResponseStream:
        try:
            return next(self._chunks)
        except StopIteration:
            raise StopAsyncIteration from None


def _wrapper(pieces: list[bytes], wire_format: str, provider: str, *, strict: bool) -> CustomStreamWrapper:
    return CustomStreamWrapper(
        _Chunks(_normalized(pieces, wire_format)),
        "asked-for",
        custom_llm_provider=provider,
        stream_options={"include_usage": True} if strict else None,
        strict=strict,
        cycle_guard=CycleGuard(similarity=0.8) if strict else None,
        clock=VirtualClock(1_700_000_000.0),
    )


def _read(stream: CustomStreamWrapper) -> Seen:
    seen, chunks = Seen(), []
    try:
        for chunk in stream:
            chunks.append(chunk)  # noqa: PERF402 - what came before an error counts
    except ProviderError as error:
        seen.error = _ours(error)
    seen.said = _dumped(chunks)
    _check_builder(chunks)
    return seen


async def _aread(stream: CustomStreamWrapper) -> Seen:
    seen, chunks = Seen(), []
    try:
        async for chunk in stream:
            chunks.append(chunk)  # noqa: PERF401 - what came before an error counts
    except ProviderError as error:
        seen.error = _ours(error)
    seen.said = _dumped(chunks)
    return seen


def _ours(error: ProviderError) -> str:
    cause: BaseException | None = error.original_exception
    if cause is not None and not isinstance(cause, UnspoolError):
        raise cause
    assert isinstance(error.generated_content, str)
    return f"{type(error).__name__}: {error}"


def _dumped(chunks: list[ModelResponseStream]) -> list[str]:
    """The chunks as data, without the ids that are made up."""
    # As text, for NaN doesn't equal itself.
    return [repr(chunk.model_dump(exclude={"id", "created"}, warnings=False)) for chunk in chunks]


def _check_builder(chunks: list[ModelResponseStream]) -> None:
    try:
        stream_chunk_builder(chunks)
    except APIError as error:
        if error.original_exception is not None:
            raise error.original_exception from error
        raise


def _check_cap(pieces: list[bytes], wire_format: str) -> None:
    """No event is larger than may be, whatever comes: a decoder holds no more than that and one read."""
    decoder = _CAPPED.get(wire_format, partial(SSEDecoder, keep_ignored=True))(max_event_bytes=CAP)
    with suppress(WireError):
        for piece in pieces:
            for event in decoder.feed(piece):
                assert len(event.data.encode("utf-8", "surrogatepass")) <= 3 * CAP  # U+FFFD takes three


CAP = 300
_CAPPED: dict[str, Callable[..., Decoder]] = {"gemini-generate-jsonarray": JSONArrayDecoder}
