"""From what a provider, a transport or a bug threw to the error that the caller sees.

A status and a body become one of LiteLLM's classes (contract, section c); any other exception is
recognised by its name, so that this module needs neither httpx nor httpx2 nor an SDK.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from unspool.errors import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    BadGatewayError,
    BadRequestError,
    ContentPolicyViolationError,
    ContextWindowExceededError,
    InternalServerError,
    NotFoundError,
    PaymentRequiredError,
    PermissionDeniedError,
    ProviderError,
    RateLimitError,
    ServiceUnavailableError,
    Timeout,
    UnprocessableEntityError,
)

_BY_STATUS: dict[int, type[ProviderError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: Timeout,
    422: UnprocessableEntityError,
    429: RateLimitError,
    500: InternalServerError,
    502: BadGatewayError,
    503: ServiceUnavailableError,
    504: Timeout,
    529: InternalServerError,  # Anthropic's "overloaded"
}

# An error in a stream has a type and no status. https://docs.anthropic.com/en/api/errors; in LiteLLM an
# Anthropic stream's error is a 500 whatever it says (contract, section d): so it stays for the two below.
_STATUS_OF_TYPE: dict[str, int] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "billing_error": 402,
    "insufficient_quota": 429,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "timeout_error": 504,
    "api_error": 500,
    "overloaded_error": 500,
    "server_error": 500,
    # Google's, https://google.aip.dev/193
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}

_CONTEXT_SIGNS = (
    "context_length_exceeded",
    "maximum context length",
    "context window",
    "prompt is too long",
    "input is too long",
    "exceeds the available context size",
    "exceeds the maximum number of tokens allowed",
    "input tokens exceeds maximum length",  # Bedrock's, of Nova
    "too many input tokens",  # and of others
)
_KEY_SIGNS = ("api key not valid",)  # Google's is a 400
_POLICY_SIGNS = (
    "content_policy_violation",
    "content_filter",
    "content management policy",
    "responsibleaipolicy",
)


def error_for_status(status: int, message: str, **details: Any) -> ProviderError:
    """The error of a status; `details` are `ProviderError`'s arguments.

    A status without a class of its own is a `BadRequestError` below 500 and an `APIError` above.
    """
    cls = _BY_STATUS.get(status)
    if cls is None:
        cls = BadRequestError if 400 <= status < 500 else APIError
    if status in (400, 413):
        cls = _refine_bad_request(cls, f"{details.get('code')} {message}".lower())
    if cls is RateLimitError and details.get("code") is None:
        details.pop("code", None)
    if cls in (InternalServerError, RateLimitError) and details.get("type") is None:
        details.pop("type", None)
    return cls(message, status_code=status, **details)


def _refine_bad_request(cls: type[ProviderError], text: str) -> type[ProviderError]:
    if any(sign in text for sign in _KEY_SIGNS):
        return AuthenticationError
    if any(sign in text for sign in _CONTEXT_SIGNS):
        return ContextWindowExceededError
    if any(sign in text for sign in _POLICY_SIGNS):
        return ContentPolicyViolationError
    return cls


def error_from_body(body: Any, *, status: int | None = None, **details: Any) -> ProviderError:
    """The error that a provider's JSON body tells of, whatever its envelope.

    Args:
        body: parsed JSON, or the text of a body that isn't JSON.
        status: the response's HTTP status; without it (an error inside a 200 stream) the status is the
            body's own code if that is a 4xx or 5xx, else the one of its error type, else 500.
        details: more of `ProviderError`'s arguments.
    """
    error = _innermost(body)
    message = _message(error)
    code, kind = error.get("code"), error.get("type") or _named_status(error)
    return error_for_status(
        status or _own_status(error, code, kind),
        message or f"the provider sent an error without a message: {body!r:.500}",
        **{"body": body, "code": code, "type": kind, "param": error.get("param"), **details},
    )


def _named_status(error: Mapping[str, Any]) -> str | None:
    """Google's word for what went wrong."""
    status = error.get("status")
    return status if isinstance(status, str) else None


def _innermost(body: Any) -> dict[str, Any]:
    """The object that holds the message: `{"error": {…}}`, `[{"error": {…}}]`, `{"errors": [{…}]}`, …"""
    if isinstance(body, list) and body:
        return _innermost(body[0])
    if not isinstance(body, dict):
        return {"message": body if isinstance(body, str) else None}
    inner = body.get("error") or body.get("errors")
    if isinstance(inner, list) and inner:
        inner = {"status_code": body.get("status_code"), **_innermost(inner)}  # watsonx says it once
    if isinstance(inner, dict):
        return inner
    return {**body, "message": inner} if isinstance(inner, str) else body


def _message(error: Mapping[str, Any]) -> str:
    for key in ("message", "detail", "msg"):
        text = error.get(key)
        if text:
            return text if isinstance(text, str) else str(text)
    return ""


def _own_status(error: Mapping[str, Any], code: Any, kind: Any) -> int:
    for candidate in (error.get("status_code"), code):
        number = int(candidate) if isinstance(candidate, str) and candidate.isdecimal() else candidate
        if isinstance(number, int) and 400 <= number <= 599:
            return number
    for name in (code, kind):
        if isinstance(name, str) and name in _STATUS_OF_TYPE:
            return _STATUS_OF_TYPE[name]
    return 500


def map_exception(error: BaseException, *, model: str, llm_provider: str) -> ProviderError:
    """The error that stands for an exception of a source, a transport or an SDK.

    A `ProviderError` stays itself, with model and provider filled in. An exception with a
    `status_code` (an SDK's) becomes the class of that status; a timeout becomes `Timeout`; anything
    else becomes `APIConnectionError` (contract, section a). `.original_exception` is always set.
    """
    if isinstance(error, ProviderError):
        return _filled_in(error, model, llm_provider)
    mapped = _recognise(error)(f"{_title(llm_provider)}Exception - {_describe(error)}")
    mapped.original_exception = error
    return _filled_in(mapped, model, llm_provider)


def _filled_in(error: ProviderError, model: str, llm_provider: str) -> ProviderError:
    error.model = error.model or model
    error.llm_provider = error.llm_provider or llm_provider
    return error


def _recognise(error: BaseException) -> Callable[[str], ProviderError]:
    status = _attribute(error, "status_code")
    if isinstance(status, int) and 400 <= status <= 599:
        return lambda message: error_for_status(
            status,
            message,
            response=_attribute(error, "response"),
            body=_attribute(error, "body"),
            code=_attribute(error, "code"),
        )
    names = {cls.__name__ for cls in type(error).__mro__}
    return Timeout if any("Timeout" in name for name in names) else APIConnectionError


def _title(llm_provider: str) -> str:
    return llm_provider[:1].upper() + llm_provider[1:]


def _attribute(error: BaseException, name: str) -> Any:
    """An attribute; None where there is none, or where a property of an SDK's exception raises."""
    try:
        return getattr(error, name, None)
    except Exception:  # noqa: BLE001 - whatever somebody else's property raises
        return None


def _describe(error: BaseException) -> str:
    name = type(error).__name__
    try:
        return str(error) or name
    except Exception as failure:  # noqa: BLE001 - as above
        return f"{name} (its str() raises {type(failure).__name__})"
