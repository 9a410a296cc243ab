"""`completion` and `acompletion`: send a request to a provider or a double of one, with LiteLLM's names.

No routing, no retries, no caching, no prices: one call is one request.
"""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import fields
from inspect import Parameter, Signature
from typing import Any, Literal, overload

from unspool.client.backend import Backend, begin
from unspool.client.call import Call, Options, plan
from unspool.client.http import Reply
from unspool.errors import ProviderError
from unspool.models import ModelResponse
from unspool.streaming.wrapper import CustomStreamWrapper

Messages = Sequence[Any]


@overload
def completion(
    model: str, messages: Messages = ..., *, stream: Literal[True], **options: Any
) -> CustomStreamWrapper: ...
@overload
def completion(
    model: str, messages: Messages = ..., *, stream: Literal[False] | None = None, **options: Any
) -> ModelResponse: ...
@overload
def completion(
    model: str, messages: Messages = ..., *, stream: bool | None, **options: Any
) -> ModelResponse | CustomStreamWrapper: ...
def completion(
    model: str, messages: Messages = (), *, stream: bool | None = None, **options: Any
) -> ModelResponse | CustomStreamWrapper:
    """Send a request to a model, and return its whole response, or with `stream=True` a stream of it.

    Args:
        model: `provider/name`, such as `anthropic/claude-haiku-4-5`, or a bare name that identifies its
            provider.
        messages: the conversation: dicts in OpenAI's shape, or messages of earlier responses.
        stream: whether to get a `CustomStreamWrapper` instead of a `ModelResponse`.
        options: those listed here, and any other parameter of the provider. `temperature`, `tools` and the
            like are translated for it; OpenAI's parameters that it lacks raise an error.

            - `stream_options`: `{"include_usage": True}` for a last chunk with the usage, in tokens.
            - `custom_llm_provider`: the provider, if `model` doesn't say.
            - `api_key`: otherwise from the environment, such as `OPENAI_API_KEY`.
            - `base_url` or `api_base`: the server; otherwise from the environment, such as `OPENAI_BASE_URL`.
            - `azure_ad_token`, `azure_ad_token_provider`: for Azure, a Microsoft Entra ID token instead of a
              key, or a function that returns one per request (`acompletion` takes an async one too); else
              `AZURE_AD_TOKEN`.
            - `api_version`: of Azure's API; else from the environment, as `AZURE_API_VERSION`.
            - `extra_headers`, `extra_body`: merged over the request's own.
            - `timeout`: seconds to connect and seconds without a byte, or an httpx `Timeout`; 600 by default.
            - `http_client`: a client of httpx or httpx2, used and left open.
            - `transport`: a transport of either, used and left open.
            - `drop_params`: leave out what the provider lacks, by default `unspool.drop_params`.
            - `strict`: what to do if the stream has no finish reason (see `CustomStreamWrapper`).
            - `mock_response`, `mock_tool_calls`: return these instead of sending a request: text, a list of
              chunks, a response, or an error to raise (see `unspool.mock_response`).
            - `mock_delay`: seconds to wait before a mock answers.
            - `mock_timeout`: let `timeout` pass, then raise Timeout.
            - `input_callback`, `success_callback`, `failure_callback`: called in addition to the package's.
            - `num_retries`, `fallbacks`: None, 0 and [] only; one call is one request.
            - `metadata`, `litellm_call_id` and others of LiteLLM's own: passed to callbacks, never sent.
            - `clock`: the time of pauses and time stamps.

    Returns:
        A response or a stream, with `_hidden_params`: `litellm_call_id`, `api_base`, `model_id`,
        `additional_headers` (of the response) and `response_cost`, which is None.

    Raises:
        UnsupportedParamsError: retries, fallbacks or `client=`; `drop_params` ignores the first two.
        ProviderError: the provider sent an error or an invalid response, or couldn't be reached; for a
            stream, raised by its iteration too.
        MockError: a mock or a callback that can't be used.
        TypeError: an async `http_client` or `transport`.
    """
    call = plan("completion", model, messages, stream=stream, given=options)
    try:
        backend = begin(call)
        answer = _finish(call, backend, backend.answer(call))
    except ProviderError as error:
        call.log.failure_handler(error, traceback.format_exc())
        raise
    if not call.stream:
        call.log.success_handler(answer, cache_hit=False)
    return answer


@overload
async def acompletion(
    model: str, messages: Messages = ..., *, stream: Literal[True], **options: Any
) -> CustomStreamWrapper: ...
@overload
async def acompletion(
    model: str, messages: Messages = ..., *, stream: Literal[False] | None = None, **options: Any
) -> ModelResponse: ...
@overload
async def acompletion(
    model: str, messages: Messages = ..., *, stream: bool | None, **options: Any
) -> ModelResponse | CustomStreamWrapper: ...
async def acompletion(
    model: str, messages: Messages = (), *, stream: bool | None = None, **options: Any
) -> ModelResponse | CustomStreamWrapper:
    """Like `completion`, on asyncio or trio: `async for` reads the stream, and clients are async ones."""
    call = plan("acompletion", model, messages, stream=stream, given=options)
    try:
        backend = begin(call)
        answer = _finish(call, backend, await backend.aanswer(call))
    except ProviderError as error:
        await call.log.async_failure_handler(error, traceback.format_exc())
        raise
    if not call.stream:
        await call.log.async_success_handler(answer, cache_hit=False)
    return answer


def _finish(call: Call, backend: Backend, reply: Reply) -> ModelResponse | CustomStreamWrapper:
    headers = _additional_headers(reply.headers)
    call.log.post_call("first stream response received" if call.stream else reply.content)
    if not call.stream:
        response: ModelResponse = reply.content
        if response.model is None:
            response.model = backend.model
        response._hidden_params.update(
            custom_llm_provider=backend.provider,
            model_id=(call.litellm_params.get("model_info") or {}).get("id"),
            api_base=backend.api_base,
            additional_headers=headers,
            litellm_call_id=call.log.litellm_call_id,
            response_cost=None,
            _response_ms=(call.options.clock.monotonic() - call.started) * 1000,
        )
        return response
    stream = CustomStreamWrapper(
        reply.content,
        backend.model,
        call.log,
        backend.provider,
        _response_headers=headers,
        is_mock=call.options.mock is not None,
        strict=call.options.strict,
        _usage_without_choices=True,
        clock=call.options.clock,
    )
    stream._hidden_params.update(litellm_call_id=call.log.litellm_call_id, response_cost=None)
    return stream


# The headers that LiteLLM passes on under their own names; all others get a prefix.
_RATE_LIMITS = tuple(
    f"x-ratelimit-{what}-{of}" for what in ("limit", "remaining", "reset") for of in ("requests", "tokens")
)


def _additional_headers(headers: dict[str, str]) -> dict[str, str]:
    prefixed = {f"llm_provider-{name}": value for name, value in headers.items()}
    return {**prefixed, **{name: headers[name] for name in _RATE_LIMITS if name in headers}}


# Shown by `help()` instead of `**options`. These are the provider's, by OpenAI's names.
_PROVIDERS_OWN = tuple(
    name
    for names in (
        "stream_options temperature top_p n stop max_tokens max_completion_tokens reasoning_effort seed user",
        "presence_penalty frequency_penalty logit_bias logprobs top_logprobs response_format tools",
        "tool_choice parallel_tool_calls functions function_call extra_headers extra_body",
    )
    for name in names.split()
)


def _signature() -> Signature:
    def option(name: str, default: Any = None, annotation: Any = Any) -> Parameter:
        return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)

    return Signature(
        [
            Parameter("model", Parameter.POSITIONAL_OR_KEYWORD, annotation=str),
            Parameter("messages", Parameter.POSITIONAL_OR_KEYWORD, default=(), annotation=Messages),
            option("stream", annotation=bool | None),
            *(option(name) for name in _PROVIDERS_OWN),
            *(option(field.name, field.default, field.type) for field in fields(Options)),
            Parameter("others", Parameter.VAR_KEYWORD, annotation=Any),
        ],
        return_annotation=ModelResponse | CustomStreamWrapper,
    )


for _function in (completion, acompletion):
    vars(_function)["__signature__"] = _signature()
