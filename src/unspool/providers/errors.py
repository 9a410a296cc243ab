"""How providers report errors: the bodies and headers of error responses, and the events in mid-stream.

Each folder has its own `Errors`. A wire format names those that its streams report (`WireFormat.errors`), and
a provider those that its servers answer with (`Provider.errors`). Shapes, types and codes are those of real
responses and of the pages named beside them; the texts are ours.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from pydantic_core import to_json

from unspool.providers import FORMATS, load
from unspool.providers.detect import format_of_exchange, provider_at
from unspool.providers.registry import PROVIDERS, Provider
from unspool.wire.event import WireEvent

JSON = dict[str, Any]
Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class StreamError:
    """An error to report in a stream.

    Attributes:
        body: the JSON that the provider's error response would have.
        status: that response's.
        last: the JSON of the event before the error; empty if that isn't a JSON object.
        after_named: whether that event has a name.
    """

    body: JSON
    status: int
    last: JSON
    after_named: bool = False

    @property
    def object(self) -> JSON:
        """The error itself, without the object that some providers put around it."""
        error = self.body.get("error")
        return error if isinstance(error, dict) else self.body

    @property
    def text(self) -> str:
        """The message."""
        error = self.body.get("error", self.body)
        return str(error.get("message")) if isinstance(error, dict) else str(error)


def json_event(body: JSON, name: str = "message", headers: JSON | None = None) -> WireEvent:
    """An event with this JSON as its data."""
    return WireEvent(name=name, data=to_json(body).decode(), headers=headers or {})


def reset_at(seconds: float, now: datetime) -> datetime:
    """A full second that is at least so far ahead."""
    return now.replace(microsecond=0) + timedelta(seconds=ceil(seconds) + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How a provider reports errors.

    Attributes:
        name: the provider's, as in `Status(provider=…)`.
        body: from a status and a text to the JSON of an error response.
        event: an error in a stream; None for an event whose data is the body.
        request_id: an invented id of a request, in the provider's style.
        request_id_headers: the headers that have it in every response.
        headers: more headers of an error response, by its status.
        limits: the headers of a 429, by the seconds until the limit is over, and the time now.
        like_openai: whether its servers speak OpenAI's formats, so that their streams may report its errors.
    """

    name: str
    body: Callable[[int, str], JSON]
    event: Callable[[StreamError], WireEvent] | None = None
    request_id: str = ""
    request_id_headers: tuple[str, ...] = ()
    headers: Callable[[int], Headers] = lambda _status: ()
    limits: Callable[[float, datetime], Headers] = lambda _seconds, _now: ()
    like_openai: bool = False


@dataclass(frozen=True, slots=True)
class ErrorsRow:
    """Where a provider's `Errors` are, and the parts of URLs that tell of that provider.

    Attributes:
        errors: an `Errors`, as `module:name`.
        urls: parts of URLs on any host that isn't known.
        urls_first: parts of URLs that tell more than the host.
    """

    errors: str
    urls: tuple[str, ...] = ()
    urls_first: tuple[str, ...] = ()


ERRORS: dict[str, ErrorsRow] = {
    "openai": ErrorsRow("unspool.providers.openai.errors:OPENAI"),
    "anthropic": ErrorsRow(
        "unspool.providers.anthropic.traits:ERRORS",
        urls=("/v1/messages",),
        urls_first=("/anthropic/v1/messages",),
    ),
    "azure": ErrorsRow("unspool.providers.openai.errors:AZURE", urls_first=("azure.com/",)),
    "bedrock": ErrorsRow(
        "unspool.providers.bedrock.traits:ERRORS",
        urls=("bedrock-runtime", "bedrock-agent-runtime", "/converse", "/invoke"),
    ),
    "cerebras": ErrorsRow("unspool.providers.openai.errors:CEREBRAS"),
    "cohere": ErrorsRow("unspool.providers.cohere.traits:ERRORS", urls=("cohere",)),
    "deepseek": ErrorsRow("unspool.providers.openai.errors:DEEPSEEK"),
    "gemini": ErrorsRow(
        "unspool.providers.gemini.traits:ERRORS", urls=(":streamGenerateContent", ":generateContent")
    ),
    "groq": ErrorsRow("unspool.providers.openai.errors:GROQ"),
    "huggingface": ErrorsRow("unspool.providers.openai.errors:HUGGINGFACE"),
    "llamacpp": ErrorsRow("unspool.providers.openai.errors:LLAMACPP"),
    "mistral": ErrorsRow("unspool.providers.openai.errors:MISTRAL", urls_first=("/publishers/mistralai/",)),
    "ollama": ErrorsRow("unspool.providers.ollama.traits:ERRORS", urls=("/api/chat", "/api/generate")),
    "openrouter": ErrorsRow("unspool.providers.openai.errors:OPENROUTER"),
    "perplexity": ErrorsRow("unspool.providers.openai.errors:PERPLEXITY"),
    "together": ErrorsRow("unspool.providers.openai.errors:TOGETHER"),
    "vertex-anthropic": ErrorsRow(
        "unspool.providers.anthropic.traits:VERTEX_ERRORS", urls_first=("/publishers/anthropic/",)
    ),
    "vllm": ErrorsRow("unspool.providers.openai.errors:VLLM"),
    "xai": ErrorsRow("unspool.providers.openai.errors:XAI"),
}
"""The providers whose errors are known, beside those of `PROVIDERS` that only send their wire format's."""


def errors_of(wire_format: str) -> Errors:
    """What a wire format's streams report."""
    errors: Errors = load(FORMATS[wire_format].errors)
    return errors


def event_in(
    wire_format: str, errors: Errors, status: int, text: str, *, last: JSON, after_named: bool = False
) -> WireEvent:
    """An error in a stream of a wire format.

    Args:
        wire_format: the stream's.
        errors: the provider's that reports it. One that doesn't speak the format reports it in its own way,
            but for AWS's event streams, which have exceptions.
        status: what kind of error.
        text: the message.
        last: as in `StreamError`.
        after_named: as in `StreamError`.
    """
    own = errors_of(wire_format)
    if FORMATS[wire_format].framing == "aws":
        errors = own
    speaks_it = errors.name == own.name or (errors.like_openai and own.like_openai)
    write = (own.event if speaks_it else None) or errors.event
    error = StreamError(errors.body(status, text), status, last, after_named)
    return write(error) if write else json_event(error.body)


def errors_named(name: str) -> Errors | None:
    """Return a provider's errors, by its name in `ERRORS` or in `PROVIDERS`; None for other names."""
    if name in ERRORS:
        errors: Errors = load(ERRORS[name].errors)
        return errors
    return _of_provider(PROVIDERS[name]) if name in PROVIDERS else None


def errors_at(url: str) -> Errors:
    """Return the errors of the provider at a URL: by its host, then its path, else OpenAI's."""
    host = provider_at(url)
    provider = PROVIDERS[host] if host else None
    name = (
        _telling(url, lambda row: row.urls_first)
        or (provider and provider.errors)
        or _telling(url, lambda row: row.urls)
    )
    if name:
        return load(ERRORS[name].errors)  # type: ignore[no-any-return]
    wire_format = format_of_exchange(url)
    found = errors_of(wire_format) if wire_format in FORMATS else _of_provider(provider or Provider())
    return errors_named(found.name) or found


def _of_provider(provider: Provider) -> Errors:
    return load(ERRORS[provider.errors].errors) if provider.errors else errors_of(provider.wire_format)


def _telling(url: str, parts: Callable[[ErrorsRow], tuple[str, ...]]) -> str | None:
    return next((name for name, row in ERRORS.items() if any(part in url for part in parts(row))), None)
