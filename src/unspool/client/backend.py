"""The backend of a call: a mock, a custom provider, or a provider over HTTP."""

from __future__ import annotations

import inspect
import logging
import os
import sys
from dataclasses import dataclass, replace
from typing import Any, Protocol

from unspool.client.aws import Sign, bedrock_url, signer_of
from unspool.client.azure import TokenSource, bearer, token_source
from unspool.client.call import Call, Options
from unspool.client.http import (
    DEFAULT_TIMEOUT,
    Connection,
    Exchange,
    Reply,
    asend,
    mapped_errors,
    send,
    time_limits,
)
from unspool.client.predictions import apredict, predict
from unspool.client.provider import Target, provider_of, provider_or_guess, target_of
from unspool.custom_llm import CustomLLM, custom_handler
from unspool.errors import BadRequestError, MockError
from unspool.mock_response import Mock
from unspool.models import ModelResponse
from unspool.providers import reader_for
from unspool.providers.request import request_for

logger = logging.getLogger("unspool")


class Backend(Protocol):
    """The backend of one call.

    Attributes:
        provider: its name.
        model: without the provider's prefix.
        api_base: its base URL; None if it has none, or the caller didn't pass one.
    """

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def api_base(self) -> str | None: ...

    def answer(self, call: Call) -> Reply:
        """Return a whole `ModelResponse`, or for a stream the source of a `CustomStreamWrapper`."""
        ...

    async def aanswer(self, call: Call) -> Reply:
        """Like `answer`, for an async call."""
        ...


@dataclass(frozen=True, slots=True)
class MockBackend:
    """A backend that returns the caller's `mock_response`."""

    mock: Mock
    provider: str
    model: str
    api_base: str | None = None

    def answer(self, call: Call) -> Reply:
        call.log.pre_call(call.messages)
        call.options.clock.sleep(self._pause(call))
        return self._reply(call)

    async def aanswer(self, call: Call) -> Reply:
        call.log.pre_call(call.messages)
        await call.options.clock.asleep(self._pause(call))
        return self._reply(call)

    def _pause(self, call: Call) -> float:
        """In seconds."""
        timeout = call.options.timeout
        if self.mock.times_out and timeout is not None:
            return time_limits(timeout)["read"] or 0.0
        return self.mock.seconds

    def _reply(self, call: Call) -> Reply:
        with mapped_errors(self.model, self.provider):
            return Reply(self.mock.content(self.model, n=call.params.get("n"), stream=call.stream), {})


@dataclass(frozen=True, slots=True)
class CustomBackend:
    """A backend that calls a handler of `unspool.custom_provider_map`."""

    handler: CustomLLM
    provider: str
    model: str
    api_base: str | None

    def answer(self, call: Call) -> Reply:
        call.log.pre_call(call.messages)
        method = self.handler.streaming if call.stream else self.handler.completion
        with mapped_errors(self.model, self.provider):
            return self._reply(call, method(**self._arguments(call)))

    async def aanswer(self, call: Call) -> Reply:
        call.log.pre_call(call.messages)
        method: Any = self.handler.astreaming if call.stream else self.handler.acompletion
        with mapped_errors(self.model, self.provider):
            content = method(**self._arguments(call, acompletion=True))
            if inspect.isawaitable(content):
                content = await content
            return self._reply(call, content)

    def _arguments(self, call: Call, **others: Any) -> dict[str, Any]:
        """Return the keyword arguments that LiteLLM passes."""
        return {
            "model": self.model,
            "messages": call.messages,
            "api_base": self.api_base,
            "custom_prompt_dict": {},
            "model_response": ModelResponse(),
            "print_verbose": logger.debug,
            "encoding": None,
            "api_key": call.options.api_key,
            "logging_obj": call.log,
            "optional_params": call.params,
            "acompletion": None,
            "litellm_params": call.litellm_params,
            "logger_fn": None,
            "headers": dict(call.params.get("extra_headers") or {}),
            "timeout": DEFAULT_TIMEOUT if call.options.timeout is None else call.options.timeout,
            "client": call.options.http_client,
            **others,
        }

    def _reply(self, call: Call, content: Any) -> Reply:
        if call.stream or isinstance(content, ModelResponse):
            return Reply(content, {})
        raise MockError(
            f"expected a ModelResponse from {type(self.handler).__name__}, got {type(content).__name__}"
        )


@dataclass(frozen=True, slots=True)
class HTTPBackend:
    """A backend that sends a request to a provider."""

    provider: str
    model: str
    target: Target
    token: TokenSource | None = None

    @property
    def api_base(self) -> str:
        return self.target.base_url

    def answer(self, call: Call) -> Reply:
        with mapped_errors(self.model, self.provider):
            token = self.token() if self.token else None
        exchange = self.exchange(call, token)
        reply = predict(exchange, call.options.clock) if self._in_two_steps else send(exchange)
        return self._read(call, reply)

    async def aanswer(self, call: Call) -> Reply:
        with mapped_errors(self.model, self.provider):
            token = self.token() if self.token else None
            if inspect.isawaitable(token):
                token = await token
        exchange = self.exchange(call, token)
        reply = await (apredict(exchange, call.options.clock) if self._in_two_steps else asend(exchange))
        return self._read(call, reply)

    @property
    def _in_two_steps(self) -> bool:
        return self.target.wire_format == "replicate-sse"

    def exchange(self, call: Call, token: Any) -> Exchange:
        """Build the request and report it to callbacks.

        Args:
            token: Azure's; None if there is a key.
        """
        options = call.options
        drop_params = options.drop_params
        try:
            request = request_for(
                self.provider,
                self.model,
                call.messages,
                {**self.target.params, **call.params},
                api_key=None if self.token else self.target.api_key,
                base_url=self.target.base_url,
                stream=call.stream,
                drop_params=sys.modules["unspool"].drop_params if drop_params is None else drop_params,
            )
        except (AttributeError, KeyError, TypeError) as error:  # text instead of an object, and the like
            raise BadRequestError(
                f"no request can be built from these messages and parameters, one is malformed ({error!r})",
                model=self.model,
                llm_provider=self.provider,
                original_exception=error,
            ) from error
        sent = {"complete_input_dict": request.body, "api_base": request.url}
        call.log.pre_call(call.params.get("input", call.messages), additional_args=sent)
        connection = Connection(options.http_client, options.transport, options.timeout)
        return Exchange(
            request,
            connection,
            self.target.wire_format,
            call.stream,
            self.model,
            self.provider,
            sign=self._signer(options, token),
        )

    def _signer(self, options: Options, token: Any) -> Sign | None:
        if self.token is not None:
            authorised = bearer(token, provider=self.provider)
            return lambda request: {} if "authorization" in request.headers else authorised
        if self.provider != "bedrock" or self.target.api_key is not None:
            return None
        return signer_of(options, os.environ, url=self.target.base_url)

    def _read(self, call: Call, reply: Reply) -> Reply:
        if call.stream:
            return reply
        with mapped_errors(self.model, self.provider):
            return replace(reply, content=reader_for(self.target.wire_format)(reply.content))


def begin(call: Call) -> Backend:
    """Find the backend of this call, and store it for the callbacks; raises like `backend_of`."""
    backend = backend_of(call)
    call.log.update_environment_variables(
        {**call.litellm_params, "api_base": backend.api_base, "custom_llm_provider": backend.provider},
        call.params,
        model=backend.model,
        user=call.params.get("user"),
        custom_llm_provider=backend.provider,
        stream_options=call.params.get("stream_options"),
    )
    return backend


def backend_of(call: Call) -> Backend:
    """Find the backend of this call.

    Raises:
        ProviderError: the model's provider, its server or its key is unknown.
    """
    options = call.options
    mock = options.mock
    if mock is not None:
        return MockBackend(mock, *provider_or_guess(call.model, options.custom_llm_provider))
    provider, model = provider_of(call.model, options.custom_llm_provider)
    base_url = options.base_url or options.api_base
    handler = custom_handler(provider)
    if handler is not None:
        return CustomBackend(handler, provider, model, base_url)
    if provider == "bedrock" and base_url is None:
        base_url = bedrock_url(options, os.environ)
    target = target_of(
        provider,
        api_key=options.api_key,
        base_url=base_url,
        api_version=call.litellm_params.get("api_version"),
        environ=os.environ,
        own_transport=options.http_client is not None or options.transport is not None,
        model=model,
    )
    token = token_source(provider, options, os.environ, api_key=target.api_key)
    return HTTPBackend(provider, model, target, token)
