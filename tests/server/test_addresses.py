"""Where SDKs look for a provider, and the provider that a path names."""

from __future__ import annotations

import pytest

from unspool.server.addresses import base_urls, environment, split_tag


@pytest.mark.parametrize(
    ("path", "split"),
    [
        ("/@mistral/v1/models", ("mistral", "/v1/models")),
        ("/@mistral", ("mistral", "/")),
        ("/@mistral/", ("mistral", "/")),
        ("/v1/@mistral", (None, "/v1/@mistral")),
        ("/@mistral?x", (None, "/@mistral?x")),
        ("/v1/models", (None, "/v1/models")),
    ],
)
def test_a_path_may_name_its_provider_first(path: str, split: tuple[str | None, str]) -> None:
    assert split_tag(path) == split


def test_every_base_url_leads_to_the_server_and_back_to_its_provider() -> None:
    urls = base_urls("http://127.0.0.1:8000")
    paths = {name: url.removeprefix("http://127.0.0.1:8000") for name, url in urls.items()}
    assert not any("://" in path for path in paths.values())
    assert paths["OPENAI_BASE_URL"] == "/v1"
    assert paths["MISTRAL_API_BASE"] == "/@mistral/v1"
    assert paths["ANTHROPIC_BASE_URL"] == "/@anthropic"
    assert paths["OLLAMA_HOST"] == paths["UNSPOOL_URL"] == ""


def test_a_proxy_s_variables_hold_addresses_and_no_key() -> None:
    url = "http://127.0.0.1:8000"
    variables = environment(url)
    assert base_urls(url).keys() == {name for name, value in variables.items() if value.startswith(url)}
    keys = {value for name, value in variables.items() if name.endswith(("_API_KEY", "_SECRET_ACCESS_KEY"))}
    assert keys == {"unspool-key-that-opens-nothing"}
