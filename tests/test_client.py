"""`completion` and `acompletion` against a server on this machine."""

from __future__ import annotations

import gc
import inspect
import logging
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import anyio
import httpx
import httpx2
import pytest
from tests.loopback import Answer, Loopback, serve

import unspool
from unspool.builder import stream_chunk_builder
from unspool.call_log import CustomLogger
from unspool.client import acompletion, completion
from unspool.errors import (
    APIConnectionError,
    APIResponseValidationError,
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    IncompleteStreamError,
    InternalServerError,
    LiteLLMUnknownProvider,
    NotFoundError,
    ProviderError,
    RateLimitError,
    ServiceUnavailableError,
    Timeout,
    UnsupportedParamsError,
)
from unspool.models import ModelResponse
from unspool.streaming.wrapper import CustomStreamWrapper

pytestmark = pytest.mark.anyio

MESSAGES = [{"role": "user", "content": "Hello?"}]
OPENAI = "/v1/chat/completions"
ANTHROPIC = "/v1/messages"

LIBRARIES = [httpx, httpx2]


def a_chunk(text: str | None = None, finish_reason: str | None = None) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-4o-2024",
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish_reason}],
    }


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
HELLO = [a_chunk("Hello"), a_chunk(" there"), a_chunk(finish_reason="stop")]
RESPONSE = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "gpt-4o-2024",
    "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "Hello there"}, "finish_reason": "stop"}
    ],
    "usage": USAGE,
}
ANTHROPIC_HELLO = [
    {
        "type": "message_start",
        "message": {"id": "msg_1", "role": "assistant", "usage": {"input_tokens": 3, "output_tokens": 1}},
    },
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello there"}},
    {"type": "content_block_stop", "index": 0},
    {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 2}},
    {"type": "message_stop"},
]


@pytest.fixture
def server() -> Iterator[Loopback]:
    """Says `HELLO`, until a test gives it other answers."""
    with serve({OPENAI: Answer.events(*HELLO)}) as server:
        yield server


def here(server: Loopback, **options: Any) -> dict[str, Any]:
    """Arguments for a call of this server."""
    return {"model": "gpt-4o", "messages": MESSAGES, "base_url": f"{server.url}/v1", **options}


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


async def read(stream: AsyncIterator[Any]) -> list[Any]:
    return [chunk async for chunk in stream]


# --- what LiteLLM's streaming page does


def test_a_stream_is_read_with_for(server: Loopback) -> None:
    said = ""
    for part in completion(**here(server), stream=True):
        said += part.choices[0].delta.content or ""

    assert said == "Hello there"


async def test_an_async_stream_is_read_with_async_for(server: Loopback) -> None:
    said = ""
    async for part in await acompletion(**here(server), stream=True):
        said += part.choices[0].delta.content or ""

    assert said == "Hello there"


def test_the_chunks_of_a_stream_are_built_to_a_response(server: Loopback) -> None:
    chunks = list(completion(**here(server), stream=True))

    response = stream_chunk_builder(chunks, messages=MESSAGES)

    assert response is not None
    assert response.choices[0].message.content == "Hello there"


def test_without_stream_there_is_a_response(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.json(RESPONSE)

    response = completion(**here(server))

    assert isinstance(response, ModelResponse)
    assert response.choices[0].message.content == "Hello there"
    assert response.usage.total_tokens == 5


async def test_without_stream_there_is_an_async_response(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.json(RESPONSE)

    response = await acompletion(**here(server))

    assert response.choices[0].message.content == "Hello there"


def test_usage_comes_last_if_it_is_asked_for(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(*HELLO, {**a_chunk(), "choices": [], "usage": USAGE})

    chunks = list(completion(**here(server), stream=True, stream_options={"include_usage": True}))

    assert chunks[-1].usage.total_tokens == 5
    assert chunks[-1].choices == []
    assert server.requests[0].body["stream_options"] == {"include_usage": True}


async def test_usage_beside_a_choice_comes_last_with_an_empty_one(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(*HELLO[:-1], {**HELLO[-1], "usage": USAGE})
    stream = await acompletion(**here(server), stream=True, stream_options={"include_usage": True})

    chunks = [chunk async for chunk in stream]

    assert chunks[-1].usage.total_tokens == 5
    assert [choice.delta.content for choice in chunks[-1].choices] == [None]


def test_a_conversation_goes_on_with_the_message_of_a_response(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.json(RESPONSE)
    message = completion(**here(server)).choices[0].message

    completion(**here(server, messages=[*MESSAGES, message]))

    assert server.requests[1].body["messages"][1] == {"role": "assistant", "content": "Hello there"}


# --- the request


def test_the_request_is_openais(server: Loopback) -> None:
    list(completion(**here(server, model="openai/gpt-4o", api_key="sk-1"), stream=True, temperature=0))

    (request,) = server.requests
    assert request.headers["authorization"] == "Bearer sk-1"
    assert request.body == {"model": "gpt-4o", "messages": MESSAGES, "temperature": 0, "stream": True}


def test_the_request_is_anthropics(server: Loopback) -> None:
    server.answers[ANTHROPIC] = Answer.events(*ANTHROPIC_HELLO)

    chunks = list(completion("claude-haiku-4-5", MESSAGES, stream=True, base_url=server.url, api_key="sk-1"))

    (request,) = server.requests
    assert request.headers["x-api-key"] == "sk-1"
    assert request.body["model"] == "claude-haiku-4-5"
    assert text_of(chunks) == "Hello there"


def test_anthropics_base_url_may_end_in_the_version(server: Loopback) -> None:
    server.answers[ANTHROPIC] = Answer.events(*ANTHROPIC_HELLO)

    list(completion("anthropic/claude-x", MESSAGES, stream=True, base_url=f"{server.url}/v1/"))

    assert server.requests[0].path == ANTHROPIC


def test_unknown_parameters_go_to_the_provider_and_litellms_own_do_not(server: Loopback) -> None:
    list(
        completion(
            **here(server),
            stream=True,
            top_k=5,
            seed=None,
            metadata={"run": 1},
            litellm_call_id="call-1",
            num_retries=0,
            caching=False,
        )
    )

    assert server.requests[0].body == {
        "model": "gpt-4o",
        "messages": MESSAGES,
        "top_k": 5,
        "stream": True,
    }


def test_stream_options_are_for_streams(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.json(RESPONSE)

    completion(**here(server), stream_options={"include_usage": True})

    assert "stream_options" not in server.requests[0].body


def test_extra_headers_are_sent(server: Loopback) -> None:
    list(completion(**here(server), stream=True, extra_headers={"X-Team": "blue"}))

    assert server.requests[0].headers["x-team"] == "blue"


@pytest.mark.parametrize("how", ["argument", "setting"])
def test_drop_params_leaves_out_what_the_provider_lacks(
    how: str, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[ANTHROPIC] = Answer.events(*ANTHROPIC_HELLO)
    call = {"model": "claude-x", "messages": MESSAGES, "stream": True, "base_url": server.url, "seed": 1}
    with pytest.raises(UnsupportedParamsError):
        completion(**call)

    if how == "setting":
        monkeypatch.setattr(unspool, "drop_params", True)
    list(completion(**call, **({"drop_params": True} if how == "argument" else {})))

    assert "seed" not in server.requests[0].body


def test_what_an_openai_compatible_provider_lacks_is_refused_too(server: Loopback) -> None:
    with pytest.raises(UnsupportedParamsError, match="groq has no parameter 'logprobs'"):
        completion("groq/llama", MESSAGES, stream=True, base_url=f"{server.url}/v1", logprobs=True)


# --- where to, and with what key


def test_azure_is_asked_by_deployment_and_version(server: Loopback) -> None:
    path = "/openai/deployments/mine/chat/completions"
    server.answers[path] = Answer.events(*HELLO)

    chunks = list(
        completion(
            "azure/mine", MESSAGES, stream=True, api_base=server.url, api_version="2024-10-21", api_key="k"
        )
    )

    assert text_of(chunks) == "Hello there"
    [request] = server.requests
    assert (request.path, request.headers["api-key"]) == (f"{path}?api-version=2024-10-21", "k")
    assert "api_version" not in request.body


@pytest.mark.parametrize("name", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
def test_the_environment_names_openais_server_and_key(
    name: str, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"{server.url}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")

    list(completion("gpt-4o", MESSAGES, stream=True))

    assert server.requests[0].headers["authorization"] == "Bearer sk-env"


@pytest.mark.parametrize("name", ["ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"])
def test_the_environment_names_anthropics_server_and_key(
    name: str, server: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers[ANTHROPIC] = Answer.events(*ANTHROPIC_HELLO)
    monkeypatch.setenv(name, server.url)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-env")

    list(completion("claude-x", MESSAGES, stream=True))

    assert server.requests[0].headers["x-api-key"] == "sk-env"


def test_arguments_win_over_the_environment(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/nowhere")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-env")

    list(completion("gpt-4o", MESSAGES, stream=True, api_base=f"{server.url}/v1", api_key="sk-1"))

    assert server.requests[0].headers["authorization"] == "Bearer sk-1"


def test_another_server_needs_no_key(server: Loopback) -> None:
    list(completion(**here(server), stream=True))

    assert "authorization" not in server.requests[0].headers


def test_the_provider_itself_needs_a_key() -> None:
    with pytest.raises(AuthenticationError, match=r"pass api_key=… or set OPENAI_API_KEY") as caught:
        completion("gpt-4o", MESSAGES)

    assert (caught.value.status_code, caught.value.llm_provider) == (401, "openai")


def test_the_callers_transport_needs_no_key() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=RESPONSE))

    assert completion("gpt-4o", MESSAGES, transport=transport).choices[0].message.content == "Hello there"


def test_messages_of_another_shape_are_refused(server: Loopback) -> None:
    options = {**here(server), "model": "anthropic/claude-haiku-4-5", "tool_choice": 7}

    with pytest.raises(unspool.BadRequestError, match="no request can be built from these messages"):
        completion(**options, tools=[{"function": {"name": "f"}}])


def test_an_unknown_model_is_refused_with_advice() -> None:
    with pytest.raises(LiteLLMUnknownProvider, match=r"LLM Provider NOT provided.*model='provider/name'"):
        completion("llama", MESSAGES)


# --- errors that the provider reports


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (404, NotFoundError),
        (429, RateLimitError),
        (500, InternalServerError),
        (503, ServiceUnavailableError),
    ],
)
@pytest.mark.parametrize("stream", [True, False])
def test_an_error_status_is_raised_by_the_call(
    status: int, error: type[ProviderError], stream: bool, server: Loopback
) -> None:
    body = {"error": {"message": "that went wrong", "type": "some_error"}}
    server.answers[OPENAI] = Answer.json(body, status, {"retry-after": "7"})

    with pytest.raises(error, match="that went wrong") as caught:
        completion(**here(server), stream=stream)

    raised = caught.value
    assert type(raised) is error
    assert (raised.status_code, raised.body, raised.headers["retry-after"]) == (status, body, "7")
    assert (raised.model, raised.llm_provider) == ("gpt-4o", "openai")
    assert raised.response.status_code == status
    assert raised.request.url == raised.response.request.url


async def test_an_error_status_is_raised_by_the_async_call(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.json({"error": {"message": "slow down"}}, 429)

    with pytest.raises(RateLimitError, match="slow down"):
        await acompletion(**here(server), stream=True)


def test_an_error_is_recognised_by_its_code(server: Loopback) -> None:
    error = {"message": "too long", "code": "context_length_exceeded"}
    server.answers[OPENAI] = Answer.json({"error": error}, 400)

    with pytest.raises(ContextWindowExceededError):
        completion(**here(server), stream=True)


def test_an_error_that_is_no_json_gives_its_text(server: Loopback) -> None:
    server.answers[OPENAI] = Answer([b"<h1>Bad", b" Gateway</h1>"], 502, {"content-type": "text/html"})

    with pytest.raises(unspool.errors.BadGatewayError, match="<h1>Bad Gateway</h1>"):
        completion(**here(server), stream=True)


def test_an_error_inside_a_stream_is_raised_where_it_stands(server: Loopback) -> None:
    error = {"error": {"message": "overloaded", "code": 503}}
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), error)
    stream = completion(**here(server), stream=True)

    assert next(stream).choices[0].delta.content == "Hello"
    with pytest.raises(ServiceUnavailableError, match="overloaded") as caught:
        next(stream)
    assert caught.value.generated_content == "Hello"


# --- answers that make no sense


def test_a_web_page_instead_of_a_stream_says_so(server: Loopback) -> None:
    server.answers[OPENAI] = Answer(
        [b"<h1>Log in</h1>"], headers={"content-type": "text/html; charset=utf-8"}
    )

    with pytest.raises(APIConnectionError, match=r"expected a stream from http.*got text/html '<h1>Log in"):
        completion(**here(server), stream=True)


def test_a_web_page_instead_of_a_response_says_so(server: Loopback) -> None:
    server.answers[OPENAI] = Answer([b"<h1>Log in</h1>"], headers={"content-type": "text/html"})

    with pytest.raises(APIResponseValidationError, match=r"expected a JSON object from http"):
        completion(**here(server))


def test_a_server_that_ignores_stream_is_read_all_the_same(server: Loopback) -> None:
    message = {"role": "assistant", "content": "all at once"}
    choice = {"index": 0, "message": message, "finish_reason": "length"}
    server.answers[OPENAI] = Answer.json({"object": "chat.completion", "choices": [choice]})

    chunks = list(completion(**here(server), stream=True))

    assert text_of(chunks) == "all at once"
    assert chunks[-1].choices[0].finish_reason == "length"


@pytest.mark.parametrize("headers", [{"content-type": "application/json"}, {}])
def test_a_stream_may_come_under_another_type_or_none(headers: dict[str, str], server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(*HELLO, headers=headers)

    assert text_of(list(completion(**here(server), stream=True))) == "Hello there"


# --- connections that break


def test_nobody_listening_is_a_connection_error(server: Loopback) -> None:
    server.shutdown()
    server.server_close()

    with pytest.raises(APIConnectionError) as caught:
        completion(**here(server), stream=True)

    assert isinstance(caught.value.original_exception, httpx.ConnectError)


@pytest.mark.parametrize("ending", ["cut", "reset"])
def test_a_stream_that_breaks_delivers_what_came_and_then_the_error(ending: Any, server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending=ending)
    stream = completion(**here(server), stream=True)

    assert next(stream).choices[0].delta.content == "Hello"
    with pytest.raises(APIConnectionError) as caught:
        next(stream)
    assert isinstance(caught.value.original_exception, httpx.TransportError)
    assert list(stream) == []


@pytest.mark.parametrize("ending", ["cut", "reset"])
async def test_an_async_stream_that_breaks_delivers_what_came_and_then_the_error(
    ending: Any, server: Loopback
) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending=ending)
    stream = await acompletion(**here(server), stream=True)

    assert (await anext(stream)).choices[0].delta.content == "Hello"
    with pytest.raises(APIConnectionError):
        await anext(stream)
    assert await read(stream) == []


def test_a_server_that_does_not_answer_is_a_timeout(server: Loopback) -> None:
    server.answers[OPENAI] = Answer(ending="silent")

    with pytest.raises(Timeout):
        completion(**here(server), stream=True, timeout=0.05)


async def test_a_server_that_does_not_answer_is_an_async_timeout(server: Loopback) -> None:
    server.answers[OPENAI] = Answer(ending="silent")

    with pytest.raises(Timeout):
        await acompletion(**here(server), timeout=0.05)


@pytest.mark.parametrize(
    "timeout", [0.1, "0.1", httpx.Timeout(0.1), httpx2.Timeout(0.1)], ids=["float", "text", "1", "2"]
)
def test_a_stream_that_stalls_is_a_timeout(timeout: Any, server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="stall")
    stream = completion(**here(server), stream=True, timeout=timeout)

    assert next(stream).choices[0].delta.content == "Hello"
    with pytest.raises(Timeout):
        next(stream)
    assert server.client_left.wait(2)


@pytest.mark.parametrize("strict", [None, True])
def test_a_stream_without_an_end_is_an_error(server: Loopback, strict: bool | None) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"))
    with pytest.raises(IncompleteStreamError) as caught:
        list(completion(**here(server), stream=True, strict=strict))
    assert caught.value.generated_content == "Hello"


def test_strict_off_ends_a_stream_without_an_end(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"))
    assert text_of(list(completion(**here(server), stream=True, strict=False))) == "Hello"


def test_reasoning_is_merged_into_the_content_if_litellms_switch_says_so(server: Loopback) -> None:
    thought = {**a_chunk(), "choices": [{"index": 0, "delta": {"reasoning_content": "Hm."}}]}
    server.answers[OPENAI] = Answer.events(thought, *HELLO)

    chunks = list(completion(**here(server), stream=True, merge_reasoning_content_in_choices=True))

    assert text_of(chunks) == "<think>Hm.</think>Hello there"
    assert "merge_reasoning_content_in_choices" not in server.requests[0].body


# --- leaving early


def test_closing_a_stream_closes_the_connection(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="stall")
    stream = completion(**here(server), stream=True)
    next(stream)

    stream.close()

    assert server.client_left.wait(2)
    assert list(stream) == []


def test_a_loop_that_is_left_closes_the_connection_once_nobody_holds_the_stream(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="stall")

    for _ in completion(**here(server), stream=True):
        break

    assert server.client_left.wait(2)


async def test_closing_an_async_stream_closes_the_connection(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="stall")

    async with await acompletion(**here(server), stream=True) as stream:
        async for _ in stream:
            break

    assert server.client_left.wait(2)


@pytest.mark.parametrize("library", LIBRARIES)
async def test_closing_an_async_stream_leaves_nothing_to_the_garbage_collector(
    library: Any, server: Loopback
) -> None:
    # Trio warns of every async generator that the HTTP library left unfinished, and warnings are errors.
    server.answers[OPENAI] = Answer.events(*HELLO[:2], done=False, ending="stall")
    async with library.AsyncClient() as client:
        stream = await acompletion(**here(server), stream=True, http_client=client)
        await anext(stream)

        await stream.aclose()
        del stream
        gc.collect()
        await anyio.sleep(0)

    assert server.client_left.wait(2)


async def test_cancelling_the_reader_closes_the_connection(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="stall")
    said = ""

    with anyio.CancelScope() as scope:
        async for chunk in await acompletion(**here(server), stream=True):
            said += chunk.choices[0].delta.content or ""
            scope.cancel()

    assert said == "Hello"
    assert server.client_left.wait(2)


async def test_cancelling_a_call_that_waits_closes_the_connection(server: Loopback) -> None:
    server.answers[OPENAI] = Answer(ending="silent")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(partial(acompletion, **here(server), stream=True))
        while not server.requests:
            await anyio.sleep(0.01)
        tasks.cancel_scope.cancel()

    assert server.client_left.wait(2)


# --- clients and transports of the caller's


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_client_of_the_callers_is_used_and_left_open(library: Any, server: Loopback) -> None:
    with library.Client(headers={"x-from": "client"}) as client:
        for _ in range(2):
            chunks = list(completion(**here(server), stream=True, http_client=client))
            assert text_of(chunks) == "Hello there"

        assert not client.is_closed
    assert [request.headers["x-from"] for request in server.requests] == ["client", "client"]


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_async_client_of_the_callers_is_used_and_left_open(library: Any, server: Loopback) -> None:
    async with library.AsyncClient(headers={"x-from": "client"}) as client:
        for _ in range(2):
            stream = await acompletion(**here(server), stream=True, http_client=client)
            assert text_of(await read(stream)) == "Hello there"

        assert not client.is_closed
    assert [request.headers["x-from"] for request in server.requests] == ["client", "client"]


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_clients_own_timeout_holds_unless_the_call_has_one(library: Any, server: Loopback) -> None:
    server.answers[OPENAI] = Answer(ending="silent")

    with library.Client(timeout=0.05) as client, pytest.raises(Timeout):
        completion(**here(server), http_client=client)
    with library.Client(timeout=60) as client, pytest.raises(Timeout):
        completion(**here(server), http_client=client, timeout=0.05)


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_transport_is_wrapped_in_a_client_of_its_own_library(library: Any) -> None:
    seen = []

    def answer(request: Any) -> Any:
        seen.append(request)
        return library.Response(200, json=RESPONSE)

    completion("gpt-4o", MESSAGES, transport=library.MockTransport(answer))

    assert isinstance(seen[0], library.Request)


@pytest.mark.parametrize("library", LIBRARIES)
async def test_an_async_transport_is_wrapped_in_a_client_of_its_own_library(library: Any) -> None:
    seen = []

    def answer(request: Any) -> Any:
        seen.append(request)
        return library.Response(200, json=RESPONSE)

    await acompletion("gpt-4o", MESSAGES, transport=library.MockTransport(answer))

    assert isinstance(seen[0], library.Request)


class Adapter:
    """A transport that inherits from nobody."""

    closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = "".join(f"data: {httpx.Response(200, json=chunk).text}\n\n" for chunk in HELLO)
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body)

    def close(self) -> None:
        self.closed = True


def test_a_transport_of_no_library_is_httpxs_and_left_open() -> None:
    adapter = Adapter()

    for _ in range(2):
        chunks = list(completion("gpt-4o", MESSAGES, stream=True, transport=adapter))
        assert text_of(chunks) == "Hello there"

    assert not adapter.closed


def test_completion_refuses_what_is_async() -> None:
    with pytest.raises(TypeError, match=r"needs a sync http_client.*acompletion"):
        completion("gpt-4o", MESSAGES, http_client=httpx.AsyncClient())
    with pytest.raises(TypeError, match=r"needs a transport with handle_request.*acompletion"):
        completion("gpt-4o", MESSAGES, transport=httpx.AsyncHTTPTransport())


async def test_acompletion_refuses_what_is_sync(server: Loopback) -> None:
    with httpx.Client() as client, pytest.raises(TypeError, match="needs an async http_client"):
        await acompletion("gpt-4o", MESSAGES, http_client=client)
    with pytest.raises(TypeError, match="handle_async_request"):
        await acompletion("gpt-4o", MESSAGES, transport=Adapter())


# --- hidden parameters


def test_a_streams_hidden_params_tell_of_the_call_and_the_response(server: Loopback) -> None:
    headers = {"content-type": "text/event-stream", "x-ratelimit-limit-tokens": "9", "x-request-id": "r1"}
    server.answers[OPENAI] = Answer.events(*HELLO, headers=headers)

    stream = completion(
        **here(server), stream=True, litellm_call_id="call-1", model_info={"id": "deployment-1"}
    )
    list(stream)

    hidden = stream._hidden_params
    assert hidden["litellm_call_id"] == "call-1"
    assert (hidden["model_id"], hidden["api_base"]) == ("deployment-1", f"{server.url}/v1")
    assert hidden["additional_headers"]["llm_provider-x-request-id"] == "r1"
    assert hidden["additional_headers"]["x-ratelimit-limit-tokens"] == "9"
    assert hidden["response_cost"] is None


def test_a_responses_hidden_params_tell_of_the_call_and_the_response(server: Loopback) -> None:
    server.answers[OPENAI] = Answer.json(RESPONSE, headers={"x-request-id": "r1"})

    hidden = completion(**here(server))._hidden_params

    assert hidden["api_base"] == f"{server.url}/v1"
    assert hidden["additional_headers"]["llm_provider-x-request-id"] == "r1"
    assert hidden["custom_llm_provider"] == "openai"
    assert hidden["response_cost"] is None
    assert hidden["litellm_call_id"]


# --- callbacks


class Recorder(CustomLogger):
    """Writes down which hook was told of what."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.kwargs: dict[str, Any] = {}
        self.response: Any = None

    def log_pre_api_call(self, model: str, messages: Any, kwargs: Any) -> None:
        self.told.append("pre")

    def log_post_api_call(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append("post")

    def log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append("chunk")

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append("success")
        self.kwargs, self.response = kwargs, response_obj

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.told.append("failure")
        self.kwargs, self.response = kwargs, response_obj

    async def async_log_success_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.told.append("async success")
        self.kwargs, self.response = kwargs, response_obj

    async def async_log_failure_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.told.append("async failure")
        self.kwargs, self.response = kwargs, response_obj


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Stands in `unspool.callbacks`."""
    recorder = Recorder()
    monkeypatch.setattr(unspool, "callbacks", [recorder])
    return recorder


def test_a_stream_succeeds_once(server: Loopback, recorder: Recorder) -> None:
    stream = completion(**here(server), stream=True, metadata={"run": 1})
    list(stream)
    list(stream)

    assert recorder.told == ["pre", "post", "chunk", "chunk", "chunk", "success"]
    assert recorder.response.choices[0].message.content == "Hello there"
    assert recorder.kwargs["complete_streaming_response"] is recorder.response
    assert recorder.kwargs["stream"] is True
    assert recorder.kwargs["cache_hit"] is False
    assert recorder.kwargs["model"] == "gpt-4o"
    assert recorder.kwargs["custom_llm_provider"] == "openai"
    assert recorder.kwargs["litellm_params"]["metadata"] == {"run": 1}
    assert recorder.kwargs["additional_args"]["complete_input_dict"]["stream"] is True


async def test_an_async_stream_succeeds_once_and_tells_no_chunks(
    server: Loopback, recorder: Recorder
) -> None:
    stream = await acompletion(**here(server), stream=True)
    await read(stream)
    await read(stream)

    assert recorder.told == ["pre", "post", "async success"]
    assert recorder.response.choices[0].message.content == "Hello there"
    assert recorder.kwargs["call_type"] == "acompletion"


def test_chunks_are_not_told_if_that_is_switched_off(
    server: Loopback, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unspool, "disable_streaming_logging", True)

    list(completion(**here(server), stream=True))

    assert recorder.told == ["pre", "post", "success"]


def test_a_response_succeeds_once(server: Loopback, recorder: Recorder) -> None:
    server.answers[OPENAI] = Answer.json(RESPONSE)

    response = completion(**here(server))

    assert recorder.told == ["pre", "post", "success"]
    assert recorder.response is response
    assert recorder.kwargs["stream"] is False


async def test_an_async_response_succeeds_once(server: Loopback, recorder: Recorder) -> None:
    server.answers[OPENAI] = Answer.json(RESPONSE)

    await acompletion(**here(server))

    assert recorder.told == ["pre", "post", "async success"]


@pytest.mark.parametrize("stream", [True, False])
def test_a_call_that_is_refused_fails_once(stream: bool, server: Loopback, recorder: Recorder) -> None:
    server.answers[OPENAI] = Answer.json({"error": {"message": "no"}}, 429)

    with pytest.raises(RateLimitError) as caught:
        completion(**here(server), stream=stream)

    assert recorder.told == ["pre", "failure"]
    assert recorder.kwargs["exception"] is caught.value
    assert "RateLimitError" in recorder.kwargs["traceback_exception"]
    assert recorder.response is None


@pytest.mark.parametrize("stream", [True, False])
async def test_an_async_call_that_is_refused_fails_once(
    stream: bool, server: Loopback, recorder: Recorder
) -> None:
    server.answers[OPENAI] = Answer.json({"error": {"message": "no"}}, 429)

    with pytest.raises(RateLimitError):
        await acompletion(**here(server), stream=stream)

    assert recorder.told == ["pre", "async failure"]


def test_a_stream_that_breaks_fails_once(server: Loopback, recorder: Recorder) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="cut")
    stream = completion(**here(server), stream=True)

    with pytest.raises(APIConnectionError):
        list(stream)
    assert list(stream) == []

    assert recorder.told == ["pre", "post", "chunk", "failure"]


async def test_an_async_stream_that_breaks_fails_once(server: Loopback, recorder: Recorder) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="cut")
    stream = await acompletion(**here(server), stream=True)

    with pytest.raises(APIConnectionError):
        await read(stream)
    assert await read(stream) == []

    assert recorder.told == ["pre", "post", "async failure"]


def test_a_call_without_a_provider_fails_once(recorder: Recorder) -> None:
    with pytest.raises(LiteLLMUnknownProvider):
        completion("llama", MESSAGES)

    assert recorder.told == ["failure"]


def test_a_stream_that_is_left_neither_succeeds_nor_fails(server: Loopback, recorder: Recorder) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="stall")

    with completion(**here(server), stream=True) as stream:
        next(stream)

    assert recorder.told == ["pre", "post", "chunk"]


async def test_an_async_stream_that_is_left_neither_succeeds_nor_fails(
    server: Loopback, recorder: Recorder
) -> None:
    server.answers[OPENAI] = Answer.events(a_chunk("Hello"), done=False, ending="stall")

    async with await acompletion(**here(server), stream=True) as stream:
        await anext(stream)

    assert recorder.told == ["pre", "post"]


def test_a_callback_that_raises_breaks_nothing(
    server: Loopback, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(kwargs: Any, response: Any, start: Any, end: Any) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(unspool, "success_callback", [broken])

    with caplog.at_level(logging.ERROR, "unspool"):
        chunks = list(completion(**here(server), stream=True))

    assert text_of(chunks) == "Hello there"
    assert "ValueError: broken" in caplog.text


def test_a_calls_own_callbacks_are_told(server: Loopback) -> None:
    told: list[Any] = []

    list(completion(**here(server), stream=True, success_callback=[lambda *event: told.append(event)]))

    assert isinstance(told[-1][1], ModelResponse)
    assert "success_callback" not in server.requests[0].body


# --- the functions themselves


def test_both_functions_have_one_signature() -> None:
    one, other = inspect.signature(completion), inspect.signature(acompletion)

    assert one == other
    assert {"model", "messages", "stream", "temperature", "tools", "api_key", "mock_response"} <= set(
        one.parameters
    )


def test_the_client_needs_no_http_library_before_its_first_request() -> None:
    code = "import sys, unspool.client; print({'httpx', 'httpx2'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "set()"


def test_a_stream_is_a_custom_stream_wrapper(server: Loopback) -> None:
    stream = completion(**here(server), stream=True)

    assert isinstance(stream, CustomStreamWrapper)
    assert (stream.model, stream.custom_llm_provider) == ("gpt-4o", "openai")
    stream.close()


@pytest.mark.parametrize(
    ("option", "hint"),
    [("mock_respons", "mock_response"), ("mock_answer", "mock_delay, "), ("http_clients", "http_client")],
)
def test_a_misspelt_option_asks_no_provider(option: str, hint: str) -> None:
    with pytest.raises(TypeError, match=f"unexpected option '{option}': did you mean {hint}"):
        completion("openai/gpt-4o", [], **{option: "Hi"})


@pytest.mark.parametrize("options", [{"num_retries": 0}, {"fallbacks": []}, {"num_retries": None}])
def test_no_retries_and_no_fallbacks_are_accepted(options: dict[str, Any]) -> None:
    assert completion("gpt-4o", mock_response="Hi", **options).choices[0].message.content == "Hi"


@pytest.mark.parametrize("options", [{"num_retries": 2}, {"fallbacks": ["gpt-4o-mini"]}])
def test_retries_and_fallbacks_are_refused_or_dropped(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(UnsupportedParamsError, match=name):
        completion("gpt-4o", mock_response="Hi", **options)
    with pytest.warns(UserWarning, match=name):
        answer = completion("gpt-4o", mock_response="Hi", drop_params=True, **options)
    assert answer.choices[0].message.content == "Hi"


def test_an_sdks_client_is_refused_with_what_to_pass_instead() -> None:
    with pytest.raises(UnsupportedParamsError, match="pass http_client="):
        completion("gpt-4o", mock_response="Hi", client=object())


def test_a_response_says_how_long_it_took() -> None:
    clock = unspool.VirtualClock()
    answer = completion("gpt-4o", mock_response="Hi", mock_delay=0.25, clock=clock)
    assert answer._response_ms == pytest.approx(250.0)


def test_callbacks_find_no_price() -> None:
    seen: list[Any] = []
    completion("gpt-4o", mock_response="Hi", success_callback=[lambda kwargs, *_: seen.append(kwargs)])
    assert seen[0]["response_cost"] is None
