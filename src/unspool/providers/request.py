"""A request to be sent, and helpers for its builders.

There is a builder beside each normalizer: it takes a `CompletionRequest`, in OpenAI's terms, and makes the
one HTTP request that the provider understands. The client sends it.

Here too: which parameters a provider supports, and what becomes of the others; a tool call's arguments as an
object; `request_for`, the request of a provider with its own parameters in place.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any

from pydantic import BaseModel
from pydantic_core import from_json

from unspool.errors import BadRequestError, UnsupportedParamsError
from unspool.providers import FORMATS, builder_for, load
from unspool.providers.json_events import JSON
from unspool.providers.registry import PROVIDERS, Provider, asked_in


@dataclass(frozen=True, slots=True)
class HTTPRequest:
    """A request with a JSON body; an empty one isn't sent, as with GET."""

    method: str
    url: str
    headers: dict[str, str] = field(repr=False)  # a key has no place in a test's output
    body: JSON


@dataclass(frozen=True, slots=True)
class CompletionRequest:
    """What a caller asks of a provider, in OpenAI's terms.

    Attributes:
        model: without the provider's prefix.
        messages: dicts, or records such as a response's `message`; they aren't changed.
        params: OpenAI's and the provider's own; those that are None are left out. `extra_headers` and
            `extra_body` replace the headers and fields of the same names.
        api_key: goes into the provider's own header; without one there is none.
        base_url: up to where the provider's documented paths begin.
        stream: whether the answer is to come as a stream.
        drop_params: leave out what the provider doesn't take, instead of an error.
    """

    model: str
    messages: Sequence[object]
    params: Mapping[str, Any]
    _: KW_ONLY
    api_key: str | None = field(repr=False)
    base_url: str
    stream: bool
    drop_params: bool = False

    @property
    def conversation(self) -> list[JSON]:
        """The messages as JSON data."""
        return [plain(message) for message in self.messages]

    @property
    def bearer(self) -> str | None:
        """The key as an `authorization` header."""
        return None if self.api_key is None else f"Bearer {self.api_key}"

    def supported(
        self,
        lacks: Container[str],
        *,
        llm_provider: str,
        title: str | None = None,
        instead: Mapping[str, str] | None = None,
    ) -> JSON:
        """The parameters that the provider takes, as JSON data, without those that `post` lays over the body.

        Raises:
            UnsupportedParamsError: as the function `supported`, which explains the arguments.
        """
        taken = supported(
            self.params,
            lacks,
            model=self.model,
            llm_provider=llm_provider,
            drop_params=self.drop_params,
            title=title,
            instead=instead,
        )
        return {name: plain(value) for name, value in taken.items() if name not in EXTRAS}

    def post(self, url: str, body: Mapping[str, Any], headers: Mapping[str, str | None]) -> HTTPRequest:
        """The HTTP request, with the caller's `extra_headers` and `extra_body` laid over it."""
        known = {name: value for name, value in headers.items() if value is not None}
        return HTTPRequest(
            method="POST",
            url=url,
            headers={"content-type": "application/json", **known, **(self.params.get("extra_headers") or {})},
            body={**body, **plain(self.params.get("extra_body") or {})},
        )


BuildRequest = Callable[[CompletionRequest], HTTPRequest]
"""Makes the HTTP request of a completion; one for each wire format that can be asked."""


def plain(value: Any) -> Any:
    """JSON data of a value that may be, or hold, records; what a record hasn't set is left out."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


EXTRAS = frozenset({"extra_body", "extra_headers"})
"""The parameters that `post` sees to."""


# Values that are the default everywhere.
_HARMLESS: JSON = {
    "n": 1,
    "parallel_tool_calls": True,
    "response_format": {"type": "text"},
    "tool_choice": "auto",
}

# Parameters to omit silently, as in LiteLLM: the user, and a usage that is always sent, or never.
_HINTS = frozenset({"stream_options", "user"})


def supported(
    params: Mapping[str, Any],
    lacks: Container[str],
    *,
    model: str,
    llm_provider: str,
    drop_params: bool,
    title: str | None = None,
    instead: Mapping[str, str] | None = None,
) -> JSON:
    """The parameters that aren't None, without those that the provider lacks.

    Args:
        params: by OpenAI's names, or the provider's own.
        lacks: the names of those that it lacks.
        llm_provider: LiteLLM's name of the provider; `title` if it calls itself otherwise.
        drop_params: leave them out, instead of an error.
        instead: what to do instead of passing one of them, by its name.

    Raises:
        UnsupportedParamsError: one of them was given, and `drop_params` is false.
    """
    given = {name: value for name, value in params.items() if value is not None}
    wrong = [name for name in given if name in lacks and not _says_nothing(name, given[name])]
    if wrong and not drop_params:
        raise UnsupportedParamsError(
            f"{title or llm_provider} has no parameter {wrong[0]!r}:"
            f" {(instead or {}).get(wrong[0], 'leave it out')},"
            " or pass drop_params=True, which leaves it out for you",
            model=model,
            llm_provider=llm_provider,
            param=wrong[0],
        )
    return {name: value for name, value in given.items() if name not in lacks}


def _says_nothing(name: str, value: Any) -> bool:
    return name in _HINTS or (name in _HARMLESS and value == _HARMLESS[name])


def parsed_arguments(function: JSON, *, llm_provider: str) -> Any:
    """The arguments of a call's `function`; an empty object if there are none.

    Raises:
        BadRequestError: they aren't JSON, as those of a stream that was cut off.
    """
    arguments = function.get("arguments") or "{}"
    if not isinstance(arguments, str):
        return arguments
    try:
        return from_json(arguments)
    except ValueError as error:
        raise BadRequestError(
            f"the arguments of the tool call {function.get('name')!r} aren't JSON ({error}):"
            f" {arguments[:200]!r}; send the message back as it was built from the whole stream",
            llm_provider=llm_provider,
            param="messages",
        ) from error


def request_for(
    provider: str,
    model: str,
    messages: Sequence[object],
    params: Mapping[str, Any],
    *,
    api_key: str | None,
    base_url: str,
    stream: bool,
    drop_params: bool = False,
) -> HTTPRequest:
    """Make the request that asks a provider of `PROVIDERS`; `CompletionRequest` explains the arguments.

    Raises:
        LiteLLMUnknownProvider: its wire format can only be read.
        UnsupportedParamsError: it has no such parameter, and `drop_params` is false.
        BadRequestError: the messages or parameters can't be expressed in its format.
    """
    known = PROVIDERS[provider]
    wire_format, model = asked_in(known, model)
    usual = wire_format == (known.asked_format or known.wire_format)
    build = _builder_of(known, wire_format, usual=usual)
    lacks = known.lacks if usual else frozenset()
    taken = supported(params, lacks, model=model, llm_provider=provider, drop_params=drop_params)
    if wire_format == "openai-chat":
        messages = [_renamed(plain(message), known.message_fields) for message in messages]
    names = known.names if usual else {}
    return build(
        CompletionRequest(
            model,
            messages,
            {names.get(name, name): value for name, value in taken.items()},
            api_key=api_key,
            base_url=base_url,
            stream=stream,
            drop_params=drop_params,
        )
    )


def _builder_of(provider: Provider, wire_format: str, *, usual: bool) -> BuildRequest:
    own = provider.request if usual else provider.other_requests.get(wire_format)
    build: BuildRequest = load(own) if own else builder_for(wire_format)
    return build


def can_be_asked(provider: Provider) -> bool:
    """Whether there is a builder for its requests; the streams of some can only be read."""
    known = FORMATS.get(provider.wire_format)
    return bool(provider.request or (known and known.request))


def _renamed(message: JSON, fields: Mapping[str, str | None]) -> JSON:
    names = {name: fields.get(name, name) for name in message}
    return {new: message[name] for name, new in names.items() if new is not None}
