"""How providers report an error: the bodies, and the headers that come with them.

Shapes, types and codes are those of real answers and of these pages; the texts are ours.

    anthropic   https://docs.anthropic.com/en/api/errors, https://docs.anthropic.com/en/api/rate-limits
    azure       https://learn.microsoft.com/azure/ai-services/openai/reference
    bedrock     https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
    cerebras    https://inference-docs.cerebras.ai/support/error
    cohere      https://docs.cohere.com/reference/errors
    deepseek    https://api-docs.deepseek.com/quick_start/error_codes
    gemini      https://ai.google.dev/gemini-api/docs/troubleshooting,
                https://cloud.google.com/apis/design/errors
    groq        https://console.groq.com/docs/errors, https://console.groq.com/docs/rate-limits
    huggingface https://huggingface.co/docs/inference-providers
    llamacpp    https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
    mistral     https://docs.mistral.ai/api, https://github.com/mistralai/client-python/issues/157
    ollama      https://github.com/ollama/ollama/blob/main/docs/api.md
    openai      https://platform.openai.com/docs/guides/error-codes,
                https://platform.openai.com/docs/guides/rate-limits
    openrouter  https://openrouter.ai/docs/api-reference/errors
    perplexity  https://docs.perplexity.ai/guides/perplexity-sdk-error-handling
    together    https://docs.together.ai/docs/error-codes
    vertex-anthropic  https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude
    vllm        https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
    xai         https://docs.x.ai/docs/key-information/debugging
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any

from unspool.cassette.model import Headers, Request
from unspool.errors import FaultError
from unspool.providers.detect import provider_at

JSON = dict[str, Any]

TEXTS: dict[int, str] = {
    400: "The request is malformed.",
    401: "The API key is not valid.",
    403: "This key may not do that.",
    404: "There is no such model, or you may not use it.",
    408: "The request took too long.",
    413: "The request is too large.",
    422: "The request can't be processed.",
    429: "Too many requests. Please try again later.",
    500: "Something went wrong on our side.",
    502: "The upstream provider failed.",
    503: "The service is overloaded. Please try again later.",
    504: "The upstream provider took too long.",
    529: "Overloaded",
}

REASONS: dict[int, str] = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    413: "Payload Too Large",
    422: "Unprocessable Entity",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}

_REQUEST_IDS: dict[str, tuple[tuple[str, ...], str]] = {
    "anthropic": (("request-id",), "req_unspool0001"),
    "azure": (("apim-request-id", "x-request-id"), "00000000-0000-4000-8000-000000000001"),
    "bedrock": (("x-amzn-requestid",), "00000000-0000-4000-8000-000000000001"),
    "cerebras": (("x-request-id",), "unspool-0001"),
    "cohere": ((), "unspool-0001"),
    "groq": (("x-request-id",), "req_unspool0001"),
    "mistral": (("mistral-correlation-id",), "00000000-0000-4000-8000-000000000001"),
    "openai": (("x-request-id",), "req_unspool0001"),
    "perplexity": (("x-request-id",), "unspool-0001"),
    "together": (("x-request-id",), "unspool-0001"),
    "vertex-anthropic": (("request-id",), "req_vrtx_unspool0001"),
    "xai": (("x-request-id",), "00000000-0000-4000-8000-000000000001"),
}
"""By provider, in which headers each of its answers has the request's id, and one that we make up."""


def _request_id(provider: str) -> str:
    return _REQUEST_IDS[provider][1]


# Status to (type, code)
_OPENAI = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("request_forbidden", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("tokens", "rate_limit_exceeded"),
}
_ANTHROPIC = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}
_GOOGLE = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
AWS_EXCEPTIONS = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelStreamErrorException",
    429: "ThrottlingException",
    500: "InternalServerException",
    503: "ServiceUnavailableException",
}
_GROQ = {429: ("requests", "rate_limit_exceeded"), 404: ("invalid_request_error", "model_not_found")}
_VLLM = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}


def _openai(status: int, text: str) -> JSON:
    kind, code = _OPENAI.get(status, ("server_error", None))
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def _anthropic(status: int, text: str) -> JSON:
    kind = _ANTHROPIC.get(status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": _request_id("anthropic")}


def _gemini(status: int, text: str) -> JSON:
    return {"error": {"code": status, "message": text, "status": _GOOGLE.get(status, "UNKNOWN")}}


def _groq(status: int, text: str) -> JSON:
    default = ("invalid_request_error", "invalid_request") if status < 500 else ("internal_server_error", "")
    kind, code = _GROQ.get(status, default)
    return {"error": {"message": text, "type": kind, **({"code": code} if code else {})}}


def _openrouter(status: int, text: str) -> JSON:
    return {"error": {"message": text, "code": status, "metadata": {"provider_name": "Unspool"}}}


def _vllm(status: int, text: str) -> JSON:
    kind = _VLLM.get(status, "InternalServerError")
    return {"error": {"message": text, "type": kind, "param": None, "code": status}}


_MISTRAL = {
    400: ("invalid_request_error", "1000"),
    401: ("invalid_request_error", "1401"),
    404: ("invalid_model", "1500"),
    429: ("rate_limited", "1300"),
}


def _mistral(status: int, text: str) -> JSON:
    default = ("unreachable_backend", "1100") if status >= 500 else ("invalid_request_error", str(status))
    kind, code = _MISTRAL.get(status, default)
    named = {"type": kind, "param": None, "code": code, "raw_status_code": status}
    return {"object": "error", "message": text, **named}


# The names that gRPC's statuses have in Rust's tonic, which xAI hands on.
_XAI = {
    400: "Client specified an invalid argument",
    401: "The request does not have valid authentication credentials",
    403: "The caller does not have permission to execute the specified operation",
    404: "Some requested entity was not found",
    429: "Some resource has been exhausted",
    500: "Internal error",
    503: "The service is currently unavailable",
    504: "Deadline expired before operation could complete",
}
_DEEPSEEK = {401: "authentication_error", 402: "unknown_error", 429: "rate_limit_reached_error"}
_LLAMACPP = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    501: "not_supported_error",
    503: "unavailable_error",
}
_CEREBRAS = {
    429: ("too_many_requests_error", "quota", "request_quota_exceeded"),
    401: ("invalid_request_error", "api_key", "wrong_api_key"),
    404: ("not_found_error", "model", "model_not_found"),
}


def _deepseek(status: int, text: str) -> JSON:
    kind = _DEEPSEEK.get(status, "invalid_request_error" if status < 500 else "server_error")
    code = "invalid_request_error" if status < 500 else kind
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def _together(status: int, text: str) -> JSON:
    code = {401: "invalid_api_key", 404: "model_not_available"}.get(status)
    kinds = {429: "model_rate_limit", 503: "service_unavailable"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    error = {"message": text, "type": kind, "param": None, "code": code}
    return {"id": _request_id("together"), "error": error}


def _perplexity(status: int, text: str) -> JSON:
    kinds = {401: "invalid_api_key", 429: "request_rate_limit_exceeded"}
    kind = kinds.get(status, "invalid_request" if status < 500 else "internal_server_error")
    return {"error": {"message": text, "type": kind, "code": status}}


def _llamacpp(status: int, text: str) -> JSON:
    return {"error": {"code": status, "message": text, "type": _LLAMACPP.get(status, "server_error")}}


def _cerebras(status: int, text: str) -> JSON:
    kind, param, code = _CEREBRAS.get(status, ("invalid_request_error", "", "invalid_request"))
    if status >= 500:
        kind, param, code = "server_error", "", "server_error"
    return {"message": text, "type": kind, "param": param or None, "code": code}


_GOOGLES_OWN = frozenset({401, 403, 404, 429})
"""What Google refuses itself before it asks Anthropic."""


def _vertex_anthropic(status: int, text: str) -> JSON:
    return (_gemini if status in _GOOGLES_OWN else _anthropic)(status, text)


BODIES: dict[str, Callable[[int, str], JSON]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "azure": lambda status, text: {"error": {"code": str(status), "message": text}},
    "bedrock": lambda _status, text: {"message": text},
    "cerebras": _cerebras,
    "cohere": lambda _status, text: {"id": _request_id("cohere"), "message": text},
    "deepseek": _deepseek,
    "gemini": _gemini,
    "groq": _groq,
    "huggingface": lambda _status, text: {"error": text},
    "llamacpp": _llamacpp,
    "mistral": _mistral,
    "ollama": lambda _status, text: {"error": text},
    "openrouter": _openrouter,
    "perplexity": _perplexity,
    "together": _together,
    "vertex-anthropic": _vertex_anthropic,
    "vllm": _vllm,
    "xai": lambda status, text: {"code": _XAI.get(status, "Unknown error"), "error": text},
}
"""A provider's JSON for a status and a text."""


def known(provider: str) -> str:
    """The provider's name.

    Raises:
        FaultError: its errors aren't known.
    """
    if provider not in BODIES:
        raise FaultError(f"expected one of the providers {', '.join(BODIES)}, got {provider!r}")
    return provider


_RESET_SECONDS = 60.0
"""When a limit is over, if nothing says how long a client shall wait."""


def _in_durations(seconds: float) -> Headers:
    """https://platform.openai.com/docs/guides/rate-limits: `1s`, `6m0s`."""
    return (
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-limit-tokens", "30000"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-requests", f"{ceil(seconds)}s"),
        ("x-ratelimit-reset-tokens", f"{ceil(seconds)}s"),
    )


def _reset(seconds: float) -> datetime:
    """A full second that is at least so far ahead."""
    return datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=ceil(seconds) + 1)


def _in_dates(seconds: float) -> Headers:
    """https://docs.anthropic.com/en/api/rate-limits: RFC 3339."""
    at = f"{_reset(seconds):%Y-%m-%dT%H:%M:%SZ}"
    return (
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "0"),
        ("anthropic-ratelimit-requests-reset", at),
        ("anthropic-ratelimit-tokens-limit", "30000"),
        ("anthropic-ratelimit-tokens-remaining", "0"),
        ("anthropic-ratelimit-tokens-reset", at),
    )


def _in_milliseconds(seconds: float) -> Headers:
    """https://openrouter.ai/docs/api-reference/limits: since 1970."""
    at = int(_reset(seconds).timestamp()) * 1000
    return (
        ("x-ratelimit-limit", "20"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", str(at)),
    )


_QUOTAS: dict[str, Callable[[float], Headers]] = {
    "anthropic": _in_dates,
    "azure": _in_durations,
    "cerebras": lambda seconds: (
        ("x-ratelimit-limit-requests-day", "14400"),
        ("x-ratelimit-remaining-requests-day", "0"),
        ("x-ratelimit-reset-requests-day", f"{seconds:.1f}"),
    ),
    "groq": _in_durations,
    "openai": _in_durations,
    "openrouter": _in_milliseconds,
}


def headers_for(provider: str, status: int, retry_after: float | None = None) -> Headers:
    """What a provider's error has in its headers, beside the content type.

    Args:
        provider: one of `BODIES`.
        status: the error's.
        retry_after: seconds until a limit is over.
    """
    names, request_id = _REQUEST_IDS.get(provider, ((), ""))
    headers = tuple((name, request_id) for name in names)
    if retry_after is not None:
        headers += (("retry-after", str(ceil(retry_after))),)  # digits only, says RFC 9110
    if provider == "bedrock":
        headers += (("x-amzn-errortype", AWS_EXCEPTIONS.get(status, "InternalServerException")),)
    if status == 429 and provider in _QUOTAS:
        headers += _QUOTAS[provider](_RESET_SECONDS if retry_after is None else retry_after)
    return headers


_OF_PROVIDER: dict[str, str] = {
    "anthropic": "anthropic",
    "azure": "azure",
    "azure_ai": "azure",
    "bedrock": "bedrock",
    "cerebras": "cerebras",
    "codestral": "mistral",
    "cohere": "cohere",
    "cohere_chat": "cohere",
    "deepseek": "deepseek",
    "gemini": "gemini",
    "groq": "groq",
    "hosted_vllm": "vllm",
    "huggingface": "huggingface",
    "mistral": "mistral",
    "openrouter": "openrouter",
    "perplexity": "perplexity",
    "together_ai": "together",
    "vertex_ai": "gemini",
    "xai": "xai",
}
"""Whose errors a provider's are, by LiteLLM's name for it; those that aren't here speak as OpenAI does."""

# What in a URL tells whose it is; the first that is found.
_IN_URL: dict[str, str] = {
    "/anthropic/v1/messages": "anthropic",
    "/publishers/anthropic/": "vertex-anthropic",
    "/publishers/mistralai/": "mistral",
    "openai.azure.com": "azure",
    "azure.com/": "azure",
    "/v1/messages": "anthropic",
    ":streamGenerateContent": "gemini",
    ":generateContent": "gemini",
    "bedrock-runtime": "bedrock",
    "bedrock-agent-runtime": "bedrock",
    "/converse": "bedrock",
    "/invoke": "bedrock",
    "cohere": "cohere",
    "/api/chat": "ollama",
    "/api/generate": "ollama",
}
_BEFORE_THE_HOST = ("/anthropic/v1/messages", "/publishers/", "azure.com")


def provider_asked(request: Request) -> str:
    """Whose error would answer a request: told by its host, then its path; OpenAI's, where neither tells."""
    found = next((name for part, name in _IN_URL.items() if part in request.uri), None)
    if found and any(part in request.uri for part in _BEFORE_THE_HOST):
        return found
    return _OF_PROVIDER.get(provider_at(request.uri) or "") or found or "openai"
