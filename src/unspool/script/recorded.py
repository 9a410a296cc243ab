"""Make a script from recordings: the model's messages in a cassette, as turns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from unspool.builder import stream_chunk_builder
from unspool.cassette.content_coding import decoded
from unspool.cassette.model import Interaction, Response, header
from unspool.errors import ProviderError, ScriptError, UnspoolError
from unspool.models import Message, ModelResponse, ModelResponseStream
from unspool.providers import pipeline_for, reader_for
from unspool.providers.detect import format_of_exchange, provider_at
from unspool.script.encode import CODECS
from unspool.script.seen import Seen, read
from unspool.script.turns import (
    Group,
    Turn,
    agent,
    call,
    citation,
    error,
    finish,
    joined,
    reasoning,
    refusal,
    text,
    usage,
    with_id,
)


def turns_of(interactions: Sequence[Interaction], *, ids: bool = False) -> list[Turn | Group]:
    """Return the turns in recordings, in order; conversations that overlap get an `agent` each.

    Args:
        interactions: the recordings; requests to no model are ignored.
        ids: whether calls keep their recorded ids.

    Raises:
        ScriptError: there are no recordings, or one broke off.
    """
    found = [
        (
            read(one.request, wire_format, provider_at(one.request.uri)),
            _turn(place, one, wire_format, ids=ids),
        )
        for place, one in enumerate(interactions)
        if (wire_format := _format_of(one)) in CODECS
    ]
    if not found:
        raise ScriptError(
            f"expected recordings of a model in a format that a script speaks ({', '.join(CODECS)}), got"
            f" {len(interactions)} others"
        )
    by_opening: dict[bytes, list[int]] = {}
    for place, (seen, _) in enumerate(found):
        by_opening.setdefault(seen.opening, []).append(place)
    if all(places[-1] - places[0] == len(places) - 1 for places in by_opening.values()):
        return [turn for _, turn in found]
    return [
        agent(*(found[place][1] for place in places), when=_sign(found[places[0]][0]))
        for places in by_opening.values()
    ]


def _sign(seen: Seen) -> Mapping[str, str]:
    """Return the key of a conversation."""
    first = next((one.text for one in seen.messages if one.role == "user"), "")
    return {**({"system": seen.system} if seen.system else {}), "user": first}


def _format_of(interaction: Interaction) -> str:
    kind = header(interaction.response.headers, "content-type")
    return format_of_exchange(interaction.request.uri, kind) or ""


def _turn(place: int, interaction: Interaction, wire_format: str, *, ids: bool) -> Turn:
    response = decoded(interaction.response)
    if response.timeline is not None and response.timeline.failure is not None:
        failure = response.timeline.failure
        raise ScriptError(
            f"interaction {place} ended with {failure.type}: script it by hand, text(…) | Break(after=…)"
        )
    if response.status >= 400:
        return error(response.status, _error_text(response))
    try:
        made, broken = _read(response, wire_format)
    except UnspoolError as problem:
        raise ScriptError(f"interaction {place} can't be read as {wire_format}: {problem}") from problem
    said = [] if made is None else [*_parts(made.choices[0].message, ids=ids)]
    if broken is not None:
        return joined(*said, error(broken.status_code, broken.message.partition(": ")[2] or None))
    return joined(*said, *(() if made is None else _ends(made)))


def _read(response: Response, wire_format: str) -> tuple[ModelResponse | None, ProviderError | None]:
    """Return the model's message, and the error that it ended with, if any."""
    kind = (header(response.headers, "content-type") or "").partition(";")[0]
    if kind == "application/json" and wire_format != "gemini-generate-jsonarray":
        return reader_for(wire_format)(from_json(response.body)), None
    chunks: list[ModelResponseStream] = []
    pipeline = pipeline_for(wire_format)
    try:
        chunks.extend(pipeline.feed(response.body))
        chunks.extend(pipeline.flush())
    except ProviderError as problem:
        return stream_chunk_builder(chunks), problem
    return stream_chunk_builder(chunks), None


def _error_text(response: Response) -> str | None:
    try:
        body = from_json(response.body)
    except ValueError:
        return None
    found = body.get("error", body) if isinstance(body, dict) else None
    said = found.get("message") if isinstance(found, dict) else found
    return said if isinstance(said, str) else None


def _parts(message: Message, *, ids: bool) -> Iterator[Turn]:
    yield from _thoughts(message)
    if message.content:
        yield text(message.content, citations=list(_citations(message)))
    if message.get("refusal"):
        yield refusal(str(message.get("refusal")))
    for one in message.tool_calls or ():
        if one.function is not None:
            made = call(one.function.name or "", _arguments(one.function.arguments))
            yield with_id(made, one.id) if ids and one.id else made


def _thoughts(message: Message) -> Iterator[Turn]:
    blocks: list[Any] = message.get("thinking_blocks") or []
    for block in blocks:
        if block.get("type") == "redacted_thinking":
            yield reasoning(redacted=str(block.get("data")))
        elif block.get("thinking") or block.get("signature"):
            yield reasoning(str(block.get("thinking") or ""), signature=block.get("signature") or None)
    if not blocks and message.get("reasoning_content"):
        yield reasoning(str(message.get("reasoning_content")))


def _citations(message: Message) -> Iterator[Any]:
    for annotation in message.get("annotations") or ():
        link = annotation.get("url_citation") or {}
        start, end = link.get("start_index", 0), link.get("end_index", 0)
        yield citation(str(link.get("url")), str(link.get("title") or ""), (message.content or "")[start:end])


def _arguments(given: str) -> Any:
    """Return the arguments as a dict, if that gives the same JSON."""
    try:
        found = json.loads(given or "{}")
    except ValueError:
        return given
    return given if type(found) is not dict else found


def _ends(made: ModelResponse) -> Iterator[Turn]:
    reason = made.choices[0].finish_reason
    usual = "tool_calls" if made.choices[0].message.tool_calls else "stop"
    if reason != usual and not made.choices[0].message.get("refusal"):
        yield finish(reason)
    tokens = made.usage
    if tokens.total_tokens:
        cached = getattr(tokens.prompt_tokens_details, "cached_tokens", None) or 0
        thought = getattr(tokens.completion_tokens_details, "reasoning_tokens", None) or 0
        yield usage(tokens.prompt_tokens, tokens.completion_tokens, cached=cached, reasoning=thought)
