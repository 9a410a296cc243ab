"""The errors of OpenAI, and of those who speak its formats.

azure       https://learn.microsoft.com/azure/ai-services/openai/reference
cerebras    https://inference-docs.cerebras.ai/support/error
deepseek    https://api-docs.deepseek.com/quick_start/error_codes
groq        https://console.groq.com/docs/errors, https://console.groq.com/docs/rate-limits
huggingface https://huggingface.co/docs/inference-providers
llamacpp    https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md
mistral     https://docs.mistral.ai/api, https://github.com/mistralai/client-python/issues/157
openai      https://platform.openai.com/docs/guides/error-codes,
https://platform.openai.com/docs/guides/rate-limits
openrouter  https://openrouter.ai/docs/api-reference/errors
perplexity  https://docs.perplexity.ai/guides/perplexity-sdk-error-handling
together    https://docs.together.ai/docs/error-codes
vllm        https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html
xai         https://docs.x.ai/docs/key-information/debugging
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from math import ceil

from unspool.providers.errors import JSON, Errors, Headers, StreamError, json_event, reset_at
from unspool.wire.event import WireEvent

_UUID = "00000000-0000-4000-8000-000000000001"


# -- OpenAI and Azure ----------------------------------------------------------------------------------

# Status to (type, code)
_OPENAI = {
    400: ("invalid_request_error", None),
    401: ("invalid_request_error", "invalid_api_key"),
    403: ("request_forbidden", "unsupported_country_region_territory"),
    404: ("invalid_request_error", "model_not_found"),
    429: ("tokens", "rate_limit_exceeded"),
}


def _openai(status: int, text: str) -> JSON:
    kind, code = _OPENAI.get(status, ("server_error", None))
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


def _in_durations(seconds: float, _now: datetime) -> Headers:
    """https://platform.openai.com/docs/guides/rate-limits: `1s`, `6m0s`."""
    return (
        ("x-ratelimit-limit-requests", "500"),
        ("x-ratelimit-limit-tokens", "30000"),
        ("x-ratelimit-remaining-requests", "0"),
        ("x-ratelimit-remaining-tokens", "0"),
        ("x-ratelimit-reset-requests", f"{ceil(seconds)}s"),
        ("x-ratelimit-reset-tokens", f"{ceil(seconds)}s"),
    )


OPENAI = Errors(
    name="openai",
    body=_openai,
    request_id="req_unspool0001",
    request_id_headers=("x-request-id",),
    limits=_in_durations,
    like_openai=True,
)
AZURE = Errors(
    name="azure",
    body=lambda status, text: {"error": {"code": str(status), "message": text}},
    request_id=_UUID,
    request_id_headers=("apim-request-id", "x-request-id"),
    limits=_in_durations,
    like_openai=True,
)


# -- OpenAI's other formats ----------------------------------------------------------------------------


def _responses(error: StreamError) -> WireEvent:
    """As OpenAI sends it, which isn't as https://platform.openai.com/docs/api-reference/responses-streaming."""
    number = error.last.get("sequence_number", 0)
    return json_event({"type": "error", "sequence_number": number, "error": error.object}, "error")


def _assistants(error: StreamError) -> WireEvent:
    """https://platform.openai.com/docs/api-reference/assistants-streaming/events: the error itself."""
    return json_event(error.object, "error")


RESPONSES = replace(OPENAI, event=_responses)
ASSISTANTS = replace(OPENAI, event=_assistants)
TRANSCRIPTION = replace(
    OPENAI, event=lambda error: json_event({"type": "error", "error": error.object}, "error")
)


# -- servers that speak as OpenAI does -----------------------------------------------------------------

_CEREBRAS = {
    429: ("too_many_requests_error", "quota", "request_quota_exceeded"),
    401: ("invalid_request_error", "api_key", "wrong_api_key"),
    404: ("not_found_error", "model", "model_not_found"),
}


def _cerebras(status: int, text: str) -> JSON:
    kind, param, code = _CEREBRAS.get(status, ("invalid_request_error", "", "invalid_request"))
    if status >= 500:
        kind, param, code = "server_error", "", "server_error"
    return {"message": text, "type": kind, "param": param or None, "code": code}


CEREBRAS = Errors(
    name="cerebras",
    body=_cerebras,
    request_id="unspool-0001",
    request_id_headers=("x-request-id",),
    limits=lambda seconds, _now: (
        ("x-ratelimit-limit-requests-day", "14400"),
        ("x-ratelimit-remaining-requests-day", "0"),
        ("x-ratelimit-reset-requests-day", f"{seconds:.1f}"),
    ),
    like_openai=True,
)

_DEEPSEEK = {401: "authentication_error", 402: "unknown_error", 429: "rate_limit_reached_error"}


def _deepseek(status: int, text: str) -> JSON:
    kind = _DEEPSEEK.get(status, "invalid_request_error" if status < 500 else "server_error")
    code = "invalid_request_error" if status < 500 else kind
    return {"error": {"message": text, "type": kind, "param": None, "code": code}}


DEEPSEEK = Errors(name="deepseek", body=_deepseek, like_openai=True)

_GROQ = {429: ("requests", "rate_limit_exceeded"), 404: ("invalid_request_error", "model_not_found")}


def _groq(status: int, text: str) -> JSON:
    default = ("invalid_request_error", "invalid_request") if status < 500 else ("internal_server_error", "")
    kind, code = _GROQ.get(status, default)
    return {"error": {"message": text, "type": kind, **({"code": code} if code else {})}}


def _groq_event(error: StreamError) -> WireEvent:
    """https://console.groq.com/docs/errors: a named event, with the status that it would have had."""
    return json_event({"error": {**error.body["error"], "status_code": error.status}}, "error")


GROQ = Errors(
    name="groq",
    body=_groq,
    event=_groq_event,
    request_id="req_unspool0001",
    request_id_headers=("x-request-id",),
    limits=_in_durations,
    like_openai=True,
)

HUGGINGFACE = Errors(name="huggingface", body=lambda _status, text: {"error": text}, like_openai=True)

_LLAMACPP = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    501: "not_supported_error",
    503: "unavailable_error",
}


def _llamacpp(status: int, text: str) -> JSON:
    return {"error": {"code": status, "message": text, "type": _LLAMACPP.get(status, "server_error")}}


LLAMACPP = Errors(name="llamacpp", body=_llamacpp, like_openai=True)

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


MISTRAL = Errors(
    name="mistral",
    body=_mistral,
    request_id=_UUID,
    request_id_headers=("mistral-correlation-id",),
    like_openai=True,
)


def _openrouter(status: int, text: str) -> JSON:
    return {"error": {"message": text, "code": status, "metadata": {"provider_name": "Unspool"}}}


def _openrouter_event(error: StreamError) -> WireEvent:
    """A chunk as any other, with `error` beside `choices`: https://openrouter.ai/docs/api-reference/streaming."""
    chunk = {key: value for key, value in error.last.items() if key not in {"choices", "usage"}}
    choice = {"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": "error"}
    told = {"code": error.status, "message": error.body["error"]["message"]}
    return json_event({**chunk, "error": told, "choices": [choice]})


def _in_milliseconds(seconds: float, now: datetime) -> Headers:
    """https://openrouter.ai/docs/api-reference/limits: since 1970."""
    return (
        ("x-ratelimit-limit", "20"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", str(int(reset_at(seconds, now).timestamp()) * 1000)),
    )


OPENROUTER = Errors(
    name="openrouter",
    body=_openrouter,
    event=_openrouter_event,
    limits=_in_milliseconds,
    like_openai=True,
)


def _perplexity(status: int, text: str) -> JSON:
    kinds = {401: "invalid_api_key", 429: "request_rate_limit_exceeded"}
    kind = kinds.get(status, "invalid_request" if status < 500 else "internal_server_error")
    return {"error": {"message": text, "type": kind, "code": status}}


PERPLEXITY = Errors(
    name="perplexity",
    body=_perplexity,
    request_id="unspool-0001",
    request_id_headers=("x-request-id",),
    like_openai=True,
)


def _together(status: int, text: str) -> JSON:
    code = {401: "invalid_api_key", 404: "model_not_available"}.get(status)
    kinds = {429: "model_rate_limit", 503: "service_unavailable"}
    kind = kinds.get(status, "invalid_request_error" if status < 500 else "server_error")
    error = {"message": text, "type": kind, "param": None, "code": code}
    return {"id": TOGETHER.request_id, "error": error}


TOGETHER = Errors(
    name="together",
    body=_together,
    request_id="unspool-0001",
    request_id_headers=("x-request-id",),
    like_openai=True,
)

_VLLM = {400: "BadRequestError", 401: "AuthenticationError", 404: "NotFoundError", 429: "RateLimitError"}


def _vllm(status: int, text: str) -> JSON:
    kind = _VLLM.get(status, "InternalServerError")
    return {"error": {"message": text, "type": kind, "param": None, "code": status}}


VLLM = Errors(name="vllm", body=_vllm, like_openai=True)

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

XAI = Errors(
    name="xai",
    body=lambda status, text: {"code": _XAI.get(status, "Unknown error"), "error": text},
    request_id=_UUID,
    request_id_headers=("x-request-id",),
    like_openai=True,
)
