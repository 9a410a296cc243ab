"""How providers say that something went wrong: the bodies of their errors, and their rate-limit headers.

The shapes are those of real answers and of the providers' pages:
https://platform.openai.com/docs/guides/error-codes, https://docs.anthropic.com/en/api/errors,
https://ai.google.dev/gemini-api/docs/troubleshooting, https://cloud.google.com/apis/design/errors,
https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html,
https://docs.cohere.com/reference/errors, https://github.com/ollama/ollama/blob/main/docs/api.md,
https://openrouter.ai/docs/api-reference/errors, https://console.groq.com/docs/errors. The texts are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unspool.cassette.model import Headers, Request
from unspool.errors import FaultError

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

# Status to (type, code)
_OPENAI = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("invalid_request_error", "unsupported_country_region_territory"),
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
    return {"type": "error", "error": {"type": kind, "message": text}, "request_id": "req_unspool0001"}


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


def _mistral(status: int, text: str) -> JSON:
    kind = "rate_limited" if status == 429 else "invalid_request_error" if status < 500 else "server_error"
    return {"object": "error", "message": text, "type": kind, "param": None, "code": str(status)}


BODIES: dict[str, Callable[[int, str], JSON]] = {
    "openai": _openai,
    "anthropic": _anthropic,
    "azure": lambda status, text: {"error": {"code": str(status), "message": text}},
    "bedrock": lambda _status, text: {"message": text},
    "cohere": lambda _status, text: {"id": "unspool-0001", "message": text},
    "gemini": _gemini,
    "groq": _groq,
    "mistral": _mistral,
    "ollama": lambda _status, text: {"error": text},
    "openrouter": _openrouter,
    "vllm": _vllm,
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


def _quota(prefix: str) -> Headers:
    return (
        (f"{prefix}limit-requests", "500"),
        (f"{prefix}limit-tokens", "30000"),
        (f"{prefix}remaining-requests", "0"),
        (f"{prefix}remaining-tokens", "0"),
        (f"{prefix}reset-requests", "120ms"),
        (f"{prefix}reset-tokens", "1s"),
    )


_ANTHROPIC_QUOTA: Headers = (
    ("anthropic-ratelimit-requests-limit", "50"),
    ("anthropic-ratelimit-requests-remaining", "0"),
    ("anthropic-ratelimit-requests-reset", "2026-01-01T00:00:10Z"),
    ("anthropic-ratelimit-tokens-limit", "30000"),
    ("anthropic-ratelimit-tokens-remaining", "0"),
    ("anthropic-ratelimit-tokens-reset", "2026-01-01T00:00:10Z"),
)

_QUOTAS: dict[str, Headers] = {
    "openai": _quota("x-ratelimit-"),
    "azure": _quota("x-ratelimit-"),
    "groq": _quota("x-ratelimit-"),
    "anthropic": _ANTHROPIC_QUOTA,
}


def headers_for(provider: str, status: int) -> Headers:
    """What a provider's error has in its headers, beside the content type."""
    if provider == "bedrock":
        return (("x-amzn-errortype", AWS_EXCEPTIONS.get(status, "InternalServerException")),)
    return _QUOTAS.get(provider, ()) if status == 429 else ()


# What in a URL tells whose it is; the first that is found.
_IN_URL: dict[str, str] = {
    "openrouter.ai": "openrouter",
    "groq.com": "groq",
    "openai.azure.com": "azure",
    "mistral.ai": "mistral",
    "/v1/messages": "anthropic",
    ":streamGenerateContent": "gemini",
    ":generateContent": "gemini",
    "bedrock-runtime": "bedrock",
    "/converse": "bedrock",
    "/invoke": "bedrock",
    "cohere": "cohere",
    "/api/chat": "ollama",
    "/api/generate": "ollama",
}


def provider_asked(request: Request) -> str:
    """Whose error would answer a request: told by its URL; OpenAI's, where that tells nothing."""
    return next((name for part, name in _IN_URL.items() if part in request.uri), "openai")
