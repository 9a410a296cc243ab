from __future__ import annotations

from typing import Any

import pytest

import unspool
from unspool.client.provider import (
    PROVIDERS,
    Target,
    known_providers,
    provider_of,
    provider_or_guess,
    target_of,
)
from unspool.errors import AuthenticationError, BadRequestError, LiteLLMUnknownProvider
from unspool.providers.registry import Provider


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("openai/gpt-4o", ("openai", "gpt-4o")),
        ("openai/org/model", ("openai", "org/model")),
        ("anthropic/claude-x", ("anthropic", "claude-x")),
        ("hosted_vllm/org/model", ("hosted_vllm", "org/model")),
        ("litellm_proxy/gpt-4o", ("litellm_proxy", "gpt-4o")),
        ("gpt-4o", ("openai", "gpt-4o")),
        ("chatgpt-4o-latest", ("openai", "chatgpt-4o-latest")),
        ("o3-mini", ("openai", "o3-mini")),
        ("ft:gpt-4o:org", ("openai", "ft:gpt-4o:org")),
        ("claude-x", ("anthropic", "claude-x")),
    ],
)
def test_the_name_tells_the_provider(model: str, expected: tuple[str, str]) -> None:
    assert provider_of(model) == expected


@pytest.mark.parametrize("model", ["llama", "org/model", "org/gpt-4o", ""])
def test_a_name_that_tells_nothing_is_refused(model: str) -> None:
    with pytest.raises(LiteLLMUnknownProvider, match="one of ai21_chat, anthropic, azure, ") as caught:
        provider_of(model)

    assert (caught.value.model, caught.value.status_code) == (model, 400)


@pytest.mark.parametrize(
    ("model", "expected"), [("gpt-4o", "gpt-4o"), ("openai/gpt-4o", "gpt-4o"), ("org/model", "org/model")]
)
def test_a_provider_named_beside_the_model_wins(model: str, expected: str) -> None:
    assert provider_of(model, "openai") == ("openai", expected)


@pytest.mark.parametrize(
    ("model", "expected"),
    [("gpt-4o", ("openai", "gpt-4o")), ("gemini/pro", ("gemini", "pro")), ("mine", ("openai", "mine"))],
)
def test_where_nobody_is_asked_any_name_will_do(model: str, expected: tuple[str, str]) -> None:
    assert provider_or_guess(model) == expected


def test_custom_providers_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unspool, "custom_provider_map", [{"provider": "my-llm", "custom_handler": object()}])

    assert provider_of("my-llm/small") == ("my-llm", "small")
    assert "my-llm" in known_providers()


def test_a_provider_that_can_only_be_read_is_not_proposed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"azure", "cohere", "groq", "ollama"} <= set(known_providers())
    monkeypatch.setitem(PROVIDERS, "acme", Provider("https://acme.ai", wire_format="bedrock-agent"))
    assert "acme" not in known_providers()


def a_target(provider: str = "openai", **options: Any) -> Target:
    given = {"api_key": None, "base_url": None, "environ": {}, "own_transport": False}
    return target_of(provider, **{**given, **options})


def test_a_provider_is_asked_at_its_own_address() -> None:
    assert a_target(api_key="sk-1") == Target("https://api.openai.com/v1", "sk-1", "openai-chat")
    assert a_target("anthropic", api_key="sk-1").wire_format == "anthropic-messages"


@pytest.mark.parametrize("provider", sorted(PROVIDERS))
def test_the_environment_gives_address_and_key(provider: str) -> None:
    known = PROVIDERS[provider]
    environ = {name: name.lower() for name in (*known.key_variables[-1:], *known.base_url_variables[-1:])}
    base_url = None if known.base_url_variables else "http://localhost"

    target = a_target(provider, environ=environ, base_url=base_url)

    assert target.api_key == (known.key_variables[-1].lower() if known.key_variables else None)
    assert target.base_url == (base_url or known.base_url_variables[-1].lower())


def test_an_empty_variable_counts_for_nothing() -> None:
    environ = {"OPENAI_BASE_URL": "", "OPENAI_API_BASE": "http://localhost/v1"}

    assert a_target(environ=environ).base_url == "http://localhost/v1"


@pytest.mark.parametrize("url", ["https://api.anthropic.com/v1", "https://api.anthropic.com/", None])
def test_the_providers_own_address_needs_a_key_however_it_is_spelt(url: str | None) -> None:
    with pytest.raises(AuthenticationError, match="ANTHROPIC_API_KEY"):
        a_target("anthropic", base_url=url)


def test_a_server_on_this_machine_needs_none() -> None:
    assert a_target("ollama") == Target("http://localhost:11434", None, "ollama-ndjson")


def test_another_address_or_the_callers_transport_needs_none() -> None:
    assert a_target(base_url="http://localhost/v1").api_key is None
    assert a_target(own_transport=True).api_key is None


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        ("2024-10-21", {"AZURE_API_VERSION": "2025-01-01"}, "https://me?api-version=2024-10-21"),
        (None, {"AZURE_API_VERSION": "2025-01-01"}, "https://me?api-version=2025-01-01"),
        (None, {}, "https://me"),
    ],
)
def test_a_version_of_the_api_stands_behind_the_address(
    given: str | None, environ: dict[str, str], expected: str
) -> None:
    target = a_target("azure", base_url="https://me", api_version=given, environ=environ)

    assert target.base_url == expected


def test_a_version_in_the_address_wins_and_nobody_else_has_one() -> None:
    versioned = "https://me?api-version=preview"

    assert a_target("azure", base_url=versioned, api_version="2024-10-21").base_url == versioned
    assert a_target(base_url="https://me", api_version="2024-10-21").base_url == "https://me"


def test_a_provider_without_an_address_asks_for_one() -> None:
    with pytest.raises(BadRequestError, match=r"pass base_url=… or set HOSTED_VLLM_API_BASE"):
        a_target("hosted_vllm")
    with pytest.raises(BadRequestError, match=r"pass base_url=…$"):
        a_target("custom_openai")


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(LiteLLMUnknownProvider, match="unknown provider 'acme'"):
        a_target("acme")
