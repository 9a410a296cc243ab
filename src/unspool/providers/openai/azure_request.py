"""OpenAI's chat completions and responses at Azure: another address and another header for the key.

https://learn.microsoft.com/azure/ai-foundry/openai/reference. A deployment has the model's place, in the
path; servers that are asked by `/openai/v1` or `/models` find the model in the body, as OpenAI does.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlsplit

from unspool.providers.openai import chat_request
from unspool.providers.openai.responses import request as openai_responses_request
from unspool.providers.request import BuildRequest, CompletionRequest, HTTPRequest

DEFAULT_VERSION = "2025-02-01-preview"
"""LiteLLM's."""

RESPONSES_VERSION = "preview"
"""LiteLLM's for responses: that of the API without dated versions."""

_UNVERSIONED = "/v1"  # its paths have no api-version
_DEPLOYMENTS = ("", "/openai")


def build_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a chat completion.

    Fields of the request:
        model: the deployment's name.
        base_url: such as `https://me.openai.azure.com`, or with a path up to `/chat/completions`; the
            version may stand behind it, as `?api-version=…`.
    """
    address, _, query = request.base_url.partition("?")
    path = urlsplit(address).path.rstrip("/")
    if path in _DEPLOYMENTS:
        root = address.rstrip("/").removesuffix("/openai")
        address = f"{root}/openai/deployments/{quote(request.model, safe='')}"
    if not path.endswith(_UNVERSIONED):
        query = query or f"api-version={DEFAULT_VERSION}"
    return _azures(chat_request.build_request, request, address, query)


def build_responses_request(request: CompletionRequest) -> HTTPRequest:
    """Build the request for a response. The model is in the body, whatever the path.

    Fields of the request:
        base_url: as `build_request` takes it. Without a version it is `/openai/v1/responses`, and or
            with `?api-version=…` other than `preview`, `/openai/responses`.
    """
    address, _, query = request.base_url.partition("?")
    path = urlsplit(address).path.rstrip("/")
    if path in _DEPLOYMENTS:
        query = query or f"api-version={RESPONSES_VERSION}"
        versioned = "/openai/v1" if query == f"api-version={RESPONSES_VERSION}" else "/openai"
        address = address.rstrip("/").removesuffix("/openai") + versioned
    return _azures(openai_responses_request.build_request, request, address, query)


def _azures(build: BuildRequest, request: CompletionRequest, address: str, query: str) -> HTTPRequest:
    """OpenAI's request at Azure's address, with the key in Azure's header."""
    made, key = build(replace(request, base_url=address, api_key=None)), request.api_key
    headers = made.headers if key is None else {"api-key": key, **made.headers}
    return replace(made, url=f"{made.url}?{query}" if query else made.url, headers=headers)
