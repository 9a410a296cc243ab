"""Map what a provider, a transport or a bug raised to the error that the caller sees.

A status and a body become one of LiteLLM's classes; any other exception is
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

# An error in a stream has a type and no status. https://docs.anthropic.com/en/api/errors; in LiteLLM every
# error in an Anthropic stream is a 500: the two below stay so.
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

# The providers' own words and codes, in lower case, and their statuses. A 400 alone doesn't identify these: a
# misspelt parameter has the same status.
_KEY_STATUSES = (400, 403)
_KEY_SIGNS = (
    *("api key not valid", "api key not found", "api key expired", "api_key_invalid"),  # Google, with a 400
    *("incorrect api key", "invalid api key", "invalid_api_key", "api key is invalid"),  # xAI, with a 400
    *("invalid x-api-key", "authentication_error", "make sure your api key is valid"),
    # AWS, with a 403: https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html
    *("security token included in the request", "unrecognizedclientexception", "expiredtoken"),
    *("signature expired", "signature not yet current", "request signature we calculated"),
    *("invalidsignatureexception", "signaturedoesnotmatch", "incompletesignature", "invalidclienttokenid"),
    *("missing authentication token", "missingauthenticationtoken", "bearer token has expired"),
    *("invalid bearer token", "bearer token is invalid"),
)
_CONTEXT_STATUSES = (400, 413, 422)
_CONTEXT_SIGNS = (
    *("context_length_exceeded", "exceed_context_size", "model_context_window_exceeded"),  # codes
    *("maximum context length", "context window", "context limit", "exceeds the context length"),
    *("exceeds the available context size", "maximum prompt length", "maximum model length"),
    *("prompt is too long", "input is too long", "prompt exceeds max length", "model token limit"),
    *("reduce the length of the messages", "input tokens exceed the configured limit"),
    "exceeds the maximum number of tokens allowed",
    *("input tokens exceeds maximum length", "too many input tokens"),  # Bedrock, of Nova and of others
    *("tokens in the prompt cannot exceed", "cannot exceed the total tokens limit"),  # Cohere, watsonx
    *("tokens + `max_new_tokens` must be", "range of input length should be"),  # TGI, DashScope
)
_POLICY_STATUSES = (400, 403, 422)
_POLICY_SIGNS = (
    *("content_policy_violation", "content_filter", "responsibleaipolicy", "moderation_blocked"),  # codes
    *("content management policy", "content filtering policy", "violates usage guidelines"),
    *("violating our usage policy", "rejected as a result of our safety system", "our usage policies"),
    *("data_inspection_failed", "inappropriate content", "content exists risk", "considered high risk"),
    *("input was flagged", "prohibited_content", "blocked by our content"),
)

_LONGEST = 10_000
"""How many characters of a foreign message are shown: more than any provider's message has."""

# In this order: the first match is the error's class.
_REFINED: tuple[tuple[type[ProviderError], tuple[int, ...], tuple[str, ...]], ...] = (
    (AuthenticationError, _KEY_STATUSES, _KEY_SIGNS),
    (ContextWindowExceededError, _CONTEXT_STATUSES, _CONTEXT_SIGNS),
    (ContentPolicyViolationError, _POLICY_STATUSES, _POLICY_SIGNS),
)


def error_for_status(status: int, message: str, *, reasons: str = "", **details: Any) -> ProviderError:
    """Return the error of a status; `details` are `ProviderError`'s arguments.

    A wrong key, a prompt that is too long and a content policy have dedicated classes, recognised by the
    provider's words in the message, the code, the type and `reasons` (further texts of the body).

    A status without a dedicated class is a `BadRequestError` below 500 and an `APIError` above.
    """
    cls = _BY_STATUS.get(status)
    if cls is None:
        cls = BadRequestError if 400 <= status < 500 else APIError
    words = (details.get("code"), details.get("type"), _aws_type(details.get("headers")), reasons, message)
    cls = _refined(cls, status, " ".join(map(str, words)).lower())
    if cls is RateLimitError and details.get("code") is None:
        details.pop("code", None)
    if cls in (InternalServerError, RateLimitError) and details.get("type") is None:
        details.pop("type", None)
    return cls(message, status_code=status, **details)


def _refined(cls: type[ProviderError], status: int, text: str) -> type[ProviderError]:
    for refined, statuses, signs in _REFINED:
        if status in statuses and any(sign in text for sign in signs):
            return refined
    return cls


def _aws_type(headers: Any) -> str:
    """Return AWS's name for an error, from a header: `UnrecognizedClientException:http://…`."""
    return str(headers.get("x-amzn-errortype", "")) if isinstance(headers, Mapping) else ""


def error_from_body(body: Any, *, status: int | None = None, **details: Any) -> ProviderError:
    """Return the error that a provider's JSON body reports, in any envelope.

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
        _bounded(message) or f"the provider sent an error without a message: {body!r:.500}",
        reasons=_reasons(error),
        **{"body": body, "code": code, "type": kind, "param": error.get("param"), **details},
    )


def _bounded(text: str) -> str:
    """Cut a page or a dump for a message; `.body` or `.original_exception` has all of it."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"


def _reasons(error: Mapping[str, Any]) -> str:
    """Return an error's texts beside its message, except copies of the request."""
    details, metadata, inner = error.get("details"), error.get("metadata"), error.get("innererror")
    found = [error.get("__type"), error.get("status")]
    if isinstance(details, list):  # Google
        found += [detail.get("reason") for detail in details if isinstance(detail, Mapping)]
    if isinstance(metadata, Mapping):  # OpenRouter: the upstream provider's own response
        found.append(metadata.get("raw"))
    if isinstance(inner, Mapping):  # Azure
        found.append(inner.get("code"))
    return " ".join(text for text in found if isinstance(text, str))


def _named_status(error: Mapping[str, Any]) -> str | None:
    """Return Google's reason for the error."""
    status = error.get("status")
    return status if isinstance(status, str) else None


def _innermost(body: Any) -> dict[str, Any]:
    """Return the object that contains the message: `{"error": {…}}`, `[{"error": {…}}]`, `{"errors": [{…}]}`,
    …
    """
    if isinstance(body, list) and body:
        return _innermost(body[0])
    if not isinstance(body, dict):
        return {"message": body if isinstance(body, str) else None}
    inner = body.get("error") or body.get("errors")
    if isinstance(inner, list) and inner:
        inner = {"status_code": body.get("status_code"), **_innermost(inner)}  # watsonx sends one
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
    """Map an exception of a source, a transport or an SDK.

    A `ProviderError` is returned itself, with model and provider filled in. An exception with a
    `status_code` (an SDK's), or with a response that has one (httpx's `HTTPStatusError`), becomes the
    class of that status; a timeout becomes `Timeout`; anything else becomes `APIConnectionError`, as in
    LiteLLM. `.original_exception` is always set.
    """
    if isinstance(error, ProviderError):
        return _filled_in(error, model, llm_provider)
    mapped = _recognise(error)(f"{_title(llm_provider)}Exception - {_bounded(_describe(error))}")
    mapped.original_exception = error
    return _filled_in(mapped, model, llm_provider)


def _filled_in(error: ProviderError, model: str, llm_provider: str) -> ProviderError:
    error.model = error.model or model
    error.llm_provider = error.llm_provider or llm_provider
    return error


def _recognise(error: BaseException) -> Callable[[str], ProviderError]:
    response = _attribute(error, "response")
    status = _attribute(error, "status_code") or _attribute(response, "status_code")
    if isinstance(status, int) and 400 <= status <= 599:
        return lambda message: error_for_status(
            status,
            message,
            response=response,
            body=_attribute(error, "body"),
            code=_attribute(error, "code"),
        )
    names = {cls.__name__ for cls in type(error).__mro__}
    return Timeout if any("Timeout" in name for name in names) else APIConnectionError


def _title(llm_provider: str) -> str:
    return llm_provider[:1].upper() + llm_provider[1:]


def _attribute(error: object, name: str) -> Any:
    """Return an attribute; None if there is none, or if a property of an SDK's exception raises."""
    try:
        return getattr(error, name, None)
    except Exception:  # noqa: BLE001 - a foreign property may raise anything
        return None


def _describe(error: BaseException) -> str:
    name = type(error).__name__
    try:
        return str(error) or name
    except Exception as failure:  # noqa: BLE001 - as above
        return f"{name} (its str() raises {type(failure).__name__})"
