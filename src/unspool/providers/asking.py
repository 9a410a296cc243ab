"""How a provider is asked: its wire format's request, with what its row says is its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from unspool.providers import FORMATS, builder_for, load
from unspool.providers.payload import JSON
from unspool.providers.registry import PROVIDERS, Provider, asked_in
from unspool.providers.request import BuildRequest, HTTPRequest, plain
from unspool.providers.support import supported


def request_for(
    provider: str,
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """The request that asks a provider of `PROVIDERS` for a completion; see `BuildRequest`.

    Raises:
        LiteLLMUnknownProvider: its wire format can only be read.
        UnsupportedParamsError: it has no such parameter, and `drop_params` is false.
        BadRequestError: the messages or parameters can't be said in its terms.
    """
    known = PROVIDERS[provider]
    wire_format, model = asked_in(known, model)
    usual = wire_format == (known.asked_format or known.wire_format)
    build = _builder_of(known, wire_format, usual=usual)
    lacks = known.lacks if usual else frozenset()
    taken = supported(params, lacks, model=model, llm_provider=provider, drop_params=drop_params)
    if wire_format == "openai-chat":
        messages = [_renamed(plain(message), known.message_fields) for message in messages]
    names = known.names if usual else {}
    return build(
        model,
        messages,
        {names.get(name, name): value for name, value in taken.items()},
        api_key=api_key,
        base_url=base_url,
        stream=stream,
        drop_params=drop_params,
    )


def _builder_of(provider: Provider, wire_format: str, *, usual: bool) -> BuildRequest:
    own = provider.request if usual else provider.other_requests.get(wire_format)
    build: BuildRequest = load(own) if own else builder_for(wire_format)
    return build


def can_be_asked(provider: Provider) -> bool:
    """Whether there is a builder for its requests; the streams of some can only be read."""
    known = FORMATS.get(provider.wire_format)
    return bool(provider.request or (known and known.request))


def _renamed(message: JSON, fields: Mapping[str, str | None]) -> JSON:
    names = {name: fields.get(name, name) for name in message}
    return {new: message[name] for name, new in names.items() if new is not None}
