"""What LiteLLM sends for a call, and what we send, taken off a server on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from unittest import mock
from urllib.parse import unquote

import httpx
from tests.litellm_bodies.conversations import JSON
from tests.loopback import Answer, Loopback, Request

import unspool

REFUSAL = Answer.json({"error": {"message": "that will do"}}, 400)
"""What the server says to everything: neither asks again."""

_AUTHORISING = ("authorization", "api-key", "x-api-key")


@dataclass(frozen=True)
class Row:
    """A provider to ask.

    Attributes:
        model: with the provider's prefix.
        path: where `base_url` ends on the server, such as `/v1`; `litellm_path` if LiteLLM's ends elsewhere.
        options: for both, as keywords.
        litellm_options: for LiteLLM alone.
        answers: what the server says to what LiteLLM asks before the request, by path.
        reasons: why something differs, by `conversation`, by `conversation: place` or by `place`; a place
            is as `differences` names it, or the beginning of such a name.
    """

    model: str
    path: str = ""
    litellm_path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    litellm_options: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return " ".join([self.model, *(f"{name}={value}" for name, value in self.options.items())])


@dataclass(frozen=True)
class Sent:
    """A request as it arrived, or the error that came in its place."""

    path: str = ""
    key: dict[str, str] = field(default_factory=dict)
    body: JSON = field(default_factory=dict)
    error: str | None = None


def ours(row: Row, conversation: JSON, server: Loopback) -> Sent:
    """What Unspool sends."""
    return _sent(server, lambda: _ask(unspool.completion, row, conversation, server.url + row.path, {}))


def litellms(row: Row, conversation: JSON, server: Loopback) -> Sent:
    """What LiteLLM sends."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.suppress_debug_info = True
    path = row.path if row.litellm_path is None else row.litellm_path
    own = row.litellm_options
    with _redirected(server.url):
        return _sent(server, lambda: _ask(litellm.completion, row, conversation, server.url + path, own))


@contextmanager
def _redirected(url: str) -> Iterator[None]:
    """Send to the server what LiteLLM sends to a provider's own address whatever `base_url` says."""
    send, server = httpx.HTTPTransport.handle_request, httpx.URL(url)

    def redirect(transport: httpx.HTTPTransport, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme=server.scheme, host=server.host, port=server.port)
        return send(transport, request)

    with mock.patch.object(httpx.HTTPTransport, "handle_request", redirect):
        yield


def _ask(
    completion: Callable[..., Any], row: Row, conversation: JSON, base_url: str, own: Mapping[str, Any]
) -> None:
    given = {"api_key": "sk-test", "base_url": base_url, "drop_params": True, "stream": True}
    list(completion(row.model, **(given | deepcopy(conversation) | dict(row.options) | dict(own))))


def _sent(server: Loopback, ask: Callable[[], None]) -> Sent:
    server.requests.clear()
    error = "it asked nobody, and raised nothing"
    try:
        ask()
    except Exception as caught:  # noqa: BLE001 - whatever LiteLLM may raise
        error = f"{type(caught).__name__}: {caught}"
    posted = [request for request in server.requests if request.method == "POST"]
    return _read(posted[-1]) if posted else Sent(error=error)


def _read(request: Request) -> Sent:
    key = {name: value for name, value in request.headers.items() if name in _AUTHORISING}
    return Sent(unquote(request.path), key, request.body)
