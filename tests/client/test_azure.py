"""Azure's tokens, as they arrive at a server."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

import unspool
from unspool.errors import APIConnectionError, AuthenticationError, BadRequestError, UnsupportedParamsError

HOST = "https://me.openai.azure.com"
ANSWER = {"choices": [{"index": 0, "message": {"content": "Hi"}, "finish_reason": "stop"}]}
HELLO = [{"role": "user", "content": "Hello?"}]
VARIABLES = ("AZURE_API_KEY", "AZURE_OPENAI_API_KEY", "AZURE_AD_TOKEN", "AZURE_AI_API_KEY")


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


class Server:
    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json=ANSWER)

    @property
    def keys(self) -> dict[str, str]:
        """The headers with a key in the last request."""
        headers = self.requests[-1].headers
        return {name: headers[name] for name in ("api-key", "authorization") if name in headers}


def ask(server: Server, model: str = "azure/mine", **options: Any) -> Any:
    return unspool.completion(model, HELLO, base_url=HOST, transport=server.transport, **options)


@pytest.mark.parametrize("model", ["azure/mine", "azure_ai/mine"])
def test_a_token_goes_where_the_key_would_and_not_into_the_body(model: str) -> None:
    server = Server()
    ask(server, model, azure_ad_token="t")

    assert server.keys == {"authorization": "Bearer t"}
    assert set(json.loads(server.requests[0].content)) == {"model", "messages"}


def test_a_provider_of_tokens_is_called_for_each_request() -> None:
    server, tokens = Server(), iter(["one", "two"])
    for expected in ("one", "two"):
        ask(server, azure_ad_token_provider=lambda: next(tokens))
        assert server.keys == {"authorization": f"Bearer {expected}"}


@pytest.mark.anyio
async def test_an_async_call_takes_both_kinds_of_provider() -> None:
    async def provide() -> str:
        return "async"

    server = Server()
    for provider, expected in ((provide, "async"), (lambda: "sync", "sync")):
        await unspool.acompletion(
            "azure/mine",
            HELLO,
            base_url=HOST,
            transport=server.transport,
            azure_ad_token_provider=provider,
        )
        assert server.keys == {"authorization": f"Bearer {expected}"}


@pytest.mark.parametrize(
    ("environ", "options", "expected"),
    [
        ({"AZURE_AD_TOKEN": "e"}, {}, {"authorization": "Bearer e"}),
        ({"AZURE_AD_TOKEN": "e"}, {"api_key": "k"}, {"api-key": "k"}),
        ({"AZURE_AD_TOKEN": "e", "AZURE_API_KEY": "k"}, {}, {"api-key": "k"}),
        ({"AZURE_API_KEY": "k"}, {"azure_ad_token": "t"}, {"authorization": "Bearer t"}),
        ({}, {"azure_ad_token": "t", "extra_headers": {"Authorization": "mine"}}, {"authorization": "mine"}),
    ],
)
def test_an_argument_wins_and_then_a_key(
    monkeypatch: pytest.MonkeyPatch,
    environ: dict[str, str],
    options: dict[str, Any],
    expected: dict[str, str],
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    server = Server()
    ask(server, **options)

    assert server.keys == expected


def test_one_of_key_and_token_is_enough() -> None:
    with pytest.raises(BadRequestError, match="pass one of api_key and azure_ad_token"):
        ask(Server(), api_key="k", azure_ad_token="t")


async def an_async_provider() -> str:
    return "t"


@pytest.mark.parametrize(
    "provider", [lambda: None, lambda: "", an_async_provider], ids=["nothing", "empty", "async"]
)
def test_what_is_no_token_is_an_error(provider: Any) -> None:
    with pytest.raises(AuthenticationError, match="expected the text of a token"):
        ask(Server(), azure_ad_token_provider=provider)


def test_a_token_that_must_be_exchanged_is_refused() -> None:
    with pytest.raises(UnsupportedParamsError, match="OIDC"):
        ask(Server(), azure_ad_token="oidc/google/me")


def test_an_error_of_the_provider_of_tokens_is_mapped() -> None:
    def fail() -> str:
        raise OSError("no network")

    with pytest.raises(APIConnectionError, match="no network"):
        ask(Server(), azure_ad_token_provider=fail)


def test_another_provider_gets_no_token() -> None:
    server = Server()
    unspool.completion("openai/m", HELLO, transport=server.transport, azure_ad_token="t", api_key="k")
    assert server.keys == {"authorization": "Bearer k"}
