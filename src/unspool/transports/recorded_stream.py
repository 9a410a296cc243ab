"""A cassette's stream as items of a `FakeStream`: its bytes in the network's pieces, and how it ended."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote, urlsplit

from unspool.cassette.boundaries import pieces
from unspool.cassette.content_coding import decoded
from unspool.cassette.model import NO_RESPONSE, Interaction, Request, header
from unspool.cassette.store import load
from unspool.chunk_makers import Pause
from unspool.errors import CassetteError
from unspool.providers import FORMATS, format_of
from unspool.providers.detect import format_of_exchange, provider_at
from unspool.transports.replay import Timing, ending_of, factor_of, refusal_of

_MODEL_IN_PATH = re.compile(r"/(?:models?|deployments)/([^/:]+)")


@dataclass(frozen=True, slots=True)
class RecordedStream:
    """A recorded stream, to be played by a `FakeStream` or broken by `unspool.faults.break_items`.

    Attributes:
        items: its bytes, a pause before each piece if it's timed, and the error in which it ended, if it did.
        provider: whose bytes these are: a provider, by the request's address, or a wire format's name.
        model: the model in the request; None if the request doesn't name one.
    """

    items: tuple[bytes | Pause | Exception, ...]
    provider: str
    model: str | None = None


def recorded_stream(
    cassette: str | os.PathLike[str], *, interaction: int | None = None, timing: Timing = "instant"
) -> RecordedStream:
    """Read a recorded stream from a cassette, as items of a `FakeStream`.

        recorded = unspool.recorded_stream("tests/cassettes/rain.yaml")
        source = unspool.FakeStream(recorded.items, provider=recorded.provider)

    The items are the network's pieces. A recording that broke raises httpx's error where it broke; one whose
    client left early raises `RecordingEndedError` there, as a replay does.

    Args:
        cassette: the file's path.
        interaction: the interaction's number, from 0; None if there is only one.
        timing: `instant` for no pauses, `recorded` for the recorded ones, or a number that stretches them.

    Raises:
        CassetteError: there is no such file or interaction, or its response isn't a stream.
        ValueError: there is no such timing.
    """
    path = Path(cassette)
    recorded = interaction_of(path, interaction)
    status = recorded.response.status
    if status >= 300 and status != NO_RESPONSE:
        raise CassetteError(
            f"expected a stream, but {path} contains a response with status {status}, which a client raises"
            " before there is a stream; replay it with use_cassette"
        )
    items = tuple(_items(replace(recorded, response=decoded(recorded.response)), factor_of(timing)))
    return RecordedStream(items, _provider_of(recorded), _model_of(recorded.request))


def interaction_of(path: Path, number: int | None) -> Interaction:
    """Read an interaction from a cassette.

    Args:
        path: the cassette's file.
        number: the interaction's, from 0; None if there is only one.

    Raises:
        CassetteError: there is no such file or interaction.
    """
    interactions = load(path).interactions
    count = len(interactions)
    if number is None and count == 1:
        return interactions[0]
    if number is None or not 0 <= number < count:
        there = (
            f"it contains {count}" if count < 2 else f"it contains {count}: pass interaction=0 to {count - 1}"
        )
        raise CassetteError(f"expected one interaction of {path}, got interaction={number}; {there}")
    return interactions[number]


def _items(recorded: Interaction, factor: float) -> Iterator[bytes | Pause | Exception]:
    import httpx  # noqa: PLC0415 - for its exceptions

    library: ModuleType = httpx
    timeline, now = recorded.response.timeline, 0.0
    ended_at = (timeline and timeline.ended_at) or 0.0
    refusal = refusal_of(recorded.response, library)
    whole = () if refusal is not None else pieces(recorded.response)
    ending = refusal or ending_of(recorded, library)
    for at, item in [*whole, (ended_at, ending)]:
        if at * factor > now:
            yield Pause(at * factor - now)
            now = at * factor
        if item is not None:
            yield item


def _provider_of(recorded: Interaction) -> str:
    """Return the provider at the request's address; or the wire format, if that isn't its usual one."""
    uri = recorded.request.uri
    content_type = header(recorded.response.headers, "content-type")
    provider, wire_format = provider_at(uri) or "openai", format_of_exchange(uri, content_type)
    is_usual = wire_format not in FORMATS or wire_format == format_of(provider)
    return provider if is_usual else str(wire_format)


def _model_of(request: Request) -> str | None:
    """Return the model in a request's body, else in its path, where Gemini and Bedrock have it."""
    try:
        body = json.loads(request.body or b"null")
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("model"), str):
        return str(body["model"])
    named = _MODEL_IN_PATH.search(urlsplit(request.uri).path)
    return unquote(named[1]) if named else None
