from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from unspool.cassette.model import Interaction, Request, Response
from unspool.drift.asking import NotAskedError, sendable
from unspool.drift.recordings import recorded
from unspool.headers import header

OPENAI = "https://api.openai.com/v1/chat/completions"
CONVERSE = "https://bedrock-runtime.eu-west-1.amazonaws.com/model/claude/converse-stream"


def _sent(
    uri: str,
    variables: Mapping[str, str],
    *headers: tuple[str, str],
    body: bytes = b"{}",
    upstreams: Mapping[str, str] | None = None,
) -> Request:
    interaction = Interaction(Request("POST", uri, headers, body), Response(200))
    return sendable(recorded(Path("a.yaml"), 0, interaction), upstreams or {}, variables)


@pytest.mark.parametrize(
    ("uri", "variable", "name", "value"),
    [
        (OPENAI, "OPENAI_API_KEY", "authorization", "Bearer k"),
        ("https://api.anthropic.com/v1/messages", "ANTHROPIC_API_KEY", "x-api-key", "k"),
        (
            "https://generativelanguage.googleapis.com/v1beta/models/g:streamGenerateContent?alt=sse&key=REDACTED",
            "GEMINI_API_KEY",
            "x-goog-api-key",
            "k",
        ),
        ("https://eu.api.openai.com/v1/responses", "OPENAI_API_KEY", "authorization", "Bearer k"),
        ("https://a.openai.azure.com/openai/v1/chat/completions", "AZURE_API_KEY", "api-key", "k"),
        (CONVERSE, "AWS_BEARER_TOKEN_BEDROCK", "authorization", "Bearer k"),
    ],
)
def test_a_provider_gets_its_key_as_it_wants_it(uri: str, variable: str, name: str, value: str) -> None:
    sent = _sent(uri, {variable: "k", "AZURE_API_BASE": "https://a.openai.azure.com"})
    assert header(sent.headers, name) == value
    assert "REDACTED" not in sent.uri


def test_an_unknown_server_gets_no_key() -> None:
    sent = _sent("http://127.0.0.1:9/v1/chat/completions", {"OPENAI_API_KEY": "k"})
    assert not [value for _, value in sent.headers if value == "k" or "Bearer" in value]


def test_a_provider_gets_no_key_but_its_own() -> None:
    with pytest.raises(NotAskedError, match="set OPENAI_API_KEY"):
        _sent(OPENAI, {"ANTHROPIC_API_KEY": "k"})


def test_bedrock_is_signed_without_a_bearer_token() -> None:
    pytest.importorskip("botocore")
    sent = _sent(CONVERSE, {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"})
    assert "/eu-west-1/bedrock/aws4_request" in (header(sent.headers, "authorization") or "")


def test_bedrock_without_any_key_is_not_asked() -> None:
    with pytest.raises(NotAskedError, match="AWS_SECRET_ACCESS_KEY"):
        _sent(CONVERSE, {})


def test_headers_of_the_recording_are_sent_but_no_redacted_ones() -> None:
    sent = _sent(
        OPENAI, {"OPENAI_API_KEY": "k"}, ("openai-beta", "x=1"), ("x-own", "REDACTED"), ("host", "old")
    )
    assert header(sent.headers, "openai-beta") == "x=1"
    assert header(sent.headers, "x-own") is None
    assert header(sent.headers, "host") is None
    assert header(sent.headers, "content-type") == "application/json"


def test_anthropics_version_is_added_where_it_was_not_recorded() -> None:
    sent = _sent("https://api.anthropic.com/v1/messages", {"ANTHROPIC_API_KEY": "k"})
    assert header(sent.headers, "anthropic-version") == "2023-06-01"


def test_a_redacted_body_is_not_asked() -> None:
    with pytest.raises(NotAskedError, match="redacted value"):
        _sent(OPENAI, {"OPENAI_API_KEY": "k"}, body=b'{"user": "REDACTED"}')


def test_what_is_no_call_to_a_model_is_not_asked() -> None:
    with pytest.raises(NotAskedError, match="isn't a call to a model"):
        _sent("https://api.openai.com/v1/files", {"OPENAI_API_KEY": "k"})


def test_an_upstream_takes_the_place_of_the_recorded_host() -> None:
    sent = _sent(OPENAI, {"OPENAI_API_KEY": "k"}, upstreams={"openai": "http://127.0.0.1:4010/v1"})
    assert sent.uri == "http://127.0.0.1:4010/v1/chat/completions"
    assert header(sent.headers, "authorization") == "Bearer k"


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.openai.azure.com/openai/v1/chat/completions",
        "https://bedrock-runtime.eu-west-1.amazonaws.com.evil.example/model/claude/converse-stream",
        "https://bedrock-runtime.evil.example.amazonaws.com/model/claude/converse-stream",
        "http://api.openai.com:443/v1/chat/completions",
    ],
)
def test_a_cassette_cannot_send_a_key_to_a_host_of_its_choice(uri: str) -> None:
    with pytest.raises(NotAskedError, match="may not be yours"):
        _sent(uri, {"AZURE_API_KEY": "k", "AWS_BEARER_TOKEN_BEDROCK": "k", "OPENAI_API_KEY": "k"})


def test_a_host_that_the_user_names_gets_the_key() -> None:
    uri = "https://own.openai.azure.com/openai/v1/chat/completions"
    sent = _sent(uri, {"AZURE_API_KEY": "k"}, upstreams={"azure": "https://own.openai.azure.com"})
    assert (sent.uri, header(sent.headers, "api-key")) == (uri, "k")
