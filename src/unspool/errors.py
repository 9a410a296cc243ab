"""Every error that Unspool raises.

    UnspoolError
    ├── ProviderError                        the provider or the connection failed: has `status_code`
    │   ├── AuthenticationError              401
    │   ├── PermissionDeniedError            403
    │   ├── NotFoundError                    404
    │   ├── Timeout                          408
    │   ├── UnprocessableEntityError         422
    │   ├── RateLimitError                   429
    │   ├── BadRequestError                  400
    │   │   ├── ContentPolicyViolationError
    │   │   ├── ContextWindowExceededError
    │   │   ├── ImageFetchError
    │   │   ├── LiteLLMUnknownProvider
    │   │   ├── PaymentRequiredError         402
    │   │   ├── RejectedRequestError
    │   │   └── UnsupportedParamsError
    │   ├── InternalServerError              500
    │   │   └── RepetitionError              a loop guard fired (is a MidStreamFallbackError too)
    │   ├── BadGatewayError                  502
    │   ├── ServiceUnavailableError          503
    │   │   └── MidStreamFallbackError       its original's status
    │   ├── APIConnectionError               500
    │   │   └── IncompleteStreamError        the stream had no finish reason (is a MidStreamFallbackError too)
    │   ├── APIError                         as given
    │   └── APIResponseValidationError       500
    │       └── JSONSchemaValidationError
    ├── MockError                            a fake got a value that it can't use
    │   └── ScriptError                      a script contains an item that can't be streamed
    │       ├── UnscriptedRequestError       no turn of a script answers this request (is a CassetteError too)
    │       └── UnplayedTurnsError           turns of a script were left over (is a CassetteError too)
    ├── FaultError                           a fault has nothing to break, or impossible settings
    ├── CassetteError                        a cassette can't be used as requested
    │   ├── CassetteNotFoundError            there is no such file (is a FileNotFoundError too)
    │   ├── CassetteFormatError              the file isn't a cassette (is a ValueError too)
    │   ├── CassetteWriteError               the file can't be written (is an OSError too)
    │   ├── UnrecordedRequestError           no recording answers this request
    │   ├── RecordingEndedError              the client reads beyond the end of the recording
    │   ├── UnplayedInteractionsError        a test that requires all of them left some over
    │   └── NetworkBlockedError              code opened a connection inside a cassette
    └── WireError                            bytes or events violate their format
        ├── EventTooLargeError
        ├── ChecksumError
        └── MalformedEventError

The names and status codes of the provider errors are LiteLLM's, so that
`except litellm.X` needs only its import changed. As there, `APIError` is no base of the others.
An error that breaks a stream carries the text before it, in `generated_content`; the class of one that
isn't a 4xx is a `MidStreamFallbackError` as well (see `unspool.mid_stream`).

As LiteLLM documents, each provider error is the OpenAI SDK's error of the same meaning too, so that
`except openai.RateLimitError` catches it. This module never imports that SDK: the classes get its bases
when an error is constructed and `openai` is loaded.
"""

from __future__ import annotations

import pickle
import sys
from contextlib import suppress
from copy import deepcopy
from importlib import import_module
from typing import Any, ClassVar, Self, TypeVar


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_RETRIES = "litellm_debug_info max_retries num_retries"
_PROVIDER_FIRST = f"message llm_provider model response {_RETRIES}"
_MODEL_FIRST = f"message model llm_provider response {_RETRIES}"

_NO_URL = "https://unspool.invalid/"  # of a request that was never sent


class UnspoolError(Exception):
    """Base of every error that Unspool raises."""


def name_of(error: BaseException) -> str:
    """Return the name to show for an error: its class's, or the one from before it broke a stream."""
    mapped: str = getattr(error, "mapped_name", "")
    return mapped or error.__class__.__name__


class ProviderError(UnspoolError):
    """An error response of a provider, or a failure to reach it.

    Positional arguments are LiteLLM's, in its order for each class; further details are keywords.
    `str(error)` and `.message` start with the class's name. `.generated_content` is the text that
    the stream had delivered before the error, `.is_pre_first_chunk` whether it had delivered
    nothing, `.original_exception` the exception that this one was mapped from.

    Args:
        message: what happened.
        model: the model of the request.
        llm_provider: the provider of the request.
        response: the HTTP response, an httpx or httpx2 one.
        request: the HTTP request.
        status_code: instead of the class's own.
    """

    default_status: ClassVar[int] = 500
    has_response: ClassVar[bool] = True
    """Whether an error of this class stands for an HTTP response."""

    positions: ClassVar[tuple[str, ...]] = _names(_MODEL_FIRST)
    """Names of the positional arguments."""

    mapped_name: str = ""
    """The name of the class that this error had before it broke a stream."""

    def __new__(cls, *_: Any, **__: Any) -> Self:
        _adopt_sdk_bases()
        return super().__new__(cls)

    def __init__(self, *given: Any, **details: Any) -> None:
        self._fill(**self._named(given), **details)

    @classmethod
    def _named(cls, given: tuple[Any, ...]) -> dict[str, Any]:
        """Name the positional arguments; a single text is the message in every class."""
        if len(given) == 1 and isinstance(given[0], str):
            return {"message": given[0]}
        if len(given) > len(cls.positions):
            raise TypeError(
                f"{cls.__name__} takes at most {len(cls.positions)} positional arguments"
                f" ({', '.join(cls.positions)}), got {len(given)}"
            )
        return dict(zip(cls.positions, given, strict=False))

    def _fill(
        self,
        message: str = "",
        *,
        model: str = "",
        llm_provider: str = "",
        status_code: int | None = None,
        response: Any = None,
        request: Any = None,
        headers: Any = None,
        body: Any = None,
        code: str | int | None = None,
        param: str | None = None,
        type: str | None = None,
        litellm_debug_info: str | None = None,
        max_retries: int | None = None,
        num_retries: int | None = None,
        generated_content: str = "",
        original_exception: BaseException | None = None,
        is_pre_first_chunk: bool = False,
    ) -> None:
        # The SDK's constructors ask for a response and overwrite what is set here.
        Exception.__init__(self, message)
        self.message = f"unspool.{name_of(self)}: {message}"
        self.model = model
        self.llm_provider = llm_provider
        self.status_code = self.default_status if status_code is None else status_code
        self._response = response
        self._request = request
        self.headers = headers
        self.body = body
        self.code = code
        self.param = param
        self.type = type
        self.litellm_debug_info = litellm_debug_info
        self.max_retries = max_retries
        self.num_retries = num_retries
        self.generated_content = generated_content
        self._original_exception = original_exception
        self.is_pre_first_chunk = is_pre_first_chunk

    @property
    def response(self) -> Any:
        """The HTTP response; without one, an httpx response of this status. None if the connection failed."""
        if self._response is None and self.has_response:
            self._response = import_module("httpx").Response(
                self.status_code, headers=self.headers, request=self.request
            )
        return self._response

    @response.setter
    def response(self, response: Any) -> None:
        self._response = response

    @property
    def request(self) -> Any:
        """The HTTP request; without one, an httpx request to an address that doesn't exist."""
        if self._request is None:
            self._request = getattr(self._response, "_request", None)
        if self._request is None:
            self._request = import_module("httpx").Request("POST", _NO_URL)
        return self._request

    @request.setter
    def request(self, request: Any) -> None:
        self._request = request

    @property
    def request_id(self) -> str | None:
        """The provider's id of the request, from the response's headers."""
        headers = getattr(self._response, "headers", None) or self.headers or {}
        for name in ("x-request-id", "request-id", "x-amzn-requestid"):
            found: str | None = headers.get(name)
            if found is not None:
                return found
        return None

    @property
    def original_exception(self) -> BaseException:
        """The exception that this error was mapped from; otherwise the error itself."""
        return self if self._original_exception is None else self._original_exception

    @original_exception.setter
    def original_exception(self, error: BaseException) -> None:
        # No reference to itself: such a cycle would keep the stream's frames alive until the next collection.
        self._original_exception = None if error is self else error

    def __str__(self) -> str:
        retried = "" if self.num_retries is None else f" Retried: {self.num_retries} times"
        limit = "" if self.max_retries is None else f", Max Retries: {self.max_retries}"
        return f"{self.message}{retried}{limit}"

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.__class__, self.args, {k: _portable(v) for k, v in vars(self).items()})

    def __copy__(self) -> Self:
        return _restored(self.__class__, self.args, vars(self))

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # Responses and other libraries' exceptions can't be copied in depth; they don't change either.
        return _restored(self.__class__, self.args, {**vars(self), "body": deepcopy(self.body, memo)})


E = TypeVar("E", bound=ProviderError)


def _restored(cls: type[E], args: tuple[Any, ...], state: dict[str, Any]) -> E:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


def _portable(value: Any) -> Any:
    """Return a value that can be unpickled: itself, or a text for an exception that can't, or None.

    The OpenAI SDK's exceptions can be pickled but not unpickled.
    """
    if value is None or isinstance(value, (str, int)):
        return value
    with suppress(Exception):
        pickle.loads(pickle.dumps(value))  # noqa: S301 - what has just been pickled here
        return value
    if isinstance(value, BaseException):
        return UnspoolError(f"{value.__class__.__module__}.{value.__class__.__name__}: {value}")
    return None


class AuthenticationError(ProviderError):
    """401: the key is missing, wrong or revoked."""

    default_status = 401
    positions = _names(f"{_PROVIDER_FIRST} body")


class PermissionDeniedError(ProviderError):
    """403: the key may not do this."""

    default_status = 403
    positions = _names(_PROVIDER_FIRST)


class NotFoundError(ProviderError):
    """404: no such model, deployment or path."""

    default_status = 404
    positions = _names(f"{_MODEL_FIRST} body")


class Timeout(ProviderError):  # noqa: N818 - LiteLLM's name
    """408: no answer, or no next chunk, within the time allowed."""

    default_status = 408
    has_response = False
    positions = _names(f"message model llm_provider {_RETRIES} headers status_code response")

    def __init__(self, *given: Any, exception_status_code: int | None = None, **details: Any) -> None:
        if exception_status_code is not None:  # LiteLLM's name for it
            details["status_code"] = exception_status_code
        super().__init__(*given, **details)


class UnprocessableEntityError(ProviderError):
    """422: the request was understood and refused."""

    default_status = 422


class RateLimitError(ProviderError):
    """429: too many requests or tokens. `.headers` holds `retry-after` where the provider sent it.

    `.category`, `.rate_limit_type` and `.detail` are LiteLLM's; the first is `vendor_rate_limit` by default.
    """

    default_status = 429
    positions = _names(f"{_PROVIDER_FIRST} category rate_limit_type headers detail body")

    def _fill(
        self,
        message: str = "",
        *,
        category: str = "vendor_rate_limit",
        rate_limit_type: str | None = None,
        detail: Any = None,
        **details: Any,
    ) -> None:
        super()._fill(message, **{"code": "429", "type": "throttling_error", **details})
        self.category = category
        self.rate_limit_type = rate_limit_type
        self.detail = self.message if detail is None else detail


class BadRequestError(ProviderError):
    """400: the request is malformed."""

    default_status = 400
    positions = _names(f"{_MODEL_FIRST} body")


class ContextWindowExceededError(BadRequestError):
    """400: more tokens than the model can take."""

    positions = _names("message model llm_provider response litellm_debug_info body")


class ContentPolicyViolationError(BadRequestError):
    """400: the provider's content filter refused the request.

    `.provider_specific_fields` is the constructor's argument with the filter's details, or None.
    """

    positions = _names("message model llm_provider response litellm_debug_info provider_specific_fields body")

    def __init__(
        self, *given: Any, provider_specific_fields: dict[str, Any] | None = None, **details: Any
    ) -> None:
        named = {**self._named(given), **details}
        self.provider_specific_fields = named.pop("provider_specific_fields", provider_specific_fields)
        super().__init__(**named)


class RejectedRequestError(BadRequestError):
    """400: a hook rejected the request before it was sent. `.request_data` is that request, or None."""

    positions = _names("message model llm_provider request_data litellm_debug_info")

    def __init__(self, *given: Any, request_data: dict[str, Any] | None = None, **details: Any) -> None:
        named = {**self._named(given), **details}
        self.request_data = named.pop("request_data", request_data)
        super().__init__(**named)


class UnsupportedParamsError(BadRequestError):
    """400: the provider has no such parameter."""

    positions = _names(f"message llm_provider model status_code response {_RETRIES}")


class ImageFetchError(BadRequestError):
    """400: an image in the request couldn't be fetched."""


class LiteLLMUnknownProvider(BadRequestError):  # noqa: N818 - LiteLLM's name
    """400: the model's prefix names no known provider."""

    positions = _names("model custom_llm_provider")

    def __init__(self, *given: Any, custom_llm_provider: str | None = None, **details: Any) -> None:
        named = {**self._named(given), **details}
        provider = named.pop("custom_llm_provider", custom_llm_provider)
        if provider is not None:
            named.setdefault("llm_provider", provider)
        if "message" not in named and "model" in named:
            named["message"] = f"unknown provider {provider!r:.200} of the model {named['model']!r:.200}"
        super().__init__(**named)


class PaymentRequiredError(BadRequestError):
    """402: the account has no credit."""

    default_status = 402
    positions = _names("message model llm_provider response litellm_debug_info")


class InternalServerError(ProviderError):
    """500: the provider failed, or a loop guard stopped the stream."""

    default_status = 500
    positions = _names(f"{_PROVIDER_FIRST} body provider_status_code")

    def _fill(self, message: str = "", *, provider_status_code: int | None = None, **details: Any) -> None:
        super()._fill(message, **{"type": "internal_server_error", **details})
        self.provider_status_code = provider_status_code


class BadGatewayError(ProviderError):
    """502: a gateway before the provider failed."""

    default_status = 502
    positions = _names(_PROVIDER_FIRST)


class ServiceUnavailableError(ProviderError):
    """503: the provider is overloaded or down."""

    default_status = 503
    positions = _names(_PROVIDER_FIRST)


class MidStreamFallbackError(ServiceUnavailableError):
    """A stream broke; `.original_exception` says how. Its status is the original's, else 503.

    LiteLLM raises this for every mid-stream error that isn't a 4xx. Unspool's mid-stream errors are of
    this class and of the mapped error's own at once; with `wrap_errors=True` they are of this class alone.
    """

    positions = _names(
        f"message model llm_provider original_exception response {_RETRIES}"
        " generated_content is_pre_first_chunk emitted_disqualifying_content"
    )
    emitted_disqualifying_content: bool = False

    def _fill(
        self, message: str = "", *, emitted_disqualifying_content: bool = False, **details: Any
    ) -> None:
        status = getattr(details.get("original_exception"), "status_code", None)
        super()._fill(message, **{"status_code": status, **details})
        if emitted_disqualifying_content:
            self.emitted_disqualifying_content = True

    def __str__(self) -> str:
        original, text = self.original_exception, super().__str__()
        if original is self or self.mapped_name:  # the message is that of the original already
            return text
        return f"{text} Original exception: {original.__class__.__name__}: {original}"


class RepetitionError(InternalServerError, MidStreamFallbackError):
    """500: the model repeats itself, and a loop guard stopped the stream.

    Caught by `except InternalServerError` (LiteLLM's documented promise) and by
    `except MidStreamFallbackError` (what its newer releases raise).

    `.repeated` is the repeated text or chunks, `.period` its length in chunks, `.count` the number of
    repetitions, `.first_chunk` the index of the emitted chunk where it began, `.channel` the part of the
    delta: `content`, `reasoning` or `tool_calls`.
    """

    default_status = 500

    def __init__(
        self,
        *given: Any,
        repeated: str = "",
        period: int = 1,
        count: int = 0,
        first_chunk: int = 0,
        channel: str = "content",
        **details: Any,
    ) -> None:
        super().__init__(*given, **{"status_code": 500, **details})
        self.repeated = repeated
        self.period = period
        self.count = count
        self.first_chunk = first_chunk
        self.channel = channel


class APIError(ProviderError):
    """A status code without a dedicated class."""

    default_status = 500
    has_response = False
    positions = _names(f"status_code message llm_provider model request {_RETRIES} body response")


class APIConnectionError(ProviderError):
    """500: the connection failed, or the stream could not be parsed."""

    default_status = 500
    has_response = False
    positions = _names(f"message llm_provider model request {_RETRIES}")


class IncompleteStreamError(APIConnectionError, MidStreamFallbackError):
    """500: the stream ended without a finish reason.

    `.generated_content` is the text before the end. Caught by `except APIConnectionError` and by
    `except MidStreamFallbackError`, which is what LiteLLM raises.
    """

    has_response = True

    def _fill(self, message: str = "", **details: Any) -> None:
        super()._fill(message, **{"status_code": 500, **details})


class APIResponseValidationError(ProviderError):
    """500: the response violates its own format."""

    default_status = 500
    positions = _names(f"message llm_provider model {_RETRIES}")


class JSONSchemaValidationError(APIResponseValidationError):
    """The response doesn't match the JSON schema of the request. `.raw_response` is its text."""

    positions = _names("model llm_provider raw_response schema")

    def __init__(self, *given: Any, raw_response: str = "", schema: str = "", **details: Any) -> None:
        named = {"raw_response": raw_response, "schema": schema, **self._named(given), **details}
        self.raw_response, self.schema = named.pop("raw_response"), named.pop("schema")
        if self.raw_response:
            named.setdefault(
                "message",
                f"model={named.get('model')}, returned an invalid response={self.raw_response},"
                f" for schema={self.schema}.\nAccess raw response with `e.raw_response`",
            )
        super().__init__(**named)


# The OpenAI SDK's class of the same meaning, by name. The other provider errors inherit theirs from these.
_SDK_BASES: dict[type[ProviderError], str] = {
    AuthenticationError: "AuthenticationError",
    PermissionDeniedError: "PermissionDeniedError",
    NotFoundError: "NotFoundError",
    Timeout: "APITimeoutError",
    UnprocessableEntityError: "UnprocessableEntityError",
    RateLimitError: "RateLimitError",
    BadRequestError: "BadRequestError",
    InternalServerError: "InternalServerError",
    BadGatewayError: "APIStatusError",
    ServiceUnavailableError: "APIStatusError",
    APIError: "APIError",
    APIConnectionError: "APIConnectionError",
    APIResponseValidationError: "APIResponseValidationError",
}

_adopted: Any = None


def _adopt_sdk_bases() -> None:
    """Add the base classes that LiteLLM documents, if the OpenAI SDK is loaded.

    The bases of a class may change while it has instances: errors made earlier get them too. An SDK that
    is still being imported, or isn't the SDK at all, has no bases to give.
    """
    global _adopted  # noqa: PLW0603 - the SDK is a module, and there is one at a time
    sdk = sys.modules.get("openai")
    if sdk is _adopted or sdk is None:
        return
    found = {cls: getattr(sdk, name, None) for cls, name in _SDK_BASES.items()}
    if not all(isinstance(base, type) and issubclass(base, Exception) for base in found.values()):
        return
    for cls, base in found.items():
        with suppress(TypeError):  # a user's subclass of both, in an order that excludes this one
            cls.__bases__ = (ProviderError, base)  # type: ignore[assignment]  # a class, as was just checked
    _adopted = sdk


class MockError(UnspoolError, ValueError):
    """A fake got a value that it can't use; the message says what it expects instead."""


class ScriptError(MockError):
    """A stream's script or source contains something that isn't a chunk: the test is wrong, not the provider.

    It isn't a `ProviderError`, so that `pytest.raises(APIConnectionError)` doesn't catch it.
    """


class FaultError(UnspoolError, ValueError):
    """A fault has impossible settings, or the response contains nothing that it could break."""


class CassetteError(UnspoolError):
    """A cassette can't be used as requested; the message says what to do about it."""


class CassetteNotFoundError(CassetteError, FileNotFoundError):
    """There is no cassette of that name, and the record mode forbids recording."""


class CassetteFormatError(CassetteError, ValueError):
    """A file isn't a cassette, or one that is broken or hostile. Nothing in it has been executed."""


class CassetteWriteError(CassetteError, OSError):
    """A cassette can't be written. The file is unchanged."""


class CassetteWarning(UserWarning):
    """A problem with a cassette that is no failure; the message says what to do.

    The file can be played back but probably contains a mistake; it contains connection failures of an earlier
    run; a killed run left recordings behind; or a new recording was written beside a good file instead of
    replacing it.
    """


class UnrecordedRequestError(CassetteError):
    """No recording matches this request, and the record mode forbids recording.

    The message shows the nearest recording and where the two differ.

    Attributes:
        request: the `Request`, redacted; None if it is unknown.
    """

    request: Any = None


class RecordingEndedError(CassetteError):
    """The client reads beyond the end of the recording, where the recorded client had disconnected."""


class UnplayedInteractionsError(CassetteError):
    """Interactions were left over where all of them must be used."""


class UnscriptedRequestError(ScriptError, CassetteError):
    """No turn of a script answers a request: none is left, none matches, several match, or it is
    forbidden.
    """


class UnplayedTurnsError(ScriptError, CassetteError):
    """Turns of a script were left over."""


class NetworkBlockedError(CassetteError):
    """Code opened a connection inside a cassette, with a client that Unspool doesn't intercept."""


class WireError(UnspoolError, ValueError):
    """Bytes or events violate their format.

    Args:
        message: what was expected, what arrived, and what to do next.
        data: the offending bytes or text, unchanged (the first 1,000 are shown).
        position: how many bytes of the stream precede `data`, if known.
    """

    def __init__(self, message: str, *, data: bytes | str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.data = data
        self.position = position

    def __str__(self) -> str:
        where = "" if self.position is None else f" at byte {self.position}"
        shown = f": {self.data[:1000]!r}" if self.data else ""
        return f"{self.args[0]}{where}{shown}"


class EventTooLargeError(WireError):
    """One event outgrew the decoder's cap (in bytes)."""


class ChecksumError(WireError):
    """An AWS event-stream frame whose CRC doesn't match its bytes."""


class MalformedEventError(WireError):
    """An event whose payload can't be read, such as broken JSON."""


class UnreachedTimerWarning(UserWarning):
    """Virtual time may have jumped over a timer that it can't reach: one of uvloop or of a C extension."""
