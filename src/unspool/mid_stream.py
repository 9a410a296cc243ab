"""Errors in mid-stream: instances of the mapped class and of `MidStreamFallbackError`.

LiteLLM wraps an error that breaks a stream into a `MidStreamFallbackError`, which hides it from
`except RateLimitError`. Here both kinds of `except` catch it. A 4xx stays as it is, except 408 and 429:
a retry doesn't help there.
"""

from __future__ import annotations

from copy import copy
from weakref import finalize

from unspool.errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    BadGatewayError,
    InternalServerError,
    JSONSchemaValidationError,
    MidStreamFallbackError,
    ProviderError,
    RateLimitError,
    ServiceUnavailableError,
    Timeout,
)

_ASKED_AGAIN = (408, 429)

_UNBROKEN: dict[int, ProviderError] = {}
"""Errors that have broken a stream, as they were before, by id; dropped with the error."""


class MidStreamRateLimitError(RateLimitError, MidStreamFallbackError):
    """A `RateLimitError` that broke a stream."""

    has_response = True


class MidStreamTimeout(Timeout, MidStreamFallbackError):  # noqa: N818 - LiteLLM's name
    """A `Timeout` that broke a stream."""

    has_response = True


class MidStreamInternalServerError(InternalServerError, MidStreamFallbackError):
    """An `InternalServerError` that broke a stream."""

    has_response = True


class MidStreamBadGatewayError(BadGatewayError, MidStreamFallbackError):
    """A `BadGatewayError` that broke a stream."""

    has_response = True


class MidStreamAPIConnectionError(APIConnectionError, MidStreamFallbackError):
    """An `APIConnectionError` that broke a stream."""

    has_response = True


class MidStreamAPIError(APIError, MidStreamFallbackError):
    """An `APIError` that broke a stream."""

    has_response = True


class MidStreamAPIResponseValidationError(APIResponseValidationError, MidStreamFallbackError):
    """An `APIResponseValidationError` that broke a stream."""

    has_response = True


class MidStreamJSONSchemaValidationError(JSONSchemaValidationError, MidStreamFallbackError):
    """A `JSONSchemaValidationError` that broke a stream."""

    has_response = True


_PAIRS: dict[type[ProviderError], type[MidStreamFallbackError]] = {
    RateLimitError: MidStreamRateLimitError,
    Timeout: MidStreamTimeout,
    InternalServerError: MidStreamInternalServerError,
    BadGatewayError: MidStreamBadGatewayError,
    APIConnectionError: MidStreamAPIConnectionError,
    APIError: MidStreamAPIError,
    APIResponseValidationError: MidStreamAPIResponseValidationError,
    JSONSchemaValidationError: MidStreamJSONSchemaValidationError,
    ServiceUnavailableError: MidStreamFallbackError,
}

for _mapped, _broken in _PAIRS.items():
    if _broken is not MidStreamFallbackError:
        _broken.__name__ = _mapped.__name__  # in logs, as in messages; pickles go by the qualified name


def breaks_a_stream(error: ProviderError) -> bool:
    """Whether LiteLLM wraps this error in mid-stream: all except a 4xx other than 408 and 429."""
    return not 400 <= error.status_code < 500 or error.status_code in _ASKED_AGAIN


def of_this_stream(error: ProviderError) -> ProviderError:
    """Return the error itself, or a copy of it if it has been raised by another stream before.

    One error may be in the scripts of several streams. The second stream must not change the error that the
    caller of the first one caught.
    """
    if id(error) in _UNBROKEN:
        return copy(_UNBROKEN[id(error)])
    _UNBROKEN[id(error)] = copy(error)
    finalize(error, _UNBROKEN.pop, id(error), None).atexit = False
    return error


def in_mid_stream(error: ProviderError, *, generated_content: str, is_pre_first_chunk: bool) -> ProviderError:
    """Return the error to raise where it breaks a stream: of both classes, with the text so far.

    It is the object that `of_this_stream` returns, so that a test can check its identity.
    """
    if breaks_a_stream(error) and not isinstance(error, MidStreamFallbackError):
        error.mapped_name = error.__class__.__name__
        error.__class__ = _pair(error.__class__)
    error.generated_content = generated_content
    error.is_pre_first_chunk = is_pre_first_chunk
    return error


def _pair(cls: type[ProviderError]) -> type[MidStreamFallbackError]:
    """Return the class above, or one made for a user's subclass, which is pickled by that subclass."""
    if cls not in _PAIRS:
        made = {"has_response": True, "__reduce__": _reduced}
        _PAIRS[cls] = type(cls.__name__, (cls, MidStreamFallbackError), made)
    return _PAIRS[cls]


def _reduced(error: ProviderError) -> tuple[object, ...]:
    _, (cls, args, state) = ProviderError.__reduce__(error)
    return _restored, (cls.__bases__[0], args, state)


def _restored(cls: type[ProviderError], args: tuple[object, ...], state: dict[str, object]) -> ProviderError:
    pair = _pair(cls)
    error = pair.__new__(pair)
    error.args = args
    error.__dict__.update(state)
    return error
