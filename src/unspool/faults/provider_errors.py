"""Error responses: the texts and reasons of statuses, and the headers beside a provider's body.

What a provider's errors look like is in its folder: see `unspool.providers.errors`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from math import ceil

from unspool.cassette.model import Headers
from unspool.errors import FaultError
from unspool.providers.errors import ERRORS, Errors, errors_named

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


def known(provider: str) -> Errors:
    """The errors of a provider.

    Raises:
        FaultError: its errors are unknown.
    """
    errors = errors_named(provider)
    if errors is None:
        raise FaultError(f"expected one of the providers {', '.join(ERRORS)}, got {provider!r}")
    return errors


_RESET_SECONDS = 60.0
"""The default time until a limit is over, in seconds."""


def headers_for(errors: Errors, status: int, retry_after: float | None = None) -> Headers:
    """Return the headers of a provider's error, beside the content type.

    Args:
        errors: the provider's.
        status: the error's.
        retry_after: seconds until a limit is over.
    """
    headers: Headers = tuple((name, errors.request_id) for name in errors.request_id_headers)
    if retry_after is not None:
        headers += (("retry-after", str(ceil(retry_after))),)  # digits only, says RFC 9110
    headers += errors.headers(status)
    if status == 429:
        seconds = _RESET_SECONDS if retry_after is None else retry_after
        headers += errors.limits(seconds, datetime.now(UTC))
    return headers
