"""The variables from which SDKs read a provider's base URL; the provider that a path names."""

from __future__ import annotations

import re

_TAG = re.compile(r"/@(\w+)(?=/|\Z)")


def split_tag(path: str) -> tuple[str | None, str]:
    """Split a path such as `/@mistral/v1/models` into the provider that it names, if any, and the rest."""
    found = _TAG.match(path)
    return (None, path) if found is None else (found[1], path[found.end() :] or "/")


def base_urls(url: str) -> dict[str, str]:
    """Return the variables that point SDKs at a recording proxy.

    A base URL names the provider, as in `/@mistral`, if its paths are those of another one.
    """
    plain = environment(url)
    variables = {name: plain[name] for name in _BASE_URLS}
    tags = {
        "ANTHROPIC_BASE_URL": "anthropic",
        "MISTRAL_BASE_URL": "mistral",
        "MISTRAL_API_BASE": "mistral",
        "GROQ_BASE_URL": "groq",
        "DEEPSEEK_API_BASE": "deepseek",
        "AZURE_OPENAI_ENDPOINT": "azure",
        "AZURE_API_BASE": "azure",
    }
    for name, tag in tags.items():
        variables[name] = variables[name].replace(url, f"{url}/@{tag}")
    return variables


def environment(url: str) -> dict[str, str]:
    """Return the variables that point SDKs at a server, with dummy keys."""
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


_BASE_URLS = (
    "OPENAI_BASE_URL",
    "OPENAI_API_BASE",
    "ANTHROPIC_BASE_URL",
    "GOOGLE_GEMINI_BASE_URL",
    "GEMINI_API_BASE",
    "OLLAMA_HOST",
    "OLLAMA_API_BASE",
    "CO_API_URL",
    "MISTRAL_BASE_URL",
    "MISTRAL_API_BASE",
    "GROQ_BASE_URL",
    "DEEPSEEK_API_BASE",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_API_BASE",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "UNSPOOL_URL",
)
