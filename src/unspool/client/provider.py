"""Find the provider of a model, and its server.

A model is `provider/name`, or a bare name that only one provider can have. A provider is known if it has
a row in `unspool.providers.registry`.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from unspool.custom_llm import custom_handler
from unspool.errors import AuthenticationError, BadRequestError, LiteLLMUnknownProvider
from unspool.providers.registry import PROVIDERS, asked_in
from unspool.providers.request import can_be_asked

# Prefixes of the bare names of a provider's models.
_BARE_NAMES: dict[str, tuple[str, ...]] = {
    "anthropic": ("claude",),
    "openai": ("chatgpt-", "codex-", "computer-use-", "ft:", "gpt-", "o1", "o3", "o4", "text-"),
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    base_url: str
    api_key: str | None
    wire_format: str
    params: dict[str, str] = field(default_factory=dict)
    """Parameters from the environment."""


def provider_of(model: str, custom_llm_provider: str | None = None) -> tuple[str, str]:
    """Return the provider, and the model's name without it.

    Raises:
        LiteLLMUnknownProvider: the provider isn't passed, and the model's name doesn't identify it.
    """
    prefix, slash, name = model.partition("/")
    if custom_llm_provider:
        return custom_llm_provider, name if slash and prefix == custom_llm_provider else model
    if slash and (prefix in PROVIDERS or custom_handler(prefix) is not None):
        return prefix, name
    for provider, beginnings in _BARE_NAMES.items():
        if not slash and model.startswith(beginnings):
            return provider, model
    # The first four words are LiteLLM's; programs look for them.
    raise LiteLLMUnknownProvider(
        f"LLM Provider NOT provided: it isn't known whose model {model!r:.200} is; pass model='provider/name'"
        f" or custom_llm_provider=…, with one of {', '.join(known_providers())}; a server that speaks"
        " OpenAI's format is model='openai/name' with base_url=…",
        model=model,
    )


def provider_or_guess(model: str, custom_llm_provider: str | None = None) -> tuple[str, str]:
    """Like `provider_of`, without a request to it: any prefix is a provider, and a bare name may be
    OpenAI's.
    """
    try:
        return provider_of(model, custom_llm_provider)
    except LiteLLMUnknownProvider:
        prefix, slash, name = model.partition("/")
        return (prefix, name) if slash else ("openai", model)


def known_providers() -> list[str]:
    """List the providers that can be called: those of the table, and those in
    `unspool.custom_provider_map`.
    """
    asked = {name for name, provider in PROVIDERS.items() if can_be_asked(provider)}
    return sorted(asked | {item["provider"] for item in sys.modules["unspool"].custom_provider_map})


def target_of(
    provider: str,
    *,
    api_key: str | None,
    base_url: str | None,
    api_version: str | None = None,
    environ: Mapping[str, str],
    own_transport: bool,
    model: str = "",
) -> Target:
    """Find the URL and the key of a provider's request.

    A missing key is an error only for the provider's own server: another server or a replaying transport may
    need none.

    Args:
        base_url: wins over the environment's, which wins over the provider's own.
        api_version: of a provider that has versions; wins over the environment's.
        own_transport: the caller passed a client or a transport.
        model: without the provider; its first part may choose another wire format than the provider's.

    Raises:
        LiteLLMUnknownProvider: there is no such provider.
        BadRequestError: its server is unknown.
        AuthenticationError: there is no key.
    """
    known = PROVIDERS.get(provider)
    if known is None:
        raise LiteLLMUnknownProvider(
            f"unknown provider {provider!r:.200}: expected one of {', '.join(known_providers())}",
            llm_provider=provider,
        )
    url = base_url or _first(known.base_url_variables, environ) or known.base_url
    if url is None:
        raise BadRequestError(
            f"{provider} has no address of its own: pass base_url=…"
            + (f" or set {known.base_url_variables[0]}" if known.base_url_variables else ""),
            llm_provider=provider,
        )
    key = api_key or _first(known.key_variables, environ)
    if key is None and known.key_variables and not own_transport and _is_its_own(url, known.base_url):
        raise AuthenticationError(
            f"no API key for {provider}: pass api_key=… or set {known.key_variables[0]}; any text will do in"
            " a test that calls another server",
            llm_provider=provider,
        )
    if known.version_variables and "?" not in url:
        version = api_version or _first(known.version_variables, environ)
        url += f"?api-version={version}" if version else ""
    found = {name: _first(variables, environ) for name, variables in known.param_variables.items()}
    params = {name: value for name, value in found.items() if value}
    return Target(url, key, asked_in(known, model)[0], params)


def _is_its_own(url: str, own: str | None) -> bool:
    """Whether this is a server of the provider's own, in any spelling; one on this machine isn't."""
    if own is None or not own.startswith("https:"):
        return False
    return url.rstrip("/").removesuffix("/v1") == own.removesuffix("/v1")


def _first(variables: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return next((environ[name] for name in variables if environ.get(name)), None)
