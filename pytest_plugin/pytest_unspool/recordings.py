"""A cassette's answers, as scripts: what came, in the pieces in which it came, and how it ended."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from unspool import VirtualClock, sample_names, sample_path
from unspool.cassette.content_coding import decoded
from unspool.cassette.model import NO_RESPONSE, Interaction, Request, header
from unspool.cassette.player import Play
from unspool.cassette.store import cassette_path, load
from unspool.errors import CassetteError, CassetteNotFoundError
from unspool.providers import FORMATS, format_of
from unspool.providers.detect import format_of_exchange, provider_at
from unspool.transports.replay import Performance

_MODEL_IN_PATH = re.compile(r"/(?:models?|deployments)/([^/:]+)")


@dataclass(frozen=True, slots=True)
class Recording:
    """One answer: its cassette, the provider that gave it, and a script for `FakeStream`."""

    path: Path
    provider: str
    script: list[bytes | Exception]
    model: str | None = None
    """The model that was asked; None if the request doesn't say."""


def recorded(cassette: str | os.PathLike[str], folder: Path, index: int | None) -> Recording:
    """The answer that a cassette holds.

    Args:
        cassette: a name in the folder, a path from there, or the name of a sample of the package. A file
            in the folder hides a sample of its name.
        folder: where a project's own cassettes are.
        index: which of the interactions; None if there is only one.

    Raises:
        CassetteNotFoundError: there is no such cassette.
        CassetteError: it holds no such answer, or one that isn't a stream.
    """
    path, is_sample = located(cassette, folder)
    interaction = interaction_in(path, index)
    provider = path.parent.name if is_sample else _provider_of(interaction)
    return Recording(path, provider, _script(path, interaction), _model_of(interaction.request))


def _model_of(request: Request) -> str | None:
    """The model that a request asks: in its body, else in its path, as Gemini and Bedrock have it."""
    try:
        body = json.loads(request.body or b"null")
    except ValueError:
        body = None
    if isinstance(body, dict) and isinstance(body.get("model"), str):
        return str(body["model"])
    named = _MODEL_IN_PATH.search(urlsplit(request.uri).path)
    return unquote(named[1]) if named else None


def located(cassette: str | os.PathLike[str], folder: Path) -> tuple[Path, bool]:
    """Where a cassette is, and whether it's a sample of the package.

    Raises:
        CassetteNotFoundError: there is no such cassette.
    """
    path = folder / cassette if isinstance(cassette, os.PathLike) else cassette_path(folder, cassette)
    if path.exists():
        return path, False
    if cassette not in sample_names():
        raise CassetteNotFoundError(
            f"no cassette {str(cassette)!r}: there is no {path}, nor a sample of that name; the samples are"
            f" {', '.join(sample_names())}"
        )
    return sample_path(str(cassette)), True


def interaction_in(path: Path, index: int | None) -> Interaction:
    """The interaction of that index; the only one, if it's None.

    Raises:
        CassetteError: there is no such interaction.
    """
    interactions = load(path).interactions
    count = len(interactions)
    if index is None and count == 1:
        return interactions[0]
    if index is None or not 0 <= index < count:
        there = f"it holds {count}" if count < 2 else f"it holds {count}: say interaction=0 to {count - 1}"
        raise CassetteError(f"expected one interaction of {path}, got interaction={index}; {there}")
    return interactions[index]


def _provider_of(interaction: Interaction) -> str:
    """Whose address was asked; or the wire format, if it's another than that provider's usual one."""
    uri = interaction.request.uri
    content_type = header(interaction.response.headers, "content-type")
    provider, wire_format = provider_at(uri) or "openai", format_of_exchange(uri, content_type)
    is_usual = wire_format not in FORMATS or wire_format == format_of(provider)
    return provider if is_usual else str(wire_format)


def _script(path: Path, interaction: Interaction) -> list[bytes | Exception]:
    status = interaction.response.status
    if status >= 300 and status != NO_RESPONSE:
        raise CassetteError(
            f"expected a stream, but {path} holds an answer of status {status}, which a client raises before"
            " there is a stream; replay it with use_cassette"
        )
    return list(_steps(replace(interaction, response=decoded(interaction.response))))


def _steps(interaction: Interaction) -> Iterator[bytes | Exception]:
    """What a client would get of it, without waiting for anything."""
    import httpx  # noqa: PLC0415 - for its exceptions

    request = httpx.Request(interaction.request.method, interaction.request.uri)
    performance = Performance(
        interaction,
        request,
        factor=0.0,
        clock=VirtualClock(),
        started=0.0,
        play=Play(interaction),
        on_overrun=_leave_it,
    )
    _, refusal = performance.opening()
    if refusal is not None:
        yield refusal
        return
    yield from performance.ready()
    yield from (step for _, step in performance.steps() if step is not None)


def _leave_it(_error: CassetteError) -> None:
    """The stream raises it; nobody else needs to know."""
