"""Predictions of Replicate, from a server on this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.loopback import Answer, Loopback, serve

import unspool
from unspool import VirtualClock
from unspool.errors import APIResponseValidationError, InternalServerError, NotFoundError, Timeout

CREATE = "/v1/models/meta/llama/predictions"
STREAM = "/v1/streams/1"
GET = "/v1/predictions/1"
EVENTS = Answer(
    [b"event: output\ndata: Hello\n\n", b"event: output\ndata:  there\n\n", b"event: done\ndata: {}\n\n"]
)

pytestmark = pytest.mark.anyio

Ask = Callable[..., Awaitable[Any]]


async def ask(server: Loopback, *, sync: bool, model: str = "replicate/meta/llama", **options: Any) -> Any:
    """A whole response, or of a stream its text."""
    given = {
        "messages": [{"role": "user", "content": "Hello?"}],
        "base_url": f"{server.url}/v1",
        "api_key": "r8",
        "clock": VirtualClock(),
        **options,
    }
    if sync:
        answer = unspool.completion(model, **given)
        return answer if not options.get("stream") else unspool.stream_chunk_builder(list(answer))
    answer = await unspool.acompletion(model, **given)
    if not options.get("stream"):
        return answer
    return unspool.stream_chunk_builder([chunk async for chunk in answer])


def prediction(server: Loopback, status: str, output: Any = None, **others: Any) -> Answer:
    urls = {"get": f"{server.url}{GET}", "stream": f"{server.url}{STREAM}"}
    return Answer.json({"id": "1", "status": status, "output": output, "urls": urls, **others}, 201)


both = pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])


@both
async def test_a_stream_is_read_where_the_prediction_says(sync: bool) -> None:
    with serve({STREAM: EVENTS}) as server:
        server.answers[CREATE] = prediction(server, "starting")
        response = await ask(server, sync=sync, stream=True)
        created, read = server.requests

    assert response.choices[0].message.content == "Hello there"
    assert (created.method, created.path, created.headers["authorization"]) == ("POST", CREATE, "Bearer r8")
    assert created.body == {"input": {"prompt": "Hello?"}, "stream": True}
    assert (read.method, read.path, read.data) == ("GET", STREAM, b"")
    assert read.headers["accept"] == "text/event-stream"


@both
async def test_a_whole_answer_may_come_at_once(sync: bool) -> None:
    with serve({}) as server:
        server.answers[CREATE] = prediction(server, "succeeded", ["Hello", " there"])
        response = await ask(server, sync=sync)
        [created] = server.requests

    assert response.choices[0].message.content == "Hello there"
    assert response.choices[0].finish_reason == "stop"
    assert created.headers["prefer"] == "wait"


@both
async def test_a_prediction_is_asked_for_until_it_has_ended(sync: bool) -> None:
    with serve({}) as server:
        server.answers[CREATE] = prediction(server, "starting")
        server.answers[GET] = [
            prediction(server, "processing", ["Hello"]),
            prediction(server, "succeeded", ["Hello", " there"]),
        ]
        response = await ask(server, sync=sync)
        methods = [(request.method, request.path) for request in server.requests]

    assert response.choices[0].message.content == "Hello there"
    assert methods == [("POST", CREATE), ("GET", GET), ("GET", GET)]
    assert server.requests[-1].headers["authorization"] == "Bearer r8"


@both
async def test_waiting_ends_with_the_timeout(sync: bool) -> None:
    clock = VirtualClock()
    with serve({}) as server:
        server.answers[CREATE] = server.answers[GET] = prediction(server, "processing")
        with pytest.raises(Timeout, match="hadn't ended"):
            await ask(server, sync=sync, timeout=5, clock=clock)


@both
async def test_a_failed_prediction_is_an_error(sync: bool) -> None:
    with serve({}) as server:
        server.answers[CREATE] = prediction(server, "failed", error="out of memory")
        with pytest.raises(InternalServerError, match="out of memory"):
            await ask(server, sync=sync)


@both
async def test_a_model_that_cannot_stream_says_so(sync: bool) -> None:
    with (
        serve({CREATE: Answer.json({"id": "1", "status": "starting", "urls": {}}, 201)}) as server,
        pytest.raises(APIResponseValidationError, match=r"urls\.stream; .* call it without stream=True"),
    ):
        await ask(server, sync=sync, stream=True)


async def test_what_is_no_prediction_is_an_error() -> None:
    with (
        serve({CREATE: Answer.json({"id": "1"}, 201)}) as server,
        pytest.raises(APIResponseValidationError, match="without a 'status'"),
    ):
        await ask(server, sync=True)


async def test_an_unknown_model_is_not_found() -> None:
    with (
        serve({CREATE: Answer.json({"detail": "no such model"}, 404)}) as server,
        pytest.raises(NotFoundError, match="no such model"),
    ):
        await ask(server, sync=True)


async def test_the_key_stays_with_the_server_it_is_for() -> None:
    with serve({STREAM: EVENTS}) as elsewhere, serve({}) as server:
        server.answers[CREATE] = prediction(elsewhere, "starting")
        await ask(server, sync=True, stream=True)

    assert "authorization" not in elsewhere.requests[0].headers
