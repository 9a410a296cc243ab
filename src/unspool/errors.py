"""Every error that Unspool raises.

    UnspoolError
    ├── ProviderError                        the provider, or the way to it, failed: has `status_code`
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
    │   │   └── IncompleteStreamError        strict mode: the stream ended without a finish reason
    │   ├── APIError                         as given
    │   └── APIResponseValidationError       500
    │       └── JSONSchemaValidationError
    ├── MockError                            a fake was asked for something it can't do
    │   └── ScriptError                      a script contains something that a stream can't be made of
    ├── FaultError                           a fault has nothing to break, or makes no sense
    ├── CassetteError                        a cassette can't be used as it was asked to
    │   ├── CassetteNotFoundError            there is no such file (is a FileNotFoundError too)
    │   ├── CassetteFormatError              the file isn't a cassette (is a ValueError too)
    │   ├── CassetteWriteError               the file can't be written (is an OSError too)
    │   ├── UnrecordedRequestError           no recording answers this request
    │   ├── RecordingEndedError              the client reads on where the recording stops
    │   ├── UnplayedInteractionsError        a test that was to use them all left some over
    │   └── NetworkBlockedError              something reached for the network inside a cassette
    └── WireError                            bytes or events that break their own format
        ├── EventTooLargeError
        ├── ChecksumError
        └── MalformedEventError

The names and status codes of the provider errors are LiteLLM's (contract, section c), so that
`except litellm.X` needs only its import changed. As there, `APIError` is no base of the others.
An error that breaks a stream says what had come before it, in `generated_content`.
"""

from __future__ import annotations

from typing import Any, ClassVar


class UnspoolError(Exception):
    """Base of every error that Unspool raises."""


class ProviderError(UnspoolError):
    """What a provider answered with, or what broke on the way to it.

    `str(error)` and `.message` start with the class's name. `.generated_content` is the text that
    the stream had delivered before the error, `.is_pre_first_chunk` whether it had delivered
    nothing, `.original_exception` the exception that this one stands for (LiteLLM decision D2).
    """

    default_status: ClassVar[int] = 500

    def __init__(
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
        super().__init__(message)
        self.message = f"unspool.{self.__class__.__name__}: {message}"
        self.model = model
        self.llm_provider = llm_provider
        self.status_code = self.default_status if status_code is None else status_code
        self.response = response
        self.request = request
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
    def original_exception(self) -> BaseException:
        """What this error stands for: itself, unless it was made from another exception."""
        return self if self._original_exception is None else self._original_exception

    @original_exception.setter
    def original_exception(self, error: BaseException) -> None:
        # No reference to itself: such a cycle would keep the stream's frames alive until the next collection.
        self._original_exception = None if error is self else error

    def __str__(self) -> str:
        retried = "" if self.num_retries is None else f" Retried: {self.num_retries} times"
        limit = "" if self.max_retries is None else f", Max Retries: {self.max_retries}"
        return f"{self.message}{retried}{limit}"


class AuthenticationError(ProviderError):
    """401: the key is missing, wrong or revoked."""

    default_status = 401


class PermissionDeniedError(ProviderError):
    """403: the key may not do this."""

    default_status = 403


class NotFoundError(ProviderError):
    """404: no such model, deployment or path."""

    default_status = 404


class Timeout(ProviderError):  # noqa: N818 - LiteLLM's name
    """408: no answer, or no next chunk, within the time allowed."""

    default_status = 408


class UnprocessableEntityError(ProviderError):
    """422: the request was understood and refused."""

    default_status = 422


class RateLimitError(ProviderError):
    """429: too many requests or tokens. `.headers` holds `retry-after` where the provider sent it."""

    default_status = 429

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message, **{"code": "429", "type": "throttling_error", **details})


class BadRequestError(ProviderError):
    """400: the request is malformed."""

    default_status = 400


class ContextWindowExceededError(BadRequestError):
    """400: more tokens than the model can take."""


class ContentPolicyViolationError(BadRequestError):
    """400: the provider's content filter refused the request."""


class RejectedRequestError(BadRequestError):
    """400: a hook rejected the request before it was sent."""


class UnsupportedParamsError(BadRequestError):
    """400: the provider has no such parameter."""


class ImageFetchError(BadRequestError):
    """400: an image in the request couldn't be fetched."""


class LiteLLMUnknownProvider(BadRequestError):  # noqa: N818 - LiteLLM's name
    """400: the model's prefix names no known provider."""


class PaymentRequiredError(BadRequestError):
    """402: the account has no credit."""

    default_status = 402


class InternalServerError(ProviderError):
    """500: the provider failed, or a loop guard stopped the stream."""

    default_status = 500

    def __init__(self, message: str = "", **details: Any) -> None:
        super().__init__(message, **{"type": "internal_server_error", **details})


class BadGatewayError(ProviderError):
    """502: a gateway before the provider failed."""

    default_status = 502


class ServiceUnavailableError(ProviderError):
    """503: the provider is overloaded or down."""

    default_status = 503


class MidStreamFallbackError(ServiceUnavailableError):
    """A stream broke; `.original_exception` says how. Its status is the original's, else 503.

    LiteLLM 1.106 raises this for every mid-stream error that isn't a 4xx; Unspool raises the
    original itself unless the wrapper was made with `wrap_errors=True` (decisions D2 and D3).
    """

    def __init__(self, message: str = "", **details: Any) -> None:
        original = details.get("original_exception")
        status = getattr(original, "status_code", None)
        super().__init__(message, **{"status_code": status, **details})

    def __str__(self) -> str:
        original = self.original_exception
        if original is self:
            return super().__str__()
        return f"{super().__str__()} Original exception: {original.__class__.__name__}: {original}"


class RepetitionError(InternalServerError, MidStreamFallbackError):
    """500: the model repeats itself, and a loop guard stopped the stream.

    Caught by `except InternalServerError` (LiteLLM's documented promise) and by
    `except MidStreamFallbackError` (what its newer releases raise): decision D2.

    `.repeated` is what repeats, `.period` its length in chunks, `.count` how often it came,
    `.first_chunk` the index of the emitted chunk where it began, `.channel` where it was seen:
    `content`, `reasoning` or `tool_calls`.
    """

    default_status = 500

    def __init__(
        self,
        message: str = "",
        *,
        repeated: str = "",
        period: int = 1,
        count: int = 0,
        first_chunk: int = 0,
        channel: str = "content",
        **details: Any,
    ) -> None:
        super().__init__(message, **{"status_code": 500, **details})
        self.repeated = repeated
        self.period = period
        self.count = count
        self.first_chunk = first_chunk
        self.channel = channel


class APIError(ProviderError):
    """An answer with a status that has no class of its own."""


class APIConnectionError(ProviderError):
    """500: the connection failed, or the stream made no sense."""


class IncompleteStreamError(APIConnectionError):
    """The stream ended without a finish reason, where LiteLLM would invent a `stop` (decision D9)."""


class APIResponseValidationError(ProviderError):
    """500: the answer isn't what its own format promises."""


class JSONSchemaValidationError(APIResponseValidationError):
    """The answer doesn't match the JSON schema that was asked for."""


class MockError(UnspoolError, ValueError):
    """A fake was asked for something that it can't do; the message says what it takes instead."""


class ScriptError(MockError):
    """A stream's script or source contains something that isn't a chunk: the test is wrong, not the provider.

    It is no `ProviderError`, so that no `pytest.raises(APIConnectionError)` takes it for the provider's.
    """


class FaultError(UnspoolError, ValueError):
    """A fault was made with impossible settings, or the answer has nothing in it that it could break."""


class CassetteError(UnspoolError):
    """A cassette can't be used as it was asked to; the message says what to do about it."""


class CassetteNotFoundError(CassetteError, FileNotFoundError):
    """There is no cassette of that name, and nothing may be recorded."""


class CassetteFormatError(CassetteError, ValueError):
    """A file isn't a cassette, or one that is broken or hostile. Nothing in it has been executed."""


class CassetteWriteError(CassetteError, OSError):
    """A cassette can't be written. What stood in the file before still does."""


class CassetteWarning(UserWarning):
    """What a cassette reports without failing; the message says what to do.

    Something in the file is probably a mistake, though it can be played back; it holds connection failures of
    an earlier run; a killed run left recordings behind; or a new recording stands beside a good file instead
    of replacing it.
    """


class UnrecordedRequestError(CassetteError):
    """No recording answers this request, and nothing may be recorded.

    The message shows the nearest recording and where the two differ.
    """


class RecordingEndedError(CassetteError):
    """The client reads on where the recording stops: whoever recorded it had hung up there."""


class UnplayedInteractionsError(CassetteError):
    """Interactions were left over where all of them had to be used."""


class NetworkBlockedError(CassetteError):
    """Something reached for the network inside a cassette, past every client that Unspool knows."""


class WireError(UnspoolError, ValueError):
    """Bytes or events that break their own format.

    Args:
        message: what was expected, what came, and what to do next.
        data: the offending bytes or text, as they came (the first 1,000 of them are shown).
        position: how many bytes of the stream came before `data`, where that is known.
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
