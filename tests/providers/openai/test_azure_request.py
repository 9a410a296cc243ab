from __future__ import annotations

from typing import Any

import pytest

from unspool.providers.openai.azure_request import DEFAULT_VERSION, build_request, build_responses_request
from unspool.providers.request import CompletionRequest, HTTPRequest

HELLO = [{"role": "user", "content": "Hello?"}]
HOST = "https://me.openai.azure.com"
DEPLOYED = f"{HOST}/openai/deployments/mine/chat/completions"


def build(base_url: str = HOST, model: str = "mine", api_key: str | None = "k", **params: Any) -> HTTPRequest:
    return build_request(
        CompletionRequest(model, HELLO, params, api_key=api_key, base_url=base_url, stream=True)
    )


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        (HOST, f"{DEPLOYED}?api-version={DEFAULT_VERSION}"),
        (f"{HOST}/", f"{DEPLOYED}?api-version={DEFAULT_VERSION}"),
        (f"{HOST}/openai", f"{DEPLOYED}?api-version={DEFAULT_VERSION}"),
        (f"{HOST}/openai/?api-version=2024-10-21", f"{DEPLOYED}?api-version=2024-10-21"),
        (f"{HOST}?api-version=2024-10-21", f"{DEPLOYED}?api-version=2024-10-21"),
        (f"{HOST}/openai/deployments/mine", f"{DEPLOYED}?api-version={DEFAULT_VERSION}"),
        (f"{DEPLOYED}?api-version=2024-10-21", f"{DEPLOYED}?api-version=2024-10-21"),
        (f"{HOST}/openai/v1", f"{HOST}/openai/v1/chat/completions"),
        (f"{HOST}/openai/v1/", f"{HOST}/openai/v1/chat/completions"),
        (f"{HOST}/openai/v1?api-version=preview", f"{HOST}/openai/v1/chat/completions?api-version=preview"),
        (f"{HOST}/models?api-version=1", f"{HOST}/models/chat/completions?api-version=1"),
    ],
)
def test_the_address_has_the_deployment_and_the_version(base_url: str, expected: str) -> None:
    assert build(base_url).url == expected


def test_a_deployment_s_name_is_quoted() -> None:
    assert "/deployments/a%2Fb%20c/" in build(model="a/b c").url


def test_the_key_has_a_header_of_its_own() -> None:
    assert build().headers == {"content-type": "application/json", "api-key": "k"}
    assert build(api_key=None).headers == {"content-type": "application/json"}
    assert build(extra_headers={"api-key": "mine"}).headers["api-key"] == "mine"


def test_the_body_is_openai_s() -> None:
    assert build(temperature=1, seed=7).body == {
        "model": "mine",
        "messages": HELLO,
        "temperature": 1,
        "seed": 7,
        "stream": True,
    }


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        (HOST, f"{HOST}/openai/v1/responses?api-version=preview"),
        (f"{HOST}/openai", f"{HOST}/openai/v1/responses?api-version=preview"),
        (f"{HOST}?api-version=2025-03-01-preview", f"{HOST}/openai/responses?api-version=2025-03-01-preview"),
        (f"{HOST}/openai/v1", f"{HOST}/openai/v1/responses"),
        (
            f"{HOST}/openai/v1/responses?api-version=preview",
            f"{HOST}/openai/v1/responses?api-version=preview",
        ),
    ],
)
def test_responses_have_an_address_without_the_deployment(base_url: str, expected: str) -> None:
    request = build_responses_request(
        CompletionRequest("mine", HELLO, {}, api_key="k", base_url=base_url, stream=True)
    )

    assert request.url == expected
    assert request.headers == {"content-type": "application/json", "api-key": "k"}
    assert request.body["model"] == "mine"
