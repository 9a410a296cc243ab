"""OpenAI's chat completions and responses at Azure: another address and another header for the key.

https://learn.microsoft.com/azure/ai-foundry/openai/reference. A deployment has the model's place, in the
path; servers that are asked by `/openai/v1` or `/models` find the model in the body, as OpenAI does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

from unspool.providers.openai import chat_request
from unspool.providers.openai.responses import request as openai_responses_request
from unspool.providers.request import HTTPRequest

DEFAULT_VERSION = "2025-02-01-preview"
"""LiteLLM's."""

RESPONSES_VERSION = "preview"
"""LiteLLM's for responses: that of the API without dated versions."""

_UNVERSIONED = "/v1"  # its paths have no api-version
_DEPLOYMENTS = ("", "/openai")


def build_request(
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """A chat completion; see `BuildRequest`.

    Args:
        model: the deployment's name.
        base_url: such as `https://me.openai.azure.com`, or with a path up to `/chat/completions`; the
            version may stand behind it, as `?api-version=…`.
    """
    address, _, query = base_url.partition("?")
    path = urlsplit(address).path.rstrip("/")
    if path in _DEPLOYMENTS:
        address = f"{address.rstrip('/').removesuffix('/openai')}/openai/deployments/{quote(model, safe='')}"
    if not path.endswith(_UNVERSIONED):
        query = query or f"api-version={DEFAULT_VERSION}"
    request = chat_request.build_request(
        model, messages, params, api_key=None, base_url=address, stream=stream, drop_params=drop_params
    )
    return _azures(request, query, api_key)


def build_responses_request(
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """A response; see `BuildRequest`. The model is in the body, whatever the path.

    Args:
        base_url: as `build_request` takes it. Without a version it is `/openai/v1/responses`, and or
            with `?api-version=…` other than `preview`, `/openai/responses`.
    """
    address, _, query = base_url.partition("?")
    path = urlsplit(address).path.rstrip("/")
    if path in _DEPLOYMENTS:
        query = query or f"api-version={RESPONSES_VERSION}"
        versioned = "/openai/v1" if query == f"api-version={RESPONSES_VERSION}" else "/openai"
        address = address.rstrip("/").removesuffix("/openai") + versioned
    request = openai_responses_request.build_request(
        model, messages, params, api_key=None, base_url=address, stream=stream, drop_params=drop_params
    )
    return _azures(request, query, api_key)


def _azures(request: HTTPRequest, query: str, api_key: str | None) -> HTTPRequest:
    headers = request.headers if api_key is None else {"api-key": api_key, **request.headers}
    return replace(request, url=f"{request.url}?{query}" if query else request.url, headers=headers)
