"""Where a recording proxy sends requests."""

from __future__ import annotations

import pytest

from unspool.cassette.model import Request
from unspool.server.sources import UpstreamError
from unspool.server.upstreams import Upstreams, parse_upstream

NONE = Upstreams({}, {})
ANTHROPIC = (("anthropic-version", "2023-06-01"),)
SIGNED = (
    (
        "authorization",
        "AWS4-HMAC-SHA256 Credential=AKIA/20261201/eu-west-1/bedrock/aws4_request, SignedHeaders=host",
    ),
)


def url(
    path: str, upstreams: Upstreams = NONE, headers: tuple[tuple[str, str], ...] = (), method: str = "POST"
) -> str:
    return upstreams.url_for(Request(method, f"http://127.0.0.1:4010{path}", headers, b""))


@pytest.mark.parametrize(
    ("path", "headers", "wanted"),
    [
        ("/v1/chat/completions", (), "https://api.openai.com/v1/chat/completions"),
        ("/v1/responses?stream=1", (), "https://api.openai.com/v1/responses?stream=1"),
        ("/v1/models", (), "https://api.openai.com/v1/models"),
        ("/v1/models", ANTHROPIC, "https://api.anthropic.com/v1/models"),
        ("/v1/messages?beta=true", (), "https://api.anthropic.com/v1/messages?beta=true"),
        ("/@anthropic/api/event_logging/batch", (), "https://api.anthropic.com/api/event_logging/batch"),
        (
            "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
            (),
            "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse",
        ),
        (
            "/v1/projects/p/locations/europe-west4/publishers/google/models/g:streamGenerateContent",
            (),
            (
                "https://europe-west4-aiplatform.googleapis.com/v1/projects/p/locations/europe-west4/publishers/google"
                "/models/g:streamGenerateContent"
            ),
        ),
        (
            "/v1/projects/p/locations/global/publishers/anthropic/models/c:streamRawPredict",
            ANTHROPIC,
            (
                "https://aiplatform.googleapis.com/v1/projects/p/locations/global/publishers/anthropic/models"
                "/c:streamRawPredict"
            ),
        ),
        (
            "/model/m/converse-stream",
            SIGNED,
            "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse-stream",
        ),
        ("/v2/chat", (), "https://api.cohere.com/v2/chat"),
        ("/api/chat", (), "http://localhost:11434/api/chat"),
        ("/api/version", (), "http://localhost:11434/api/version"),
        ("/@mistral/v1/chat/completions", (), "https://api.mistral.ai/v1/chat/completions"),
        ("/@groq/openai/v1/chat/completions", (), "https://api.groq.com/openai/v1/chat/completions"),
        ("/@openai", (), "https://api.openai.com/"),
    ],
)
def test_a_path_belongs_to_a_provider(path: str, headers: tuple[tuple[str, str], ...], wanted: str) -> None:
    assert url(path, headers=headers) == wanted


@pytest.mark.parametrize(
    ("path", "headers", "message"),
    [
        ("/", (), "--upstream"),
        ("/somewhere", (), "/somewhere is no provider's path"),
        ("/@nobody/v1/models", (), "there is no provider 'nobody'"),
        ("/openai/deployments/d/chat/completions", (), "--upstream azure=https://"),
        ("/model/m/converse", (), "--upstream bedrock=https://"),
        (
            "/model/m/converse",
            (("authorization", "AWS4-HMAC-SHA256 Credential=A/20261201/evil.example.com#/bedrock/x"),),
            "--upstream bedrock=https://",
        ),
    ],
)
def test_a_request_without_an_upstream_is_refused(
    path: str, headers: tuple[tuple[str, str], ...], message: str
) -> None:
    with pytest.raises(UpstreamError) as refused:
        url(path, headers=headers)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("given", "path", "wanted"),
    [
        (
            "https://gateway.example/llm/v1",
            "/v1/chat/completions",
            "https://gateway.example/llm/v1/chat/completions",
        ),
        ("https://gateway.example", "/v1/chat/completions", "https://gateway.example/v1/chat/completions"),
        ("https://gateway.example/", "/anything", "https://gateway.example/anything"),
        ("http://127.0.0.1:8000/v1/", "/v1/models?a=b", "http://127.0.0.1:8000/v1/models?a=b"),
    ],
)
def test_one_upstream_may_take_all_requests(given: str, path: str, wanted: str) -> None:
    assert url(path, Upstreams({"": given}, {})) == wanted


def test_an_upstream_may_be_given_for_a_provider() -> None:
    upstreams = Upstreams(dict([parse_upstream("openai=https://openrouter.ai/api/v1")]), {})

    assert url("/v1/chat/completions", upstreams) == "https://openrouter.ai/api/v1/chat/completions"
    assert url("/v1/messages", upstreams) == "https://api.anthropic.com/v1/messages"


def test_the_environment_s_base_url_is_the_upstream() -> None:
    variables = {"OPENAI_BASE_URL": "https://openrouter.ai/api/v1", "OLLAMA_HOST": "10.0.0.7:11434"}
    upstreams = Upstreams({}, variables)

    assert url("/v1/chat/completions", upstreams) == "https://openrouter.ai/api/v1/chat/completions"
    assert url("/api/chat", upstreams) == "http://10.0.0.7:11434/api/chat"


@pytest.mark.parametrize("text", ["api.openai.com", "ftp://a.b", "openai=", "nobody=https://a.b", ""])
def test_an_upstream_is_a_base_url(text: str) -> None:
    with pytest.raises(UpstreamError, match=r"expected a base URL|expected one of"):
        parse_upstream(text)
