from __future__ import annotations

import pytest

from unspool.providers import FORMATS
from unspool.providers.detect import format_of_exchange, provider_at
from unspool.providers.registry import PROVIDERS, Provider

EVENTS = "text/event-stream; charset=utf-8"
AWS = "application/vnd.amazon.eventstream"
GOOGLE = "https://generativelanguage.googleapis.com/v1beta"
VERTEX = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers"
BEDROCK = "https://bedrock-runtime.eu-west-1.amazonaws.com/model"

# A provider, one of its URLs, what it answers with, and the wire format of that.
EXCHANGES = [
    ("ai21_chat", "https://api.ai21.com/studio/v1/chat/completions", EVENTS, "openai-chat"),
    ("anthropic", "https://api.anthropic.com/v1/messages", EVENTS, "anthropic-messages"),
    ("anthropic", "https://api.anthropic.com/v1/messages?beta=true", None, "anthropic-messages"),
    ("anthropic", "https://api.anthropic.com/v1/complete", EVENTS, "anthropic-complete"),
    ("azure", "https://me.openai.azure.com/openai/deployments/d/chat/completions", EVENTS, "openai-chat"),
    ("azure", "https://me.openai.azure.com//openai/v1/chat/completions", EVENTS, "openai-chat"),
    ("azure", "https://me.cognitiveservices.azure.com/openai/responses", EVENTS, "openai-responses"),
    ("azure_ai", "https://me.services.ai.azure.com/models/chat/completions", EVENTS, "openai-chat"),
    ("azure_ai", "https://me.services.ai.azure.com/anthropic/v1/messages", EVENTS, "anthropic-messages"),
    ("bedrock", f"{BEDROCK}/amazon.nova-lite-v1%3A0/converse-stream", AWS, "bedrock-converse"),
    ("bedrock", f"{BEDROCK}/eu.amazon.nova-lite-v1:0/converse", "application/json", "bedrock-converse"),
    ("bedrock", f"{BEDROCK}/anthropic.claude-v2/invoke-with-response-stream", AWS, "bedrock-invoke"),
    (
        "bedrock",
        "https://bedrock-agent-runtime.us-east-1.amazonaws.com/agents/A/agentAliases/B/sessions/C/text",
        AWS,
        "bedrock-agent",
    ),
    (
        "bedrock",
        "https://bedrock-agent-runtime.us-east-1.amazonaws.com/retrieveAndGenerateStream",
        AWS,
        "bedrock-agent",
    ),
    ("cerebras", "https://api.cerebras.ai/v1/chat/completions", EVENTS, "openai-chat"),
    ("chatgpt", "https://chatgpt.com/backend-api/codex/responses", EVENTS, "openai-responses"),
    (
        "cloudflare",
        "https://api.cloudflare.com/client/v4/accounts/0/ai/v1/chat/completions",
        EVENTS,
        "openai-chat",
    ),
    ("cohere", "https://api.cohere.ai/v1/chat", "application/stream+json", "cohere-v1"),
    ("cohere", "https://api.cohere.com/v1/generate", "application/stream+json", "cohere-v1"),
    ("cohere", "https://api.cohere.com/v2/chat", EVENTS, "cohere-v2"),
    (
        "databricks",
        "https://adb-1.2.azuredatabricks.net/serving-endpoints/chat/completions",
        EVENTS,
        "openai-chat",
    ),
    (
        "databricks",
        "https://dbc-1.cloud.databricks.com/serving-endpoints/m/invocations",
        EVENTS,
        "openai-chat",
    ),
    ("deepseek", "https://api.deepseek.com/beta/chat/completions", EVENTS, "openai-chat"),
    ("deepseek", "https://api.deepseek.com/beta/completions", EVENTS, "openai-completions"),
    ("fireworks_ai", "https://api.fireworks.ai/inference/v1/chat/completions", EVENTS, "openai-chat"),
    ("gemini", f"{GOOGLE}/models/g:streamGenerateContent?alt=sse", EVENTS, "gemini-generate"),
    ("gemini", f"{GOOGLE}/models/g:streamGenerateContent?key=k&alt=sse", None, "gemini-generate"),
    ("gemini", f"{GOOGLE}/models/g:streamGenerateContent", EVENTS, "gemini-generate"),
    ("gemini", f"{GOOGLE}/models/g:streamGenerateContent", "application/json", "gemini-generate-jsonarray"),
    ("gemini", f"{GOOGLE}/models/g:streamGenerateContent", None, "gemini-generate-jsonarray"),
    ("gemini", f"{GOOGLE}/models/g:generateContent", "application/json", "gemini-generate"),
    ("gemini", f"{GOOGLE}/interactions?alt=sse", EVENTS, "gemini-interactions"),
    ("gemini", f"{GOOGLE}/openai/chat/completions", EVENTS, "openai-chat"),
    ("github_copilot", "https://api.githubcopilot.com/chat/completions", EVENTS, "openai-chat"),
    ("github_copilot", "https://api.business.githubcopilot.com/responses", EVENTS, "openai-responses"),
    ("groq", "https://api.groq.com/openai/v1/chat/completions", EVENTS, "openai-chat"),
    ("huggingface", "https://router.huggingface.co/v1/chat/completions", EVENTS, "openai-chat"),
    ("huggingface", "https://api-inference.huggingface.co/models/org/m", EVENTS, "tgi"),
    (
        "huggingface",
        "https://api-inference.huggingface.co/models/org/m/v1/chat/completions",
        EVENTS,
        "openai-chat",
    ),
    ("huggingface", "https://abc.eu-west-1.aws.endpoints.huggingface.cloud/", EVENTS, "tgi"),
    ("mistral", "https://api.mistral.ai/v1/chat/completions", EVENTS, "openai-chat"),
    ("mistral", "https://api.mistral.ai/v1/agents/completions", EVENTS, "openai-chat"),
    ("mistral", "https://codestral.mistral.ai/v1/fim/completions", EVENTS, "openai-chat"),
    ("ollama", "http://localhost:11434/api/chat", "application/x-ndjson", "ollama-ndjson"),
    ("ollama", "https://ollama.com/api/generate", "application/json", "ollama-ndjson"),
    ("ollama", "http://localhost:11434/v1/chat/completions", EVENTS, "openai-chat"),
    ("openai", "https://api.openai.com/v1/chat/completions/", EVENTS, "openai-chat"),
    ("openai", "https://eu.api.openai.com/v1/responses", EVENTS, "openai-responses"),
    ("openai", "https://api.openai.com/v1/responses/resp_1?stream=true", EVENTS, "openai-responses"),
    ("openai", "https://api.openai.com/v1/completions", EVENTS, "openai-completions"),
    ("openai", "https://api.openai.com/v1/threads/runs", EVENTS, "openai-assistants"),
    ("openai", "https://api.openai.com/v1/threads/thread_1/runs", EVENTS, "openai-assistants"),
    (
        "openai",
        "https://api.openai.com/v1/threads/t/runs/r/submit_tool_outputs",
        EVENTS,
        "openai-assistants",
    ),
    ("openai", "https://api.openai.com/v1/audio/transcriptions", EVENTS, "openai-transcription"),
    ("openrouter", "https://openrouter.ai/api/v1/chat/completions", EVENTS, "openai-chat"),
    ("perplexity", "https://api.perplexity.ai/chat/completions", EVENTS, "openai-chat"),
    ("replicate", "https://stream.replicate.com/v1/files/abc", EVENTS, "replicate-sse"),
    ("replicate", "https://streaming.svc.replicate.net/v1/streams/abc", EVENTS, "replicate-sse"),
    (
        "sap",
        "https://api.ai.prod.eu-central-1.aws.ml.hana.ondemand.com/v2/inference/deployments/d/completion",
        EVENTS,
        "sap-orchestration",
    ),
    (
        "snowflake",
        "https://org-acc.snowflakecomputing.com/api/v2/cortex/v1/chat/completions",
        EVENTS,
        "openai-chat",
    ),
    ("together_ai", "https://api.together.xyz/v1/chat/completions", EVENTS, "openai-chat"),
    ("vertex_ai", f"{VERTEX}/google/models/g:streamGenerateContent?alt=sse", EVENTS, "gemini-generate"),
    ("vertex_ai", f"{VERTEX}/anthropic/models/c@1:streamRawPredict", EVENTS, "anthropic-messages"),
    ("vertex_ai", f"{VERTEX}/anthropic/models/c@1:rawPredict", "application/json", "anthropic-messages"),
    ("vertex_ai", f"{VERTEX}/mistralai/models/m:streamRawPredict", EVENTS, "openai-chat"),
    ("vercel_ai_gateway", "https://ai-gateway.vercel.sh/v1/chat/completions", EVENTS, "openai-chat"),
    ("watsonx", "https://eu-de.ml.cloud.ibm.com/ml/v1/text/generation_stream", EVENTS, "watsonx-generation"),
    ("watsonx", "https://eu-de.ml.cloud.ibm.com/ml/v1/text/chat_stream", EVENTS, "openai-chat"),
    ("writer", "https://api.writer.com/v1/chat", EVENTS, "openai-chat"),
    ("xai", "https://api.x.ai/v1/chat/completions", EVENTS, "openai-chat"),
    ("zai", "https://api.z.ai/api/coding/paas/v4/chat/completions", EVENTS, "openai-chat"),
    ("openai", "https://api.openai.com:443/v1/chat/completions", EVENTS, "openai-chat"),
    (None, "https://api.openai.com:8443/v1/chat/completions", EVENTS, "openai-chat"),
    (None, "http://localhost:8000/v1/chat/completions", EVENTS, "openai-chat"),  # vLLM, llama.cpp
    (None, "http://localhost:8080/generate_stream", EVENTS, "tgi"),
    (None, "http://localhost:3000/mcp", EVENTS, "jsonrpc-sse"),
    (None, "http://localhost:3000", EVENTS, "jsonrpc-sse"),
    (None, "gateway/v1beta/models/g:streamGenerateContent?alt=sse", EVENTS, "gemini-generate"),
]


@pytest.mark.parametrize(("provider", "url", "content_type", "expected"), EXCHANGES)
def test_a_url_and_a_content_type_tell_provider_and_format(
    provider: str | None, url: str, content_type: str | None, expected: str
) -> None:
    assert (provider_at(url), format_of_exchange(url, content_type)) == (provider, expected)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.com/v1/embeddings",
        "https://api.anthropic.com/v1/messages/count_tokens",
        "https://example.com/v1/chat",
        "https://example.com/models/org/m",
        "https://[broken/v1/chat/completions",
        "https://example.com:port/v1/chat/completions",
    ],
)
def test_what_is_no_chat_has_no_format(url: str) -> None:
    assert format_of_exchange(url, EVENTS) is None


@pytest.mark.parametrize("content_type", ["text/html", "application/json", None])
def test_a_page_at_the_root_is_no_json_rpc(content_type: str | None) -> None:
    assert format_of_exchange("http://localhost:3000/", content_type) is None


@pytest.mark.parametrize(
    "url", ["https://api.openai.com.example.com/v1", "http://localhost:8000/v1", "http://localhost", ""]
)
def test_another_server_is_nobodys(url: str) -> None:
    assert provider_at(url) is None


def test_a_provider_is_added_in_three_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    acme = Provider("https://api.acme.ai/v1", ("ACME_KEY",), paths={"/say": "cohere-v2"})
    monkeypatch.setitem(PROVIDERS, "acme", acme)

    assert provider_at("https://api.acme.ai/v1/say") == "acme"
    assert format_of_exchange("https://api.acme.ai/v1/say") == "cohere-v2"
    assert format_of_exchange("https://api.acme.ai/v1/chat/completions") == "openai-chat"


def test_the_formats_that_are_named_are_those_that_there_are() -> None:
    named = {name for name, known in FORMATS.items() if known.paths}
    named |= {known.as_events for known in FORMATS.values() if known.as_events}
    for provider in PROVIDERS.values():
        named |= {provider.wire_format, *provider.paths.values()}

    assert set(FORMATS) == named
