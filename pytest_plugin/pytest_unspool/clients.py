"""Transports that answer from the test's cassette, and the SDKs' clients on top of them.

A client that is handed a transport needs no TLS context, which is what makes one expensive: it's ready in a
hundredth of the time.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from unspool import Cassette


@pytest.fixture
def stream_transport(stream_cassette: Cassette) -> Iterator[Any]:
    """The test's cassette as a transport: `httpx.Client(transport=stream_transport)`, of httpx or httpx2."""
    transport = _transport()
    yield transport
    transport.close()


@pytest.fixture
def async_stream_transport(stream_cassette: Cassette) -> Any:
    """The same for `httpx.AsyncClient` and `httpx2.AsyncClient`; closing the client closes it."""
    return _transport()


def _transport() -> Any:
    from unspool.transports.transport import InUseTransport  # noqa: PLC0415 - not before a test asks for it

    return InUseTransport()


@pytest.fixture
def stream_openai(stream_transport: Any) -> Iterator[Any]:
    """An `openai.OpenAI` that asks the test's cassette; its key is `OPENAI_API_KEY`, or made up."""
    sdk = _sdk("openai")
    http = sdk.DefaultHttpxClient(transport=stream_transport)
    with sdk.OpenAI(api_key=_key("OPENAI_API_KEY"), http_client=http) as client:
        yield client


@pytest.fixture
def async_stream_openai(async_stream_transport: Any) -> Any:
    """An `openai.AsyncOpenAI` that asks the test's cassette."""
    sdk = _sdk("openai")
    http = sdk.DefaultAsyncHttpxClient(transport=async_stream_transport)
    return sdk.AsyncOpenAI(api_key=_key("OPENAI_API_KEY"), http_client=http)


@pytest.fixture
def stream_anthropic(stream_transport: Any) -> Iterator[Any]:
    """An `anthropic.Anthropic` that asks the test's cassette; its key is `ANTHROPIC_API_KEY`, or made up."""
    sdk = _sdk("anthropic")
    http = sdk.DefaultHttpxClient(transport=stream_transport)
    with sdk.Anthropic(api_key=_key("ANTHROPIC_API_KEY"), http_client=http) as client:
        yield client


@pytest.fixture
def async_stream_anthropic(async_stream_transport: Any) -> Any:
    """An `anthropic.AsyncAnthropic` that asks the test's cassette."""
    sdk = _sdk("anthropic")
    http = sdk.DefaultAsyncHttpxClient(transport=async_stream_transport)
    return sdk.AsyncAnthropic(api_key=_key("ANTHROPIC_API_KEY"), http_client=http)


def _sdk(name: str) -> ModuleType:
    __tracebackhide__ = True
    try:
        return import_module(name)
    except ImportError as error:
        pytest.fail(
            f"this fixture makes a client of {name}, which can't be imported ({error}): pip install {name}"
        )


def _key(variable: str) -> str:
    return os.environ.get(variable) or "made-up-by-unspool"
