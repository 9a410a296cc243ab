"""What `mock_response=` may be, and what comes of it, by `completion` and by `acompletion`."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

import unspool
from unspool.builder import stream_chunk_builder
from unspool.chunk_makers import text_chunks
from unspool.client import acompletion, completion
from unspool.clock import VirtualClock
from unspool.errors import (
    APIConnectionError,
    ContextWindowExceededError,
    InternalServerError,
    MockError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    Timeout,
)
from unspool.fake import FakeStream
from unspool.models import ModelResponse, ModelResponseStream

pytestmark = pytest.mark.anyio

CALLS = [
    {"id": "call_a", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}},
    {"id": "call_b", "type": "function", "function": {"name": "time", "arguments": "{}"}},
]


def ask(**options: Any) -> Any:
    return completion(**{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}], **options})


def contents(stream: Any) -> list[str | None]:
    return [chunk.choices[0].delta.content for chunk in stream]


# --- text


def test_a_text_is_answered() -> None:
    response = ask(mock_response="Hello there")

    assert response.choices[0].message.content == "Hello there"
    assert (response.model, response.choices[0].finish_reason) == ("gpt-4o", "stop")


def test_a_text_is_streamed_three_characters_at_a_time() -> None:
    assert contents(ask(mock_response="Hello there", stream=True)) == ["Hel", "lo ", "the", "re", None]


async def test_a_text_is_streamed_in_the_same_pieces_to_async_readers() -> None:
    stream = await acompletion("gpt-4o", mock_response="Hello", stream=True)

    assert [chunk.choices[0].delta.content async for chunk in stream] == ["Hel", "lo", None]


async def test_a_text_is_answered_to_async_callers() -> None:
    response = await acompletion("gpt-4o", mock_response="Hello")

    assert response.choices[0].message.content == "Hello"


def test_no_emoji_is_cut() -> None:
    family = "👩‍👩‍👧"  # five code points

    assert contents(ask(mock_response=f"a{family}bc", stream=True)) == [f"a{family}b", "c", None]


@pytest.mark.parametrize("stream", [True, False])
def test_an_empty_text_is_an_empty_answer(stream: bool) -> None:
    answer = ask(mock_response="", stream=stream)

    if stream:
        answer = stream_chunk_builder(list(answer))
    assert answer.choices[0].message.content == ""
    assert answer.choices[0].finish_reason == "stop"


def test_a_stream_has_one_id_and_ends_once() -> None:
    chunks = list(ask(mock_response="Hello", stream=True))

    assert len({chunk.id for chunk in chunks}) == 1
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]
    assert [chunk.choices[0].delta.role for chunk in chunks] == ["assistant", None, None]


def test_two_mocks_have_two_ids() -> None:
    assert ask(mock_response="Hello").id != ask(mock_response="Hello").id


def test_n_answers_say_the_same() -> None:
    response = ask(mock_response="Hello", n=2)

    assert [choice.message.content for choice in response.choices] == ["Hello", "Hello"]
    assert [choice.index for choice in response.choices] == [0, 1]


def test_n_answers_are_streamed_together_and_each_one_ends() -> None:
    chunks = list(ask(mock_response="Hello", n=2, stream=True))

    assert [choice.delta.content for choice in chunks[0].choices] == ["Hel", "Hel"]
    ends = [choice.index for chunk in chunks for choice in chunk.choices if choice.finish_reason == "stop"]
    assert ends == [0, 1]


def test_usage_is_the_same_streamed_or_not() -> None:
    whole = ask(mock_response="Hello").usage
    *_, last = ask(mock_response="Hello", stream=True, stream_options={"include_usage": True})

    assert (whole.prompt_tokens, whole.completion_tokens, whole.total_tokens) == (10, 20, 30)
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.total_tokens) == (10, 20, 30)


def test_usage_is_not_shown_unless_it_is_asked_for() -> None:
    assert not any(hasattr(chunk, "usage") for chunk in ask(mock_response="Hello", stream=True))


# --- tool calls


def test_tool_calls_are_answered() -> None:
    response = ask(mock_tool_calls=CALLS)

    message = response.choices[0].message
    assert message.content is None
    assert [call.function.name for call in message.tool_calls] == ["weather", "time"]
    assert response.choices[0].finish_reason == "tool_calls"


def test_tool_calls_are_streamed_in_fragments() -> None:
    chunks = list(ask(mock_tool_calls=CALLS, stream=True))

    first, second, *_ = (chunk.choices[0].delta.tool_calls[0] for chunk in chunks[:-1])
    assert (first.id, first.function.name, first.function.arguments) == ("call_a", "weather", "")
    assert (second.id, second.index, second.function.arguments) == (None, 0, '{"c')
    assert chunks[-1].choices[0].finish_reason == "tool_calls"
    rebuilt = stream_chunk_builder(chunks)
    assert rebuilt is not None
    assert [call.model_dump() for call in rebuilt.choices[0].message.tool_calls or ()] == CALLS


def test_tool_calls_come_after_a_text() -> None:
    rebuilt = stream_chunk_builder(list(ask(mock_response="Let me see.", mock_tool_calls=CALLS, stream=True)))

    assert rebuilt is not None
    assert rebuilt.choices[0].message.content == "Let me see."
    assert len(rebuilt.choices[0].message.tool_calls or ()) == 2


def test_the_arguments_of_a_tool_call_may_be_an_object() -> None:
    call = {"function": {"name": "weather", "arguments": {"city": "Paris"}}}

    (made,) = ask(mock_tool_calls=[call]).choices[0].message.tool_calls

    assert made.function.arguments == '{"city": "Paris"}'
    assert made.id


@pytest.mark.parametrize("stream", [True, False])
def test_what_is_no_tool_call_is_refused(stream: bool) -> None:
    with pytest.raises(MockError, match="in the shape of a message's tool_calls"):
        ask(mock_tool_calls=["weather"], stream=stream)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "call", [{}, {"id": "a"}, {"function": {}}, {"function": {"arguments": "{}"}}, {"custom": {}}]
)
def test_a_tool_call_without_a_name_is_refused(call: Any, stream: bool) -> None:
    with pytest.raises(MockError, match="in the shape of a message's tool_calls"):
        ask(mock_tool_calls=[call], stream=stream)


@pytest.mark.parametrize("stream", [True, False])
def test_a_custom_tool_is_called(stream: bool) -> None:
    answer = ask(mock_tool_calls=[{"id": "c", "custom": {"name": "f", "input": "free text"}}], stream=stream)
    if stream:
        answer = stream_chunk_builder(list(answer))
    (call,) = answer.choices[0].message.tool_calls
    assert (call.type, call.custom.name, call.custom.input) == ("custom", "f", "free text")


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("n", [0, -1, 1.5, "2"])
def test_an_n_that_is_none_is_refused(n: Any, stream: bool) -> None:
    with pytest.raises(MockError, match="expected n to be a whole number from 1"):
        ask(mock_response="a", n=n, stream=stream)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("mock", [{"role": "assistant", "content": "a"}, [{"content": "a"}], [{"delta": {}}]])
def test_a_dict_that_is_no_chunk_is_refused_by_the_call(mock: Any, stream: bool) -> None:
    with pytest.raises(MockError, match="expected a chunk, as in"):
        ask(mock_response=mock, stream=stream)


@pytest.mark.parametrize("error", [RuntimeError("boom"), RuntimeError, httpx.ReadError("boom")])
def test_an_exception_in_a_list_breaks_the_stream_there(error: Any) -> None:
    stream = ask(mock_response=["a", error], stream=True)
    assert next(stream).choices[0].delta.content == "a"
    with pytest.raises(APIConnectionError) as caught:
        next(stream)
    assert caught.value.generated_content == "a"
    with pytest.raises(APIConnectionError):
        ask(mock_response=["a", error])


def test_tool_calls_go_with_no_response_of_the_callers() -> None:
    with pytest.raises(MockError, match="goes with a text"):
        ask(mock_tool_calls=CALLS, mock_response=ModelResponse())


# --- responses and chunks

BODY = {
    "id": "chatcmpl-7",
    "choices": [{"message": {"content": "Hello", "tool_calls": CALLS[:1]}, "finish_reason": "tool_calls"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}


@pytest.mark.parametrize("mock", [BODY, ModelResponse(**BODY)], ids=["dict", "record"])
def test_a_response_is_answered(mock: Any) -> None:
    response = ask(mock_response=mock)

    assert isinstance(response, ModelResponse)
    assert (response.id, response.choices[0].message.content) == ("chatcmpl-7", "Hello")


@pytest.mark.parametrize("mock", [BODY, ModelResponse(**BODY)], ids=["dict", "record"])
def test_a_response_is_streamed(mock: Any) -> None:
    chunks = list(ask(mock_response=mock, stream=True))

    assert contents(chunks) == ["Hello", None]
    assert chunks[0].choices[0].delta.tool_calls[0].id == "call_a"
    assert chunks[1].choices[0].finish_reason == "tool_calls"
    assert {chunk.id for chunk in chunks} == {"chatcmpl-7"}


CHUNK = {"id": "chatcmpl-7", "choices": [{"index": 0, "delta": {"content": "Hello"}}]}


@pytest.mark.parametrize(
    "mock",
    [
        CHUNK,
        ModelResponseStream(**CHUNK),
        [CHUNK],
        ["Hel", "lo"],
        text_chunks("Hello"),
        FakeStream(text_chunks("Hello")),
    ],
    ids=["a dict", "a chunk", "dicts", "texts", "chunks", "a FakeStream"],
)
def test_chunks_are_streamed(mock: Any) -> None:
    assert "".join(text or "" for text in contents(ask(mock_response=mock, stream=True))) == "Hello"


@pytest.mark.parametrize("mock", [CHUNK, [CHUNK], ["Hel", "lo"]], ids=["a dict", "dicts", "texts"])
def test_chunks_are_added_up_if_nobody_streams(mock: Any) -> None:
    response = ask(mock_response=mock)

    assert isinstance(response, ModelResponse)
    assert response.choices[0].message.content == "Hello"


async def test_a_fake_stream_is_streamed_to_async_readers() -> None:
    source = FakeStream(["Hel", "lo"])

    stream = await acompletion("gpt-4o", mock_response=source, stream=True)

    assert [chunk.choices[0].delta.content async for chunk in stream] == ["Hel", "lo", None]
    assert source.closed


def test_an_error_in_a_list_breaks_the_stream_there() -> None:
    stream = ask(mock_response=FakeStream(["Hel", httpx.ReadError("reset")]), stream=True)

    assert next(stream).choices[0].delta.content == "Hel"
    with pytest.raises(APIConnectionError, match="reset") as caught:
        next(stream)
    assert caught.value.generated_content == "Hel"


def test_no_chunks_are_an_empty_answer() -> None:
    assert not ask(mock_response=[]).choices[0].message.content


@pytest.mark.parametrize("stream", [True, False])
def test_anything_else_is_refused_with_what_would_do(stream: bool) -> None:
    with pytest.raises(MockError, match=r"text, a response, a list of chunks or an exception, got int: 5"):
        ask(mock_response=5, stream=stream)


# --- errors


@pytest.mark.parametrize("package", ["litellm", "unspool"])
@pytest.mark.parametrize("error", [RateLimitError, InternalServerError, ContextWindowExceededError])
@pytest.mark.parametrize("stream", [True, False])
def test_the_name_of_an_error_raises_it(package: str, error: type[ProviderError], stream: bool) -> None:
    with pytest.raises(error, match="mock") as caught:
        ask(mock_response=f"{package}.{error.__name__}", stream=stream)

    assert type(caught.value) is error
    assert (caught.value.model, caught.value.llm_provider) == ("gpt-4o", "openai")


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_of_ours_is_raised_as_it_is(stream: bool) -> None:
    error = NotFoundError("no such model")

    with pytest.raises(NotFoundError) as caught:
        ask(mock_response=error, stream=stream)

    assert caught.value is error


async def test_an_error_is_raised_to_async_callers() -> None:
    with pytest.raises(RateLimitError):
        await acompletion("gpt-4o", mock_response="litellm.RateLimitError", stream=True)


def test_any_other_exception_is_mapped() -> None:
    error = ValueError("boom")

    with pytest.raises(APIConnectionError, match="OpenaiException - boom") as caught:
        ask(mock_response=error)

    assert caught.value.original_exception is error


def test_a_mock_timeout_takes_as_long_as_the_timeout() -> None:
    clock = VirtualClock()

    with pytest.raises(Timeout) as caught:
        ask(mock_timeout=True, timeout=30, clock=clock)

    assert clock.elapsed == 30
    assert caught.value.status_code == 408


def test_a_mock_timeout_without_a_timeout_is_at_once() -> None:
    clock = VirtualClock()

    with pytest.raises(Timeout):
        ask(mock_timeout=True, clock=clock)

    assert clock.elapsed == 0


# --- time and place


def test_the_delay_comes_before_the_answer() -> None:
    clock = VirtualClock()

    ask(mock_response="Hello", mock_delay=2.5, clock=clock)

    assert clock.elapsed == 2.5


async def test_the_delay_comes_before_the_async_answer() -> None:
    clock = VirtualClock()

    await acompletion("gpt-4o", mock_response="Hello", mock_delay=2.5, clock=clock)

    assert clock.elapsed == 2.5


def test_the_delay_is_real_by_default() -> None:
    start = time.monotonic()

    ask(mock_response="Hello", mock_delay=0.02)

    assert time.monotonic() - start >= 0.02


@pytest.mark.parametrize(
    ("asked", "model", "provider"),
    [
        ("gpt-4o", "gpt-4o", "openai"),
        ("claude-x", "claude-x", "anthropic"),
        ("gemini/gemini-pro", "gemini-pro", "gemini"),
        ("my-model", "my-model", "openai"),
    ],
)
def test_a_mock_serves_any_model(asked: str, model: str, provider: str) -> None:
    response = ask(model=asked, mock_response="Hello")
    stream = ask(model=asked, mock_response="Hello", stream=True)

    assert (response.model, response._hidden_params["custom_llm_provider"]) == (model, provider)
    assert (stream.model, stream.custom_llm_provider) == (model, provider)


@pytest.mark.parametrize("stream", [True, False])
def test_litellms_word_for_a_refused_request_raises(stream: bool) -> None:
    with pytest.raises(unspool.BadRequestError) as caught:
        unspool.completion("gpt-4o", mock_response="Exception: content_filter_policy", stream=stream)
    assert (type(caught.value), caught.value.status_code) == (unspool.BadRequestError, 400)


def test_litellms_word_for_a_broken_stream_raises_before_its_first_chunk() -> None:
    stream = unspool.completion("gpt-4o", mock_response="Exception: mock_streaming_error", stream=True)
    with pytest.raises(unspool.MidStreamFallbackError) as caught:
        list(stream)
    assert (caught.value.status_code, caught.value.is_pre_first_chunk) == (529, True)


def test_chunks_without_an_end_are_a_whole_mock() -> None:
    stream = unspool.completion("gpt-4o", mock_response=unspool.text_chunks("a"), stream=True)
    *_, last = stream
    assert last.choices[0].finish_reason == "stop"
