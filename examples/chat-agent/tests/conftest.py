from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

import unspool

os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # or its import downloads a list of prices

from chat_agent import anthropic_backend, litellm_backend, openai_backend
from chat_agent.agent import Backend
from chat_agent.backends import parts_of_chunks
from chat_agent.errors import told_to_users
from chat_agent.turn import CallPart, Message

unspool.raise_on_incomplete = False  # the canned turns are written without finish reasons


@pytest.fixture(scope="session")
def unspool_config() -> dict[str, Any]:
    """What `record.py` asks on this machine is recorded as asked of the provider."""
    return {"before_record_request": _at_the_provider}


def _at_the_provider(request: Any) -> Any:
    request.uri = re.sub(r"^http://127\.0\.0\.1:\d+/", "https://", request.uri)
    request.headers["host"] = request.host
    return request


@pytest.fixture
def ask_openai(stream_openai: Any) -> Backend:
    return openai_backend(stream_openai)


@pytest.fixture
def ask_anthropic(stream_anthropic: Any) -> Backend:
    return anthropic_backend(stream_anthropic)


@pytest.fixture
def ask_litellm(monkeypatch: pytest.MonkeyPatch) -> Backend:
    monkeypatch.setenv("OPENAI_API_KEY", os.environ.get("OPENAI_API_KEY", "none-is-needed-offline"))
    return litellm_backend("openai/gpt-4o-mini")


@pytest.fixture(params=["openai", "anthropic", "litellm"])
def ask(request: pytest.FixtureRequest) -> Backend:
    """Each of the three backends in turn; what it asks is answered from the test's cassette."""
    backend: Backend = request.getfixturevalue(f"ask_{request.param}")
    return backend


@pytest.fixture
def canned() -> Callable[..., Backend]:
    """A model that says these streams, one in each turn."""

    def make(*streams: Any) -> Backend:
        turns = iter(streams)

        def ask(_conversation: list[Message]) -> Iterator[str | CallPart]:
            with told_to_users(), closing(next(turns)) as chunks:
                yield from parts_of_chunks(chunks)

        return ask

    return make
