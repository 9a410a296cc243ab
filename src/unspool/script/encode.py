"""Encode a turn in the wire format of the request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any

from pydantic_core import to_json

from unspool.cassette.model import End, Headers, Interaction, NetworkChunk, Response, Timeline
from unspool.errors import FaultError, ScriptError
from unspool.faults.events import ErrorEvent
from unspool.faults.frames import framing_of
from unspool.faults.model_event import speaks
from unspool.faults.provider_errors import REASONS, TEXTS, headers_for
from unspool.providers import FORMATS
from unspool.providers.errors import errors_at, errors_of
from unspool.providers.reply import (
    Call,
    Image,
    Part,
    Reasoning,
    Refusal,
    Reply,
    Text,
    Tokens,
    made_id,
)
from unspool.script.seen import Seen
from unspool.script.turns import Chunks, Failure, Pace, Structured, Turn, cut
from unspool.script.wanted import check, rendered
from unspool.tokens import token_counter
from unspool.wire.aws import encode_aws
from unspool.wire.event import WireEvent
from unspool.wire.json_array import encode_json_array
from unspool.wire.ndjson import encode_ndjson
from unspool.wire.sse import encode_sse

Frames = Callable[[Iterable[WireEvent]], Iterator[bytes]]


def _each(encode: Callable[[WireEvent], bytes]) -> Frames:
    return partial(map, encode)


_SSE = (_each(encode_sse), "text/event-stream; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Codec:
    """How a format writes a reply.

    Attributes:
        frames: events to bytes.
        content_type: of a stream.
        call_ids: the prefix and the size of calls' ids; None where the provider gives calls none.
        signs: whether thoughts are signed.
    """

    frames: Frames
    content_type: str
    call_ids: tuple[str, int] | None = ("call_", 24)
    signs: bool = False


CODECS: dict[str, Codec] = {
    "openai-chat": Codec(*_SSE),
    "openai-responses": Codec(*_SSE, signs=True),
    "anthropic-messages": Codec(*_SSE, ("toolu_01", 22), signs=True),
    "gemini-generate": Codec(*_SSE, None, signs=True),
    "gemini-generate-jsonarray": Codec(
        encode_json_array,
        "application/json; charset=UTF-8",
        None,
        signs=True,
    ),
    "bedrock-converse": Codec(
        _each(encode_aws),
        "application/vnd.amazon.eventstream",
        ("tooluse_", 22),
        signs=True,
    ),
    "bedrock-invoke": Codec(
        _each(encode_aws),
        "application/vnd.amazon.eventstream",
        ("toolu_bdrk_01", 22),
        signs=True,
    ),
    "cohere-v2": Codec(*_SSE),
    "ollama-ndjson": Codec(_each(encode_ndjson), "application/x-ndjson", None),
}
"""The formats that a script can speak."""


@dataclass(frozen=True, slots=True)
class Played:
    """A turn, written for a request.

    Attributes:
        interaction: the answer's bytes, and when each piece arrives.
        reply: the model's message; None for an error.
        response_id: of OpenAI's Responses; else empty.
        body: the same answer without streaming; None for an error.
    """

    interaction: Interaction
    reply: Reply | None = None
    response_id: str = ""
    body: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Manner:
    """A script's defaults for all its turns."""

    chunks: Chunks = None
    pace: Pace | None = None


def played(turn: Turn, seen: Seen, *, seed: str, manner: Manner) -> Played:
    """Write a turn as the answer to a request.

    Args:
        turn: the turn; not a function.
        seen: the request.
        seed: the seed of the ids.
        manner: defaults for what the turn leaves open.

    Raises:
        ScriptError: the format can't express the turn, or the request forbids it.
    """
    if turn.failure is not None and (not turn.parts or not seen.streamed):
        return Played(_failed(turn.failure, seen))
    codec = CODECS[seen.format]
    reply = _reply(turn, seen, codec, seed, manner)
    module = import_module(str(FORMATS[seen.format].encoder))
    stream, whole = module.stream, module.whole
    if seen.format == "bedrock-invoke":
        family = module.family_of(seen.url)
        stream, whole = (
            partial(module.stream_invoked, family=family),
            partial(module.whole_invoked, family=family),
        )
    body: dict[str, Any] | None = None
    if seen.streamed:
        pieces, content_type = list(codec.frames(stream(reply))), codec.content_type
    else:
        body = whole(reply)
        pieces, content_type = [to_json(body)], "application/json"
    made = _interaction(seen, 200, content_type, pieces, turn.pace or manner.pace)
    if turn.failure is not None:
        made = _broken(made, turn.failure)
    response_id = module.response_id(reply) if seen.format == "openai-responses" else ""
    if response_id and body is None:
        body = whole(reply)
    return Played(made, reply, response_id, body)


# -- the reply -----------------------------------------------------------------------------------------


def _reply(turn: Turn, seen: Seen, codec: Codec, seed: str, manner: Manner) -> Reply:
    parts = tuple(rendered(part, seen) if isinstance(part, Structured) else part for part in turn.parts)
    check(parts, turn.finish, seen)
    chunks = manner.chunks if turn.chunks is None else turn.chunks
    ready = tuple(
        _cut(_identified(part, codec, seen, f"{seed}/{place}"), chunks) for place, part in enumerate(parts)
    )
    return Reply(
        seed=seed,
        model=seen.model or "scripted",
        parts=ready,
        finish=turn.finish or _usual_finish(parts),
        tokens=_tokens(turn.tokens, parts, seen),
        asked=seen.body,
        dialect=seen.provider or "openai",
        interleaved=turn.interleaved,
    )


def _usual_finish(parts: tuple[Part, ...]) -> str:
    if any(isinstance(part, Call) for part in parts):
        return "tool_calls"
    return "refusal" if any(isinstance(part, Refusal) for part in parts) else "stop"


_ARGUMENTS_SIZE = 8
"""How many characters of a call's arguments one event has by default."""


def _identified(part: Part, codec: Codec, seen: Seen, seed: str) -> Part:
    """Return the part with its id, or its signature, in the provider's style."""
    if isinstance(part, Call) and part.id is None and codec.call_ids is not None:
        prefix, size = codec.call_ids
        if seen.provider in {"mistral", "codestral"}:
            prefix, size = "", 9
        elif seen.format == "cohere-v2":
            prefix, size = f"{part.name}_", 12
        return replace(part, id=made_id(prefix, f"{seed}/call", size=size))
    if isinstance(part, Reasoning) and codec.signs and part.signature is None and part.redacted is None:
        return replace(part, signature=made_id("EqQB", f"{seed}/signature", size=64))
    return part


def _cut(part: Part, chunks: Chunks) -> Part:
    """Return the part with its pieces."""
    if isinstance(part, Image) or part.pieces:
        return part
    if isinstance(part, Call):
        size = chunks if isinstance(chunks, int) else 1 if chunks == "graphemes" else _ARGUMENTS_SIZE
        return replace(part, pieces=cut(part.arguments, size))
    return replace(part, pieces=cut(part.text, chunks))


def _tokens(given: Tokens | None, parts: tuple[Part, ...], seen: Seen) -> Tokens:
    given = given or Tokens(-1, -1)
    thought = sum(token_counter(text=part.text) for part in parts if isinstance(part, Reasoning))
    said = thought + sum(
        token_counter(text=part.name + part.arguments if isinstance(part, Call) else part.text)
        for part in parts
        if isinstance(part, Call | Text | Refusal)
    )
    asked = sum(token_counter(text=text) + 3 for text in (seen.system, *_texts(seen)) if text)
    return Tokens(
        asked if given.input < 0 else given.input,
        said if given.output < 0 else given.output,
        given.cached,
        given.reasoning or (thought if given.output < 0 else 0),
    )


def _texts(seen: Seen) -> Iterator[str]:
    for message in seen.messages:
        yield message.text
        yield from (f"{call.name}{call.arguments}" for call in message.calls)
        yield from (result.text for result in message.results)


# -- the answer ----------------------------------------------------------------------------------------


def _interaction(
    seen: Seen, status: int, content_type: str, pieces: list[bytes], pace: Pace | None
) -> Interaction:
    errors = errors_at(seen.request.uri)
    headers: Headers = (("content-type", content_type), *headers_for(errors, status))
    moments = pace.moments(len(pieces)) if pace else [0.0] * len(pieces)
    chunks = tuple(NetworkChunk(len(piece), at) for piece, at in zip(pieces, moments, strict=True))
    timeline = Timeline(
        chunks=chunks,
        headers_at=moments[0] if moments else 0.0,
        end=End.COMPLETE,
        ended_at=moments[-1] if moments else 0.0,
    )
    reason = REASONS.get(status, "OK")
    return Interaction(seen.request, Response(status, reason, headers, b"".join(pieces), timeline))


def _failed(failure: Failure, seen: Seen) -> Interaction:
    """Return the provider's own error response."""
    errors = errors_at(seen.request.uri)
    if errors.name == "openai":  # the URL doesn't tell
        errors = errors_of(seen.format)
    text = failure.message or TEXTS.get(failure.status, "Something went wrong.")
    body = to_json(errors.body(failure.status, text))
    headers = (
        ("content-type", "application/json"),
        *headers_for(errors, failure.status, failure.retry_after),
    )
    timeline = Timeline(chunks=(NetworkChunk(len(body), 0.0),), headers_at=0.0, ended_at=0.0)
    reason = REASONS.get(failure.status, "Error")
    return Interaction(seen.request, Response(failure.status, reason, headers, body, timeline))


def _broken(made: Interaction, failure: Failure) -> Interaction:
    """Encode a stream in which the provider reports an error after the last part."""
    body = made.response.body
    framing = framing_of(body)
    frames = [*framing.split(body, 0.0), *framing.rest()]
    said = sum(map(speaks, frames))
    fault = ErrorEvent(after=said, status=failure.status, message=failure.message)
    try:
        return fault.apply(made)
    except FaultError as problem:
        raise ScriptError(f"no error can stand after these parts: {problem}") from problem
