"""Whose model it is, and where to ask for it.

A model is `provider/name`, or a bare name that only one provider can have. A provider is known if it has
a wire format here: today those that speak OpenAI's chat format or Anthropic's messages.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

from unspool.custom_llm import custom_handler
from unspool.errors import AuthenticationError, BadRequestError, LiteLLMUnknownProvider
from unspool.providers import format_of


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's address and the environment variables that speak of it.

    Attributes:
        base_url: of its own servers; None where only the caller knows it.
        key_variables: the first one that is set holds the key.
        base_url_variables: the first one that is set replaces `base_url`.
    """

    base_url: str | None = None
    key_variables: tuple[str, ...] = ()
    base_url_variables: tuple[str, ...] = ()


PROVIDERS: dict[str, Provider] = {
    "anthropic": Provider(
        "https://api.anthropic.com", ("ANTHROPIC_API_KEY",), ("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE")
    ),
    "bedrock": Provider(
        None,  # each region has its own: see `unspool.client.aws`
        ("AWS_BEARER_TOKEN_BEDROCK",),
        ("AWS_BEDROCK_RUNTIME_ENDPOINT", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
    ),
    "custom_openai": Provider(),
    "hosted_vllm": Provider(None, ("HOSTED_VLLM_API_KEY",), ("HOSTED_VLLM_API_BASE",)),
    "litellm_proxy": Provider(None, ("LITELLM_PROXY_API_KEY",), ("LITELLM_PROXY_API_BASE",)),
    "lm_studio": Provider(None, ("LM_STUDIO_API_KEY",), ("LM_STUDIO_API_BASE",)),
    "openai": Provider(
        "https://api.openai.com/v1", ("OPENAI_API_KEY",), ("OPENAI_BASE_URL", "OPENAI_API_BASE")
    ),
    "openai_like": Provider(None, ("OPENAI_LIKE_API_KEY",), ("OPENAI_LIKE_API_BASE",)),
}

# How the bare names of a provider's models begin.
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


def provider_of(model: str, custom_llm_provider: str | None = None) -> tuple[str, str]:
    """The provider, and the model's name without it.

    Raises:
        LiteLLMUnknownProvider: neither is it said whose model this is, nor does its name tell.
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
        f"LLM Provider NOT provided: it isn't known whose model {model!r} is; pass model='provider/name' or"
        f" custom_llm_provider=…, with one of {', '.join(known_providers())}; a server that speaks OpenAI's"
        " format is model='openai/name' with base_url=…",
        model=model,
    )


def provider_or_guess(model: str, custom_llm_provider: str | None = None) -> tuple[str, str]:
    """As `provider_of`, where no provider is asked: any prefix is one, and a bare name may be OpenAI's."""
    try:
        return provider_of(model, custom_llm_provider)
    except LiteLLMUnknownProvider:
        prefix, slash, name = model.partition("/")
        return (prefix, name) if slash else ("openai", model)


def known_providers() -> list[str]:
    """Those of the table and those in `unspool.custom_provider_map`."""
    return sorted({*PROVIDERS, *(item["provider"] for item in sys.modules["unspool"].custom_provider_map)})


def target_of(
    provider: str,
    *,
    api_key: str | None,
    base_url: str | None,
    environ: Mapping[str, str],
    own_transport: bool,
) -> Target:
    """Where to send a provider's request, and with what key.

    A missing key is an error only where the provider itself would be asked: another server may need none,
    and neither does a transport that replays.

    Args:
        base_url: wins over the environment's, which wins over the provider's own.
        own_transport: the caller handed in a client or a transport.

    Raises:
        LiteLLMUnknownProvider: there is no such provider.
        BadRequestError: nobody says where its server is.
        AuthenticationError: there is no key.
    """
    known = PROVIDERS.get(provider)
    if known is None:
        raise LiteLLMUnknownProvider(
            f"unknown provider {provider!r}: expected one of {', '.join(known_providers())}",
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
    if key is None and not own_transport and _same_server(url, known.base_url):
        raise AuthenticationError(
            f"no API key for {provider}: pass api_key=… or set {known.key_variables[0]}; any text will do in"
            " a test that asks somebody else",
            llm_provider=provider,
        )
    return Target(url, key, format_of(provider))


def _same_server(url: str, other: str | None) -> bool:
    """Whether they differ in nothing but a version or a slash at the end."""
    return other is not None and url.rstrip("/").removesuffix("/v1") == other.removesuffix("/v1")


def _first(variables: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    return next((environ[name] for name in variables if environ.get(name)), None)
