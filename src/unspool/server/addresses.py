"""Where SDKs look for the address of a provider, by environment variable."""

from __future__ import annotations


def environment(url: str) -> dict[str, str]:
    """The variables by which SDKs find a server at that address, with keys that open nothing."""
    key = "unspool-key-that-opens-nothing"
    variables = {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_BASE": f"{url}/v1",
        "ANTHROPIC_BASE_URL": url,
        "GOOGLE_GEMINI_BASE_URL": url,
        "GEMINI_API_BASE": url,
        "OLLAMA_HOST": url,
        "OLLAMA_API_BASE": url,
        "CO_API_URL": url,
        "MISTRAL_BASE_URL": url,
        "MISTRAL_API_BASE": f"{url}/v1",
        "GROQ_BASE_URL": url,
        "DEEPSEEK_API_BASE": f"{url}/v1",
        "AZURE_OPENAI_ENDPOINT": url,
        "AZURE_API_BASE": url,
        "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": url,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIAUNSPOOLNOTHING00",
        "AWS_SECRET_ACCESS_KEY": key,
        "UNSPOOL_URL": url,
    }
    names = "OPENAI ANTHROPIC GEMINI GOOGLE CO COHERE MISTRAL GROQ DEEPSEEK AZURE_OPENAI AZURE OLLAMA"
    return {**variables, **{f"{name}_API_KEY": key for name in names.split()}}
