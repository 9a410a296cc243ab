"""One recorded interaction in one form for all providers: the request, the reply and the time line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from pydantic_core import from_json

from unspool.builder import stream_chunk_builder
from unspool.cassette.boundaries import pieces
from unspool.cassette.content_coding import decoded
from unspool.cassette.model import NO_RESPONSE, Interaction, Response, header
from unspool.error_mapping import error_from_body
from unspool.errors import ProviderError, UnspoolError
from unspool.models import Message, ModelResponse, ModelResponseStream, Usage
from unspool.providers import FORMATS, pipeline_for, reader_for
from unspool.providers.detect import format_of_exchange, provider_at
from unspool.providers.reply import Tokens
from unspool.reading.time_line import TimeLine, time_line_of
from unspool.script.seen import Seen, read

LANES = ("reasoning", "text", "call")
"""The kinds of chunks that say something, in the order in which they are shown."""


class Chunk(NamedTuple):
    """What a normalized chunk says.

    Attributes:
        at: when its last byte arrived, in seconds since the request; 0 where times are unknown.
        piece: the index of the piece of the body that completed it.
        lane: one of `LANES`; empty for a chunk without words, such as one with the usage.
        text: its words, or a fragment of a call's arguments.
    """

    at: float
    piece: int
    lane: str
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool call of the model.

    Attributes:
        arguments: JSON text, as the model wrote it.
        is_valid: whether the arguments are a JSON object, or null, as Groq writes none.
    """

    name: str
    arguments: str
    id: str | None = None

    @property
    def is_valid(self) -> bool:
        try:
            return isinstance(from_json(self.arguments or "{}") or {}, dict)
        except ValueError:
            return False


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model replied.

    Attributes:
        model: the model that answered, as the response names it.
        finish: the finish reason; None if there was none.
        tokens: the usage; None if the response has none.
        error: the provider's error, as a body or an event; None for none.
        problem: why the rest of the response can't be read; None if all of it can.
        chunks: the normalized chunks of a stream; none of a response that came whole.
    """

    model: str | None = None
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: tuple[ToolCall, ...] = ()
    finish: str | None = None
    tokens: Tokens | None = None
    error: str | None = None
    problem: str | None = None
    chunks: tuple[Chunk, ...] = ()


@dataclass(frozen=True, slots=True)
class Exchange:
    """A recorded interaction.

    Attributes:
        index: its place in the cassette, from 0.
        interaction: the recording.
        format: the wire format of the response; None if it isn't a model's, or unknown.
        provider: the provider at the request's address, by LiteLLM's name; None if unknown.
        seen: the request; None if it isn't in a known format.
        reply: the response; None if it isn't in a known format.
        time_line: when its bytes arrived; None if that wasn't recorded.
    """

    index: int
    interaction: Interaction
    format: str | None
    provider: str | None
    seen: Seen | None
    reply: Reply | None
    time_line: TimeLine | None

    @property
    def is_of_model(self) -> bool:
        return self.reply is not None


def exchanges(interactions: Sequence[Interaction]) -> Iterator[Exchange]:
    """Read the interactions of a cassette, in order."""
    return (read_exchange(index, one) for index, one in enumerate(interactions))


def read_exchange(index: int, interaction: Interaction) -> Exchange:
    """Read one interaction. What can't be read is in the reply's `problem`, not raised."""
    request, response = interaction.request, interaction.response
    content_type = header(response.headers, "content-type")
    wire_format = format_of_exchange(request.uri, content_type)
    provider = provider_at(request.uri)
    is_known = wire_format in FORMATS and request.method.upper() == "POST"
    reply = read_reply(response, str(wire_format)) if is_known else None
    first = next((one.at for one in reply.chunks if one.lane), None) if reply else None
    return Exchange(
        index,
        interaction,
        wire_format if is_known else None,
        provider,
        read(request, str(wire_format), provider) if is_known else None,
        reply,
        time_line_of(response, first),
    )


def read_reply(response: Response, wire_format: str) -> Reply:
    """Read what a model replied, streamed or whole."""
    if response.status == NO_RESPONSE:
        return Reply()
    try:
        response = decoded(response)
        if response.status >= 400:
            return Reply(error=_error_in(response))
        document = _document(response, wire_format)
        if document is not None:
            return _whole(reader_for(wire_format)(document))
    except UnspoolError as problem:
        return Reply(problem=str(problem))
    return _streamed(response, wire_format)


def _document(response: Response, wire_format: str) -> dict[str, Any] | None:
    """Return the JSON object of a response that came whole; None for a stream, whatever its content type."""
    kind = (header(response.headers, "content-type") or "").partition(";")[0].strip()
    if kind != "application/json" or wire_format == "gemini-generate-jsonarray":
        return None
    try:
        document = from_json(response.body)
    except ValueError:  # Ollama has sent NDJSON as application/json
        return None
    return document if isinstance(document, dict) else None


def _error_in(response: Response) -> str:
    try:
        body = from_json(response.body)
    except ValueError:
        body = {"error": {"message": response.body[:200].decode("utf-8", "replace")}}
    return _words(error_from_body(body, status=response.status))


def _words(error: ProviderError) -> str:
    """Return the provider's own words, without the class's name."""
    return error.message.partition(": ")[2] or error.message


def _whole(made: ModelResponse) -> Reply:
    return _said(made, finish=made.choices[0].finish_reason if made.choices else None, tokens=made.usage)


def _streamed(response: Response, wire_format: str) -> Reply:
    pipeline = pipeline_for(wire_format)
    found: list[ModelResponseStream] = []
    chunks: list[Chunk] = []
    given, last = pieces(response), 0.0

    def keep(chunk: ModelResponseStream, at: float, piece: int) -> None:
        found.append(chunk)
        chunks.extend(Chunk(at, piece, lane, text) for lane, text in _spoken(chunk) or [("", "")])

    error = problem = None
    try:
        for piece, (at, data) in enumerate(given):
            last = at
            for chunk in pipeline.feed(data):
                keep(chunk, at, piece)
        for chunk in pipeline.flush():
            keep(chunk, last, len(given) - 1)
    except ProviderError as raised:
        error = _words(raised)
    except UnspoolError as raised:
        problem = str(raised)
    made = stream_chunk_builder(found) if found else None
    finish = next((reason for chunk in reversed(found) if (reason := _finish_in(chunk))), None)
    reply = Reply() if made is None else _said(made, finish=finish, tokens=_usage_in(found))
    return replace(reply, error=error, problem=problem, chunks=tuple(chunks))


def _spoken(chunk: ModelResponseStream) -> list[tuple[str, str]]:
    """Return the lanes in which a chunk says something, with its words."""
    said = []
    for choice in chunk.choices:
        delta = choice.delta
        said += [("reasoning", str(delta.get("reasoning_content")))] if delta.get("reasoning_content") else []
        said += [("text", delta.content)] if delta.content else []
        for call in delta.tool_calls or ():
            function = call.function
            said.append(("call", "" if function is None else (function.arguments or "")))
    return said


def _finish_in(chunk: ModelResponseStream) -> str | None:
    return next((choice.finish_reason for choice in chunk.choices if choice.finish_reason), None)


def _usage_in(chunks: Iterable[ModelResponseStream]) -> Usage | None:
    """Return the usage that the provider reported, not one that the builder counted."""
    given: Usage | None = None
    for chunk in chunks:
        given = cast("Usage | None", chunk.get("usage")) or given
    return given


def _said(made: ModelResponse, *, finish: str | None, tokens: Usage | None) -> Reply:
    message = made.choices[0].message if made.choices else Message()
    return Reply(
        model=made.model or None,
        text=message.content or "",
        reasoning=str(message.get("reasoning_content") or ""),
        refusal=str(message.get("refusal") or ""),
        calls=tuple(
            ToolCall(one.function.name or "", one.function.arguments or "", one.id)
            for one in message.tool_calls or ()
            if one.function is not None
        ),
        finish=finish,
        tokens=_tokens(tokens),
    )


def _tokens(given: Usage | None) -> Tokens | None:
    if given is None or not given.total_tokens:
        return None
    cached = getattr(given.prompt_tokens_details, "cached_tokens", None) or 0
    thought = getattr(given.completion_tokens_details, "reasoning_tokens", None) or 0
    return Tokens(given.prompt_tokens or 0, given.completion_tokens or 0, cached, thought)
