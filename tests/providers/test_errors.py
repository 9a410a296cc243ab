"""Whose errors are known, and which a URL, a provider and a stream have."""

from __future__ import annotations

import json

import pytest

from unspool.providers import FORMATS
from unspool.providers.errors import (
    ERRORS,
    StreamError,
    errors_at,
    errors_named,
    errors_of,
    event_in,
    json_event,
)
from unspool.providers.registry import PROVIDERS, Provider


@pytest.mark.parametrize("name", ERRORS)
def test_a_provider_has_a_body_for_every_status(name: str) -> None:
    errors = errors_named(name)

    assert errors is not None
    assert errors.name == name
    assert all("No more." in json.dumps(errors.body(status, "No more.")) for status in range(400, 600))
    assert bool(errors.request_id_headers) <= bool(errors.request_id)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_format_can_report_every_error(name: str, status: int) -> None:
    event = event_in(name, errors_of(name), status, "No more.", last={})

    assert "No more." in event.data


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://api.openai.com/v1/chat/completions", "openai"),
        ("https://api.groq.com/openai/v1/chat/completions", "groq"),
        ("https://acme.services.ai.azure.com/anthropic/v1/messages", "anthropic"),
        ("https://acme.services.ai.azure.com/models/chat/completions", "azure"),
        (
            "https://aiplatform.googleapis.com/v1/publishers/anthropic/models/c:rawPredict",
            "vertex-anthropic",
        ),
        ("https://generativelanguage.googleapis.com/v1beta/openai/chat/completions", "gemini"),
        ("http://localhost/v1/messages/count_tokens", "anthropic"),
        ("http://localhost/v1/complete", "anthropic"),
        ("http://localhost/v2/chat", "cohere"),
        ("http://localhost/v1/responses", "openai"),
        ("http://localhost:11434/api/chat", "ollama"),
        ("http://localhost:11434/v1/chat/completions", "openai"),
        ("http://localhost/", "openai"),
    ],
)
def test_a_url_tells_whose_errors_come(url: str, name: str) -> None:
    assert errors_at(url).name == name


def test_a_path_of_one_format_does_not_shape_the_errors_of_another() -> None:
    asked = errors_at("http://localhost/v1/responses")

    assert event_in("openai-chat", asked, 503, "No more.", last={}).name == "message"
    assert event_in("openai-responses", asked, 503, "No more.", last={}).name == "error"


def test_a_provider_that_only_sends_its_formats_errors_needs_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    acme = Provider("https://api.acme.ai/v2", wire_format="cohere-v2")
    monkeypatch.setitem(PROVIDERS, "acme", acme)

    assert errors_named("acme") == errors_of("cohere-v2")
    assert errors_at("https://api.acme.ai/v2/say").name == "cohere"
    assert errors_named("nobody") is None


@pytest.mark.parametrize(
    ("wire_format", "provider", "expected"),
    [
        ("openai-chat", "openai", ("message", {"error"})),
        ("openai-chat", "groq", ("error", {"error"})),
        ("openai-responses", "groq", ("error", {"type", "sequence_number", "error"})),
        ("openai-chat", "anthropic", ("error", {"type", "error"})),
        ("gemini-generate", "groq", ("error", {"error"})),
        ("bedrock-converse", "groq", ("serviceUnavailableException", {"message"})),
    ],
)
def test_a_provider_reports_an_error_in_its_own_way(
    wire_format: str, provider: str, expected: tuple[str, set[str]]
) -> None:
    errors = errors_named(provider)
    assert errors is not None

    event = event_in(wire_format, errors, 503, "No more.", last={})

    assert (event.name, set(json.loads(event.data))) == expected


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"error": {"message": "No."}}, "No."),
        ({"error": "No."}, "No."),
        ({"message": "No."}, "No."),
    ],
)
def test_the_text_of_an_error_is_found_in_its_body(body: dict[str, object], text: str) -> None:
    assert StreamError(body, 503, {}).text == text


def test_an_event_has_its_headers() -> None:
    assert json_event({}, "x", {":a": 1}).headers == {":a": 1}
