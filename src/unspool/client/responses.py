"""`responses` and `aresponses`: call OpenAI's Responses API, and pass its events on as they arrive."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal, Self, overload

from unspool.client.backend import HTTPBackend, begin
from unspool.client.call import Call, plan
from unspool.client.http import Exchange, asend, mapped_errors, send
from unspool.client.provider import provider_of
from unspool.client.response import AsyncChunks, SyncChunks
from unspool.errors import BadRequestError, ProviderError, UnsupportedParamsError
from unspool.mid_stream import in_mid_stream
from unspool.pipeline import Chain
from unspool.providers import decoder_for, reader_for
from unspool.providers.openai.responses.events import ResponsesEvents, ResponsesRecord, record_of
from unspool.providers.registry import PREFIXES, PROVIDERS

_FORMAT = "openai-responses"


class _Events:
    """Base of the sync and the async stream.

    Attributes:
        completed_response: the event that ended the response; None before it.
    """

    def __init__(self, chunks: Any, backend: HTTPBackend, call: Call) -> None:
        self._chunks = chunks
        self._backend = backend
        self._log = call.log
        self._clock = call.options.clock
        self._said = 0
        self._text = ""
        self.completed_response: ResponsesRecord | None = None

    def _note(self, event: ResponsesRecord) -> ResponsesRecord:
        self._said += 1
        if self._said == 1:
            first = datetime.fromtimestamp(self._clock.now(), UTC)
            self._log.update_completion_start_time(completion_start_time=first)
        if event.get("type") == "response.output_text.delta":
            self._text += event.get("delta") or ""
        if event.get("type") in ("response.completed", "response.incomplete", "response.cancelled"):
            self.completed_response = event
        return event

    def _response(self) -> Any:
        return None if self.completed_response is None else self.completed_response.get("response")

    def _broken(self, error: ProviderError) -> None:
        in_mid_stream(error, generated_content=self._text, is_pre_first_chunk=not self._said)


class ResponsesStream(_Events):
    """The events of a response, read with `for`. It is closed at its end and after an error."""

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> ResponsesRecord:
        try:
            with mapped_errors(self._backend.model, self._backend.provider):
                event = next(self._chunks, None)
        except ProviderError as error:
            self.close()
            self._broken(error)
            self._log.failure_handler(error, traceback.format_exc())
            raise
        if event is None:
            self.close()
            self._log.success_handler(self._response(), cache_hit=False)
            raise StopIteration
        self._log.stream_event_handler(event)
        return self._note(event)

    def close(self) -> None:
        """Close the response, read to its end or not. Idempotent."""
        self._chunks.close()


class AsyncResponsesStream(_Events):
    """Like `ResponsesStream`, read with `async for`."""

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ResponsesRecord:
        try:
            with mapped_errors(self._backend.model, self._backend.provider):
                event = await anext(self._chunks, None)
        except ProviderError as error:
            await self.aclose()
            self._broken(error)
            await self._log.async_failure_handler(error, traceback.format_exc())
            raise
        if event is None:
            await self.aclose()
            await self._log.async_success_handler(self._response(), cache_hit=False)
            raise StopAsyncIteration
        return self._note(event)

    async def aclose(self) -> None:
        """Close the response, read to its end or not. Idempotent."""
        await self._chunks.aclose()


@overload
def responses(input: Any, model: str, *, stream: Literal[True], **options: Any) -> ResponsesStream: ...
@overload
def responses(
    input: Any,
    model: str,
    *,
    stream: Literal[False] | None = None,
    **options: Any,
) -> ResponsesRecord: ...
def responses(
    input: Any,  # noqa: A002 - OpenAI's name
    model: str,
    *,
    stream: bool | None = None,
    **options: Any,
) -> ResponsesRecord | ResponsesStream:
    """Request a response of OpenAI's Responses API, or with `stream=True` its events.

    One request to a provider that has this API. Callbacks are called as by `completion`; they get the
    response, for a stream the one in its last event.

    Args:
        input: text, or a list of input items.
        model: as in `completion`.
        options: parameters of the API by their own names, and the options of `completion` for the request:
            `api_key`, `base_url`, `transport`, `http_client`, `timeout`, `extra_headers` …

    Raises:
        BadRequestError: the provider has no Responses API that Unspool knows.
        UnsupportedParamsError: a mock; replay a stream with `transport=` instead.
        ProviderError: as in `completion`; for a stream, raised by its iteration too. A stream that ends
            before its response raises IncompleteStreamError.
    """
    call = _asked("responses", input, model, stream=stream, options=options)
    try:
        backend = _begin(call)
        token = backend.token() if backend.token else None
        reply = send(_exchange(backend, call, token))
        if isinstance(reply.content, SyncChunks):
            return ResponsesStream(reply.content, backend, call)
        whole = _whole(reply.content, backend)
    except ProviderError as error:
        call.log.failure_handler(error, traceback.format_exc())
        raise
    call.log.success_handler(whole, cache_hit=False)
    return whole


@overload
async def aresponses(
    input: Any,
    model: str,
    *,
    stream: Literal[True],
    **options: Any,
) -> AsyncResponsesStream: ...
@overload
async def aresponses(
    input: Any,
    model: str,
    *,
    stream: Literal[False] | None = None,
    **options: Any,
) -> ResponsesRecord: ...
async def aresponses(
    input: Any,  # noqa: A002
    model: str,
    *,
    stream: bool | None = None,
    **options: Any,
) -> ResponsesRecord | AsyncResponsesStream:
    """Like `responses`, on asyncio or trio: `async for` reads the events, and clients are async ones."""
    call = _asked("aresponses", input, model, stream=stream, options=options)
    try:
        backend = _begin(call)
        token = backend.token() if backend.token else None
        if inspect.isawaitable(token):
            token = await token
        reply = await asend(_exchange(backend, call, token))
        if isinstance(reply.content, AsyncChunks):
            return AsyncResponsesStream(reply.content, backend, call)
        whole = _whole(reply.content, backend)
    except ProviderError as error:
        await call.log.async_failure_handler(error, traceback.format_exc())
        raise
    await call.log.async_success_handler(whole, cache_hit=False)
    return whole


def _asked(name: str, given: Any, model: str, *, stream: bool | None, options: Mapping[str, Any]) -> Call:
    provider, bare = provider_of(model, options.get("custom_llm_provider"))
    known = PROVIDERS.get(provider)
    spoken = known.wire_format if known else ""
    prefix = "" if spoken == _FORMAT or bare.startswith("responses/") else "responses/"
    call = plan(name, f"{provider}/{prefix}{bare}", (), stream=stream, given=options)
    if call.options.mock is not None:
        raise UnsupportedParamsError(
            f"{name}() has no mock: pass transport=, such as a ReplayTransport or httpx.MockTransport",
            llm_provider=provider,
        )
    if _FORMAT not in (spoken, PREFIXES.get((spoken, "responses"))):
        raise BadRequestError(
            f"{provider} has no Responses API that Unspool knows: use completion()",
            model=model,
            llm_provider=provider,
        )
    call.log.messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
    metadata = call.litellm_params.get("metadata")  # which is the provider's here
    beside = {} if metadata is None else {"metadata": metadata}
    return replace(call, params={**call.params, **beside, "input": given})


def _begin(call: Call) -> HTTPBackend:
    backend = begin(call)
    if not isinstance(backend, HTTPBackend):
        raise BadRequestError(
            f"{call.log.call_type}() calls no custom provider: use completion()",
            llm_provider=backend.provider,
        )
    return backend


def _exchange(backend: HTTPBackend, call: Call, token: Any) -> Exchange:
    exchange = backend.exchange(call, token)
    return replace(exchange, pipeline=lambda: Chain(decoder_for(_FORMAT), ResponsesEvents()))


def _whole(body: Any, backend: HTTPBackend) -> ResponsesRecord:
    with mapped_errors(backend.model, backend.provider):
        reader_for(_FORMAT)(body)  # which raises if it is an error, or no response
    record: ResponsesRecord = record_of(body)
    return record
