"""Azure's alternative to keys: a token of Microsoft Entra ID, formerly Azure AD."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from unspool.client.call import Options
from unspool.errors import AuthenticationError, BadRequestError, UnsupportedParamsError

TokenSource = Callable[[], Any]
"""A function that returns the token of a request; for async calls it may be a coroutine function."""

_PROVIDERS = ("azure", "azure_ai")
_ARGUMENTS = ("api_key", "azure_ad_token", "azure_ad_token_provider")


def token_source(
    provider: str, options: Options, environ: Mapping[str, str], *, api_key: str | None
) -> TokenSource | None:
    """Return the source of the token to send instead of a key; None if there is none.

    An argument wins over the environment, and there a key over `AZURE_AD_TOKEN`, as in LiteLLM.

    Args:
        api_key: the argument's or the environment's.

    Raises:
        BadRequestError: more than one of key, token and token provider are passed.
    """
    if provider not in _PROVIDERS:
        return None
    given = [name for name in _ARGUMENTS if getattr(options, name) is not None]
    if len(given) > 1:
        raise BadRequestError(f"pass one of {' and '.join(given)}, not both", llm_provider=provider)
    if options.azure_ad_token_provider is not None:
        provide: TokenSource = options.azure_ad_token_provider
        return provide
    token = options.azure_ad_token or (environ.get("AZURE_AD_TOKEN") if api_key is None else None)
    return (lambda: token) if token else None


def bearer(token: Any, *, provider: str) -> dict[str, str]:
    """Return the header of a token.

    Raises:
        AuthenticationError: the token isn't text, or is empty.
        UnsupportedParamsError: the token is an OIDC reference that would have to be exchanged first.
    """
    if inspect.iscoroutine(token):
        token.close()  # else Python warns that it was never awaited
    if not isinstance(token, str) or not token:
        raise AuthenticationError(
            f"expected the text of a token from azure_ad_token_provider, got {token!r:.100}; pass a function"
            " that returns one, or with acompletion an async one",
            llm_provider=provider,
        )
    if token.startswith("oidc/"):
        raise UnsupportedParamsError(
            "Unspool doesn't exchange OIDC tokens: pass azure_ad_token_provider=, a function that does",
            llm_provider=provider,
        )
    return {"authorization": f"Bearer {token}"}
