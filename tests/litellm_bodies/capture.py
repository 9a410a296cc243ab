"""What LiteLLM sends for a call, and what we send, taken off a server on this machine."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

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
        reasons: why something differs, by `conversation`, by `conversation: place` or by `place`; a place
            is as `differences` names it, or the beginning of such a name.
    """

    model: str
    path: str = ""
    litellm_path: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
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
    return _sent(server, lambda: _ask(unspool.completion, row, conversation, server.url + row.path))


def litellms(row: Row, conversation: JSON, server: Loopback) -> Sent:
    """What LiteLLM sends."""
    os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
    import litellm

    litellm.suppress_debug_info = True
    path = row.path if row.litellm_path is None else row.litellm_path
    return _sent(server, lambda: _ask(litellm.completion, row, conversation, server.url + path))


def _ask(completion: Callable[..., Any], row: Row, conversation: JSON, base_url: str) -> None:
    given = {"api_key": "sk-test", "base_url": base_url, "drop_params": True, "stream": True}
    list(completion(row.model, **(given | deepcopy(conversation) | dict(row.options))))


def _sent(server: Loopback, ask: Callable[[], None]) -> Sent:
    server.requests.clear()
    error = "it asked nobody, and raised nothing"
    try:
        ask()
    except Exception as caught:  # noqa: BLE001 - whatever LiteLLM may raise
        error = f"{type(caught).__name__}: {caught}"
    return _read(server.requests[0]) if server.requests else Sent(error=error)


def _read(request: Request) -> Sent:
    key = {name: value for name, value in request.headers.items() if name in _AUTHORISING}
    return Sent(unquote(request.path), key, request.body)
