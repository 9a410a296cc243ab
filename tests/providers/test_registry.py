from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from unspool.errors import LiteLLMUnknownProvider
from unspool.providers import format_of
from unspool.providers.detect import provider_at
from unspool.providers.errors import ERRORS
from unspool.providers.registry import PROVIDERS


def test_the_rows_are_in_order() -> None:
    assert list(PROVIDERS) == sorted(PROVIDERS)


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_an_address_is_whole_and_leads_back_to_its_provider(name: str) -> None:
    url = PROVIDERS[name].base_url
    if url is not None:
        assert urlsplit(url).scheme in ("http", "https")
        assert not url.endswith("/")
        assert provider_at(url) == name.removesuffix("_chat") or provider_at(url) == name


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_variables_are_upper_case(name: str) -> None:
    known = PROVIDERS[name]

    assert all(variable.isupper() for variable in (*known.key_variables, *known.base_url_variables))


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        ("anthropic", "anthropic-messages"),
        ("cohere", "cohere-v2"),
        ("gemini", "gemini-generate"),
        ("groq", "openai-chat"),
        ("anthropic-messages", "anthropic-messages"),
    ],
)
def test_a_provider_has_a_wire_format(provider: str, expected: str) -> None:
    assert format_of(provider) == expected


def test_an_unknown_provider_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(
        LiteLLMUnknownProvider, match=r"unknown provider 'antropic': did you mean 'anthropic'\?"
    ):
        format_of("antropic")


def test_the_table_of_paths_is_read_with_a_warning() -> None:
    with pytest.warns(DeprecationWarning, match=r"WireFormat\.paths"):
        from unspool.providers.registry import PATHS

    assert PATHS["/v1/messages"] == "anthropic-messages"
    with pytest.raises(TypeError):
        PATHS["/acme"] = "openai-chat"


def test_a_provider_names_errors_that_there_are() -> None:
    assert {known.errors for known in PROVIDERS.values() if known.errors} <= set(ERRORS)
