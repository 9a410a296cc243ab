"""Faults on canned streams: items of a `FakeStream`, with a fault among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json, to_json

from unspool import moved
from unspool.cassette.failures import FAILURES
from unspool.cassette.model import End, Failure, Request, header
from unspool.chunk_makers import Pause, chunk_with, finish_chunk
from unspool.error_mapping import error_from_body
from unspool.errors import FaultError
from unspool.faults.fault import Fault
from unspool.faults.notes import Notes
from unspool.faults.parts import Head, Part, Piece, Sent, Stop
from unspool.models import Delta
from unspool.pipeline import Stage
from unspool.providers import decoder_for, format_of
from unspool.wire.aws import AWSEventStreamDecoder, encode_aws
from unspool.wire.event import WireEvent
from unspool.wire.ndjson import NDJSONDecoder, encode_ndjson
from unspool.wire.sse import encode_sse


@moved.keywords(script="items")
def break_items(
    items: Iterable[Any],
    fault: Fault,
    *,
    provider: str = "openai",
    errors: Any = None,
    attempt: int = 1,
    notes: Notes | None = None,
) -> Iterator[Any]:
    """Break the items of a `FakeStream`, which plays them with the same provider.

        FakeStream(break_items([*text_chunks("It rains."), finish_chunk()], Break(after=2)))

    Text and chunks become bytes in OpenAI's format, each a network chunk. Text alone is a whole response, so
    a finish reason follows it. Items are read as the stream goes on, so they may be endless. A refusal is
    raised as the error that a client would make of it.

    Args:
        items: what a `FakeStream` takes.
        fault: what happens to it.
        provider: whose bytes these are: a provider, or a wire format's name.
        errors: `httpx` or `httpx2`, whose exceptions to raise; by default Python's own.
        attempt: which request this answers, from 1.
        notes: records what the fault did; with it, items that the fault doesn't fit pass whole.

    Raises, when its turn comes:
        FaultError: the items contain nothing that the fault could break.
    """
    player = _Player(fault.stage(attempt, notes), errors)
    yield from player.play(Sent(Request("POST", f"https://{provider}.invalid/v1/chat/completions")))
    yield from player.play(Head(headers=(("content-type", "text/event-stream"),)))
    at, is_text = 0.0, None
    for item in items:
        if isinstance(item, str) and item:
            is_text = is_text is not False
        elif not isinstance(item, Pause):
            is_text = False
        if isinstance(item, Pause):
            at += item.seconds
        elif isinstance(item, BaseException | type):
            yield from player.play_error(item, at)
            return
        elif data := _bytes_of(item, provider):
            yield from player.play(Piece(data, at))
    if is_text:
        yield from player.play(Piece(_bytes_of(finish_chunk(), provider), at))
    yield from player.play(Stop(at))


class _Player:
    """Converts the output of a fault to items of a script."""

    def __init__(self, stage: Stage[Part, Part], errors: Any) -> None:
        self._stage = stage
        self._errors = errors
        self._at = 0.0
        self._ended = False
        self._refused: Head | None = None
        self._cause: tuple[Failure, Any] | None = None
        self._body = b""

    def play(self, part: Part) -> Iterator[Any]:
        for out in () if self._ended else self._stage.feed(part):
            if isinstance(out, Piece | Stop) and out.at > self._at:
                yield Pause(out.at - self._at)
                self._at = out.at
            yield from self._items(out)
            if isinstance(out, Stop):
                self._ended = True
                return  # a fault before it may be endless

    def play_error(self, error: Any, at: float) -> Iterator[Any]:
        failure = Failure(getattr(error, "__name__", type(error).__name__), str(error))
        self._cause = failure, error
        return self.play(Stop(at, End.FAILED, failure))

    def _items(self, part: Part) -> Iterator[Any]:
        match part:
            case Head():
                if header(part.headers, "content-encoding") is not None:
                    raise FaultError("a canned stream has no content-encoding: break it behind a transport")
                self._refused = part if part.status >= 300 else None
            case Piece() if self._refused is not None:
                self._body += part.data
            case Piece():
                yield part.data
            case Stop() if self._refused is not None:
                headers = dict(self._refused.headers)
                yield error_from_body(from_json(self._body), status=self._refused.status, headers=headers)
            case Stop() if part.failure is not None:
                yield self._error(part.failure)

    def _error(self, failure: Failure) -> Any:
        if self._cause is not None and self._cause[0] is failure:
            return self._cause[1]
        if self._errors is not None:
            return getattr(self._errors, failure.type)(failure.message)
        known = FAILURES.get(failure.type)
        return (known.built_in if known else ConnectionResetError)(failure.message)


_ENCODERS: dict[type, Callable[[WireEvent], bytes]] = {
    AWSEventStreamDecoder: encode_aws,
    NDJSONDecoder: encode_ndjson,
}


def _bytes_of(item: Any, provider: str) -> bytes:
    if isinstance(item, bytes):
        return item
    if isinstance(item, WireEvent):
        return _ENCODERS.get(type(decoder_for(format_of(provider))), encode_sse)(item)
    if isinstance(item, str):
        item = chunk_with(Delta(content=item))
    if isinstance(item, BaseModel):
        item = item.model_dump(exclude_none=True, warnings=False)
    if not isinstance(item, Mapping):
        raise FaultError(f"expected an item of a FakeStream, got {type(item).__name__}")
    return encode_sse(WireEvent(data=to_json(item).decode()))


def __getattr__(name: str) -> Any:
    return moved.attribute(__name__, name, {"break_script": "break_items"})
