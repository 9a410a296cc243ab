"""Read an event of an AWS event stream, and the errors that one reports after its 200."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from unspool.error_mapping import error_for_status
from unspool.errors import ProviderError
from unspool.models import ModelResponseStream
from unspool.providers.json_events import JSON, documented, json_or_text, parse_event
from unspool.wire.event import WireEvent

Chunks = Iterator[ModelResponseStream]

_PADDING = "p"
_PAGE = "https://docs.aws.amazon.com/bedrock/latest/APIReference/"


def read_event(event: WireEvent, read: Callable[[str, JSON], Chunks]) -> Chunks:
    """Apply `read` to the event's name and JSON.

    Raises:
        ProviderError: the event reports an error.
        MalformedEventError: it contains no JSON object, or one of another shape than documented.
    """
    error = error_in(event)
    if error is not None:
        raise error
    body = parse_event(event)
    if body is None:
        return
    with documented(event, f"a Bedrock {event.name!r} event", _PAGE):
        yield from read(event.name, without(body, _PADDING))


def without(holder: JSON, *keys: str) -> JSON:
    """All but these keys."""
    return {key: value for key, value in holder.items() if key not in keys}


# What AWS's service models say of each exception that these streams may hold. botocore puts a 400 on all
# of them, which kept LiteLLM from falling back on another model (litellm#24608).
_STATUS: dict[str, int] = {
    "accessDeniedException": 403,
    "badGatewayException": 502,
    "conflictException": 409,
    "dependencyFailedException": 424,
    "internalServerException": 500,
    "modelNotReadyException": 424,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "resourceNotFoundException": 404,
    "serviceQuotaExceededException": 400,
    "serviceUnavailableException": 503,
    "throttlingException": 429,
    "validationException": 400,
}


def error_in(event: WireEvent) -> ProviderError | None:
    """The error that an event reports, if it does; of a kind that AWS's models don't have, a 500.

    An exception's name is in its header `:exception-type`; an unmodelled error has an `:error-code` and an
    `:error-message` instead, and nothing else. https://smithy.io/2.0/aws/amazon-eventstream.html
    """
    name = event.name[:1].lower() + event.name[1:]
    if event.headers.get(":message-type") not in ("exception", "error") and name not in _STATUS:
        return None
    body = json_or_text(event.data) if event.data else {}
    details: JSON = body if isinstance(body, dict) else {"message": body}
    message = details.get("message") or event.headers.get(":error-message") or "it says no more"
    return error_for_status(
        _original_status(details) or _STATUS.get(name, 500),
        f"{event.name}: {message}",
        llm_provider="bedrock",
        code=event.name,
        body=body or None,
    )


def _original_status(details: JSON) -> int | None:
    """Return the model's own error to Bedrock, which is more precise than Bedrock's 424."""
    status = details.get("originalStatusCode")
    return status if isinstance(status, int) and 400 <= status <= 599 else None
