"""`responses` and `aresponses`, from a server on this machine."""

from __future__ import annotations

from typing import Any

import pytest
from tests.loopback import Answer, Loopback, serve

import unspool
from unspool.errors import (
    BadRequestError,
    IncompleteStreamError,
    MidStreamFallbackError,
    RateLimitError,
    UnsupportedParamsError,
)

PATH = "/v1/responses"
WHOLE = {
    "id": "resp_1",
    "status": "completed",
    "model": "m",
    "output": [
        {
            "type": "message",
            "id": "msg_1",
            "role": "assistant",
            "content": [{"type": "output_text", "text": "Hello there", "annotations": []}],
        }
    ],
    "text": {"format": {"type": "json_schema", "schema": {"type": "object"}}},
}
BEGIN = {"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": []}}
DELTA = {
    "type": "response.output_text.delta",
    "item_id": "msg_1",
    "output_index": 0,
    "content_index": 0,
    "delta": "Hello there",
}
END = {"type": "response.completed", "response": WHOLE}

pytestmark = pytest.mark.anyio
both = pytest.mark.parametrize("sync", [True, False], ids=["sync", "async"])


async def ask(
    server: Loopback, *, sync: bool, stream: bool, into: list[Any] | None = None, **options: Any
) -> Any:
    """A whole response, or of a stream its events."""
    given = {"model": "openai/gpt-x", "base_url": f"{server.url}/v1", "api_key": "k", **options}
    events = [] if into is None else into
    answer: Any
    if sync:
        answer = unspool.responses("Hello?", stream=stream, **given)
        if stream:
            for event in answer:
                events.append(event)
    else:
        answer = await unspool.aresponses("Hello?", stream=stream, **given)
        if stream:
            async for event in answer:
                events.append(event)
    return (answer, events) if stream else answer


@both
async def test_events_come_as_the_server_sends_them(sync: bool) -> None:
    with serve({PATH: Answer.events(BEGIN, DELTA, END, done=False)}) as server:
        stream, events = await ask(server, sync=sync, stream=True, max_output_tokens=5, metadata={"a": "b"})
        [request] = server.requests

    assert [event.type for event in events] == [BEGIN["type"], DELTA["type"], END["type"]]
    assert (events[1].delta, events[1]["item_id"]) == ("Hello there", "msg_1")
    assert events[-1].response.output[0].content[0].text == "Hello there"
    assert [event.model_dump() for event in events] == [BEGIN, DELTA, END]
    assert stream.completed_response is events[-1]
    assert request.body == {
        "model": "gpt-x",
        "input": "Hello?",
        "stream": True,
        "max_output_tokens": 5,
        "metadata": {"a": "b"},
    }


@both
async def test_a_whole_response_is_a_record(sync: bool) -> None:
    with serve({PATH: Answer.json(WHOLE)}) as server:
        response = await ask(server, sync=sync, stream=False)

    assert response.output_text == "Hello there"
    assert response.text.format["schema"]["type"] == "object"
    assert response.model_dump() == WHOLE


@both
async def test_a_stream_that_ends_too_early_is_an_error(sync: bool) -> None:
    with (
        serve({PATH: Answer.events(BEGIN, DELTA, done=False)}) as server,
        pytest.raises(IncompleteStreamError) as caught,
    ):
        await ask(server, sync=sync, stream=True)

    assert caught.value.generated_content == "Hello there"


@both
async def test_an_error_in_the_stream_is_raised_after_what_came(sync: bool) -> None:
    error = {"type": "error", "code": "rate_limit_exceeded", "message": "Slow down."}
    events: list[Any] = []
    with (
        serve({PATH: Answer.events(BEGIN, DELTA, error, done=False)}) as server,
        pytest.raises(RateLimitError, match="Slow down") as caught,
    ):
        await ask(server, sync=sync, stream=True, into=events)

    assert len(events) == 2
    assert isinstance(caught.value, MidStreamFallbackError)
    assert caught.value.generated_content == "Hello there"


@both
async def test_a_refused_request_is_an_error(sync: bool) -> None:
    with (
        serve({PATH: Answer.json({"error": {"message": "no such model"}}, 400)}) as server,
        pytest.raises(BadRequestError, match="no such model"),
    ):
        await ask(server, sync=sync, stream=True)


async def test_a_provider_without_this_api_is_refused() -> None:
    with pytest.raises(BadRequestError, match="anthropic has no Responses API"):
        unspool.responses("Hello?", "anthropic/claude-x", api_key="k")


async def test_a_mock_is_refused() -> None:
    with pytest.raises(UnsupportedParamsError, match="no mock"):
        unspool.responses("Hello?", "openai/gpt-x", api_key="k", mock_response="Hi")


async def test_a_stream_may_be_left() -> None:
    with serve({PATH: Answer.events(BEGIN, DELTA, END, done=False)}) as server:
        stream = unspool.responses("Hi", "openai/m", stream=True, base_url=f"{server.url}/v1", api_key="k")
        assert next(stream).type == "response.created"
        stream.close()
        stream.close()
        assert stream.completed_response is None


class Log(unspool.CustomLogger):
    """The callbacks that were called, with what they got."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []

    def log_pre_api_call(self, model: Any, messages: Any, kwargs: Any) -> None:
        self.calls.append(("request", messages))

    def log_stream_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.calls.append(("event", response_obj.type))

    def log_success_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.calls.append((kwargs["call_type"], response_obj.output_text))

    def log_failure_event(self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any) -> None:
        self.calls.append((kwargs["call_type"], kwargs["exception"]))

    async def async_log_success_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.log_success_event(kwargs, response_obj, start_time, end_time)

    async def async_log_failure_event(
        self, kwargs: Any, response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        self.log_failure_event(kwargs, response_obj, start_time, end_time)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    monkeypatch.setattr(unspool, "callbacks", [log])
    return log


@both
@pytest.mark.parametrize("stream", [True, False])
async def test_callbacks_get_the_response(log: Log, sync: bool, stream: bool) -> None:
    answer = Answer.events(BEGIN, DELTA, END, done=False) if stream else Answer.json(WHOLE)
    with serve({PATH: answer}) as server:
        await ask(server, sync=sync, stream=stream)

    name = "responses" if sync else "aresponses"
    assert [call for call in log.calls if call[0] != "event"] == [
        ("request", [{"role": "user", "content": "Hello?"}]),
        (name, "Hello there"),
    ]
    shown = [call[1] for call in log.calls if call[0] == "event"]
    assert shown == ([BEGIN["type"], DELTA["type"], END["type"]] if stream and sync else [])


@both
@pytest.mark.parametrize("stream", [True, False])
async def test_callbacks_get_the_error(log: Log, sync: bool, stream: bool) -> None:
    answer = Answer.events(BEGIN, DELTA, done=False) if stream else Answer.json({"error": {}}, 429)
    with serve({PATH: answer}) as server, pytest.raises(unspool.ProviderError) as caught:
        await ask(server, sync=sync, stream=stream)

    assert log.calls[-1] == ("responses" if sync else "aresponses", caught.value)
